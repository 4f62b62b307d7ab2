// SPDX-License-Identifier: Apache-2.0
// Tests of tensors that are stored as bf16, on every device: what they hold, every op that reads them, and all that writes to them.

import { describeOnBf16, describeOnNative, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { type ValueAndGradients, valueAndGrad } from '../autodiff.ts';
import { nativeMemory, setDevice, setMatmulPrecision, setMemoryLimit } from '../device.ts';
import { Generator } from '../random.ts';
import {
  type Tensor,
  add,
  argMax,
  clone,
  concat,
  gather,
  matMul,
  mul,
  reshape,
  slice,
  sub,
  sum,
  tensor,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
  variable,
  zeros,
} from '../tf.ts';
import { copyInto, writeElements } from './copy-into.ts';
import { embedding } from './embedding.ts';
import { globalNorm } from './global-norm.ts';
import { linear } from './linear.ts';
import { sgdStep } from './sgd-step.ts';
import { storeAsBfloat16 } from './store-as-bfloat16.ts';

const PLAIN_STEP = {
  learningRate: 0.5,
  momentum: 0,
  dampening: 0,
  nesterov: false,
  weightDecay: 0,
  first: true,
};

/** The nearest number of 8 significant bits, by its formula; ties to even. */
function nearest(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -126) - 7);
  const [quotient, low] = [value / unit, Math.floor(value / unit)];
  const rest = quotient - low;
  const rounded = (rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low) * unit;
  return Math.abs(rounded) >= 2 ** 128 ? Math.sign(value) * Infinity : rounded;
}

/** A tensor of rounded values that is stored as float32. */
function rounded(x: Tensor): Tensor {
  return tensor(Float32Array.from(x.dataSync(), nearest), x.shape);
}

function stored(x: Tensor): Tensor {
  const copy = tensor(x.dataSync(), x.shape);
  storeAsBfloat16(copy);
  return copy;
}

/** What a test needs: a tensor as it is stored, and its values as float32. */
function pair(shape: number[], seed: number): [Tensor, Tensor] {
  const x = randomTensor(shape, { seed });
  return [stored(x), rounded(x)];
}

describe.each(devices())('storeAsBfloat16 on %s', (device) => {
  useDevice(device);

  it('rounds to the nearest of 8 significant bits, ties to even', () => {
    const values = [1, 1.00390625, 1.01171875, -1.00390625, -3.14159, 1e-40, 2 ** -149, 3.4e38, -3.4e38, 0.1, -0];
    const x = tensor1d(values);
    storeAsBfloat16(x);
    expect([...x.dataSync()]).toEqual(values.map((value) => nearest(Math.fround(value))));
    const special = tensor1d([NaN, Infinity, -Infinity]);
    storeAsBfloat16(special);
    expect([...special.dataSync()]).toEqual([NaN, Infinity, -Infinity]);
  });

  it('keeps a NaN whose upper half alone would be infinity', () => {
    const x = tensor1d(new Float32Array(new Uint32Array([0x7f800001, 0xff800001, 0x7fffffff]).buffer));
    storeAsBfloat16(x);
    expect([...x.dataSync()]).toEqual([NaN, NaN, NaN]);
  });

  it.each([0, 1, 3, 1000, 100_003])('rounds %i elements, and once', (size) => {
    const x = randomTensor([size], { seed: 1 });
    const expected = rounded(x);
    for (let i = 0; i < 2; i++) {
      storeAsBfloat16(x);
      expect(x).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it('takes float32 alone', () => {
    expect(() => storeAsBfloat16(tensor1d([1], 'int32'))).toThrowCode('DTYPE');
  });

  describe.each([
    ['row-major', false],
    ['contiguous along the inner axis', true],
  ])('a weight that is %s', (_, isTransposed) => {
    it.each([
      [1, 1, 1],
      [1, 5, 3],
      [1, 37, 70],
      [1, 100, 1],
      [2, 129, 67],
      [3, 16, 130],
      [4, 8, 33],
      [4, 800, 51],
      [5, 65, 49],
      [9, 31, 48],
      [16, 400, 35],
      [33, 48, 97],
      [70, 101, 130],
      [300, 50, 97],
      [1, 24, 9000],
      [2, 12, 4200],
    ])('is multiplied as its rounded values are: %i rows, %i inner, %i columns', (rows, inner, columns) => {
      const [weight, values] = pair(isTransposed ? [columns, inner] : [inner, columns], 2);
      const x = randomTensor([rows, inner], { seed: 3 });
      const expected = matMul(x, values, false, isTransposed);
      const limit = tolerance('matmul', inner);
      expect(matMul(x, weight, false, isTransposed)).toBeCloseToTensor(expected, limit);
      expect(matMul(transpose(x), weight, true, isTransposed)).toBeCloseToTensor(expected, limit);
    });

    it('is multiplied in batches, each by its own or all by one', () => {
      const shape = isTransposed ? [7, 33] : [33, 7];
      const [weights, values] = pair([3, ...shape], 4);
      const [one, oneValues] = pair(shape, 5);
      for (const rows of [1, 2, 40]) {
        const x = randomTensor([3, rows, 33], { seed: 6 });
        const limit = tolerance('matmul', 33);
        expect(matMul(x, weights, false, isTransposed)).toBeCloseToTensor(
          matMul(x, values, false, isTransposed),
          limit,
        );
        const shared = matMul(x, reshape(oneValues, [1, ...shape]), false, isTransposed);
        expect(matMul(x, reshape(one, [1, ...shape]), false, isTransposed)).toBeCloseToTensor(shared, limit);
      }
    });

    it('spreads NaN and infinities, and 0 times them is NaN', () => {
      const values = zeros([40, 40]).bufferSync();
      values.set(NaN, 3, 5);
      values.set(Infinity, 7, 9);
      const weight = stored(values.toTensor());
      for (const rows of [1, 3, 20]) {
        const received = matMul(zeros([rows, 40]), weight, false, isTransposed).dataSync();
        const [first, second] = isTransposed ? [3, 7] : [5, 9];
        const bad = [...received].flatMap((value, i) => (Number.isNaN(value) ? [i % 40] : []));
        expect(bad).toEqual(Array.from({ length: rows }, () => [first, second]).flat());
      }
    });
  });

  it('gives linear maps with bias and activation, and their gradients', () => {
    for (const rows of [1, 2, 50]) {
      const [weight, values] = pair([35, 70], 7);
      const [x, bias] = [randomTensor([rows, 70], { seed: 8 }), randomTensor([35], { seed: 9 })];
      const run = (w: Tensor): ValueAndGradients =>
        valueAndGrad(() => sum(linear(x, w, bias, { activation: 'gelu' })), [x, w]);
      const limit = tolerance('matmul', 70);
      expect(linear(x, weight, bias, { activation: 'gelu' })).toBeCloseToTensor(
        linear(x, values, bias, { activation: 'gelu' }),
        limit,
      );
      const [received, expected] = [run(weight), run(values)];
      received.gradients.forEach((gradient, i) => expect(gradient).toBeCloseToTensor(expected.gradients[i], limit));
    }
  });

  it('gives rows of a table', () => {
    const [table, values] = pair([50, 37], 10);
    const indices = tensor2d([0, 49, 7, 7], [2, 2], 'int32');
    expect(embedding(table, indices)).toBeCloseToTensor(embedding(values, indices), tolerance('exact'));
    expect(() => embedding(table, tensor1d([50], 'int32'))).toThrow(/50/);
  });

  it.each<[string, (x: Tensor, other: Tensor) => Tensor]>([
    ['add', (x, other) => add(x, other)],
    ['add to itself', (x) => add(x, x)],
    ['transpose', (x) => transpose(x)],
    ['slice', (x) => slice(x, [3, 2], [4, 5])],
    ['concat', (x, other) => concat([x, other, x])],
    ['gather', (x) => gather(x, tensor1d([4, 0], 'int32'))],
    ['sum', (x) => sum(x, 0)],
    ['matMul as the first operand', (x, other) => matMul(x, other, false, true)],
    ['matMul with itself', (x) => matMul(x, x, false, true)],
    ['globalNorm', (x, other) => globalNorm([x, other, x])],
  ])('is read by %s', (_, f) => {
    const [x, values] = pair([33, 17], 11);
    const other = randomTensor([33, 17], { seed: 12 });
    expect(f(x, other)).toBeCloseToTensor(f(values, other), tolerance('matmul', 33));
    expect(x).toBeCloseToTensor(values, tolerance('exact'));
  });

  describe('is float32 again after', () => {
    const other = (): Tensor => tensor([1.001, 2.002], [1, 2]);

    it.each<[string, (weight: Tensor) => void, readonly number[]]>([
      ['copyInto', (weight) => copyInto(weight, other(), [1, 0]), [3, 1.0078125, 1.001, 2.002]],
      [
        'an optimizer’s step',
        (weight) => sgdStep([weight], [tensor([0.002, 0, 0, 0], [2, 2])], undefined, PLAIN_STEP),
        [2.999, 1.0078125, 1, 2],
      ],
    ])('%s', (_, write, expected) => {
      const weight = tensor2d([
        [3, 1.01],
        [1, 2],
      ]);
      storeAsBfloat16(weight);
      write(weight);
      expect(weight).toBeCloseToTensor(tensor([...expected], [2, 2]), tolerance('elementwise'));
      expect(matMul(tensor2d([[1, 1]]), weight).dataSync()[0]).toBeCloseTo(expected[0] + expected[2], 5);
    });

    it('an assignment', () => {
      const weight = variable(tensor1d([1.01, 2]));
      storeAsBfloat16(weight);
      weight.assign(tensor1d([1.001, 5]));
      expect([...weight.dataSync()]).toEqual([Math.fround(1.001), 5]);
      weight.dispose();
    });
  });

  it('leaves a tensor alone that shared the memory, and is shared from then on', () => {
    const x = tensor1d([1.01, 2.002]);
    const before = clone(x);
    storeAsBfloat16(x);
    expect([...before.dataSync()]).toEqual([1.01, 2.002].map(Math.fround));
    const view = reshape(x, [2, 1]);
    sgdStep([x], [tensor1d([2, 2])], undefined, PLAIN_STEP);
    expect([...view.dataSync()]).toEqual([1.0078125, 2]);
    expect([...x.dataSync()]).toEqual([0.0078125, 1]);
  });

  it('follows to another device', () => {
    const [x, values] = pair([5, 6], 13);
    setDevice('js');
    expect(mul(x, 2)).toBeCloseToTensor(mul(values, 2), tolerance('exact'));
    setDevice('auto');
  });
});

describeOnNative('the memory of tensors that are stored as bf16 on %s', (device) => {
  useDevice(device);

  const [ROWS, COLUMNS] = [300, 400];
  const SIZE = ROWS * COLUMNS;
  const statistics = (): { bytes: number; inUse: number } => nativeMemory() ?? { bytes: NaN, inUse: NaN };
  const bytes = (): number => statistics().bytes;

  it('is half as much, until it is written or freed', () => {
    const before = statistics();
    const weight = randomTensor([ROWS, COLUMNS], { seed: 1 });
    const whole = statistics();
    storeAsBfloat16(weight);
    expect(bytes() - before.bytes).toBe(2 * SIZE);
    expect(statistics().inUse - before.inUse).toBeLessThanOrEqual((whole.inUse - before.inUse) / 2);
    const view = reshape(weight, [SIZE]);
    tidy(() => void [matMul(zeros([1, ROWS]), weight), add(weight, weight), weight.dataSync()]);
    expect(bytes() - before.bytes).toBe(2 * SIZE);
    view.dispose();
    copyInto(weight, tensor2d([[1]]), [0, 0]);
    expect(bytes() - before.bytes).toBe(4 * SIZE + 4);
    storeAsBfloat16(weight);
    weight.dispose();
    expect(bytes() - before.bytes).toBe(4);
  });

  it('is none for zeros in the place of values that are to come, and half for those', () => {
    const generator = new Generator(1);
    const before = bytes();
    const [blank, other] = generator.withoutDrawing(() => [
      generator.uniform([ROWS, COLUMNS]),
      generator.normal([ROWS, COLUMNS]),
    ]);
    expect(bytes()).toBe(before);
    expect(blank).toBeCloseToTensor(zeros([ROWS, COLUMNS]), tolerance('exact'));
    const kept = bytes();
    storeAsBfloat16(blank);
    expect(bytes() - kept).toBe(2 * SIZE);
    expect(blank).toBeCloseToTensor(zeros([ROWS, COLUMNS]), tolerance('exact'));
    expect(add(other, 1).dataSync()[SIZE - 1]).toBe(1);
    blank.dispose();
    other.dispose();
  });

  it('stays half while values are read into it piece by piece, rounded', () => {
    const values = randomTensor([SIZE], { seed: 2 });
    const weight = zeros([ROWS, COLUMNS]);
    storeAsBfloat16(weight);
    const before = bytes();
    const [first, second] = [values.dataSync().slice(0, 777), values.dataSync().slice(777)];
    writeElements(weight, second, 777);
    writeElements(weight, first, 0);
    expect(bytes()).toBe(before);
    expect(reshape(weight, [SIZE])).toBeCloseToTensor(rounded(values), tolerance('exact'));
  });

  it('is as it was where there is none to widen it', () => {
    const weight = randomTensor([ROWS, COLUMNS], { seed: 3 });
    storeAsBfloat16(weight);
    const expected = sub(weight, 0);
    const row = zeros([1, 1]);
    const before = bytes();
    setMemoryLimit(statistics().inUse + SIZE);
    try {
      expect(() => argMax(weight)).toThrowCode('OUT_OF_MEMORY', /ArgMax/);
      expect(() => copyInto(weight, row, [0, 0])).toThrowCode('OUT_OF_MEMORY', /NablaCopyInto/);
    } finally {
      setMemoryLimit(0);
    }
    expect(bytes()).toBe(before);
    expect(weight).toBeCloseToTensor(expected, tolerance('exact'));
  });
});

describeOnBf16('weights that are stored as bf16, with products in bf16', () => {
  useDevice('cpu:avx512');
  beforeEach(() => setMatmulPrecision('bf16'));
  afterEach(() => setMatmulPrecision('float32'));

  it.each([1, 4, 60])('are multiplied in float32, always: %i rows', (rows) => {
    const [weight, values] = pair([100, 130], 1);
    const x = randomTensor([rows, 100], { seed: 2 });
    const received = [0, 1, 2, 3].map(() => matMul(x, weight));
    setMatmulPrecision('float32');
    const expected = matMul(x, values);
    for (const product of received) expect(product).toBeCloseToTensor(expected, tolerance('matmul', 100));
  });
});
