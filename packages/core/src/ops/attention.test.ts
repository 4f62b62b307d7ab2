// SPDX-License-Identifier: Apache-2.0
// Tests of scaledDotProductAttention on every device.

import {
  assertClose,
  checkGolden,
  checkGradient,
  devices,
  golden,
  randomMask,
  randomTensor,
  tolerance,
  useDevice,
} from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { Generator } from '../random.ts';
import { type Tensor, mul, ones, sum, tensor, tensor4d, zeros } from '../tf.ts';
import { type AttentionOptions, plainAttention, scaledDotProductAttention } from './attention.ts';

type Sizes = readonly [
  batch: number,
  heads: number,
  queryTime: number,
  keyTime: number,
  headSize: number,
  valueSize: number,
];

const draw = ([batch, heads, queryTime, keyTime, headSize, valueSize]: Sizes): [Tensor, Tensor, Tensor] => [
  randomTensor([batch, heads, queryTime, headSize], { seed: 1 }),
  randomTensor([batch, heads, keyTime, headSize], { seed: 2 }),
  randomTensor([batch, heads, keyTime, valueSize], { seed: 3 }),
];

/** Output and gradients of the weighted sum of an attention. */
function run(f: typeof plainAttention, inputs: [Tensor, Tensor, Tensor], options: AttentionOptions): Tensor[] {
  const weights = randomTensor(f(...inputs, drawn(options)).shape, { seed: 4 });
  const { gradients } = valueAndGrad(() => sum(mul(f(...inputs, drawn(options)), weights)), inputs);
  return [f(...inputs, drawn(options)), ...gradients];
}

/** The same options, with a generator that stands where the given one does. */
function drawn(options: AttentionOptions): AttentionOptions {
  const { generator } = options;
  return generator === undefined ? options : { ...options, generator: Generator.fromState(generator.state()) };
}

function compare(sizes: Sizes, options: AttentionOptions): void {
  const inputs = draw(sizes);
  const expected = run(plainAttention, inputs, options);
  const received = run(scaledDotProductAttention, inputs, options);
  const limit = tolerance('matmul', 64 + sizes[2]);
  ['output', 'gradQuery', 'gradKey', 'gradValue'].forEach((name, i) =>
    assertClose(name, received[i], expected[i], limit),
  );
}

describe.each(devices())('scaledDotProductAttention on %s', (device) => {
  useDevice(device);

  it.each<Sizes>([
    [1, 1, 1, 1, 1, 1],
    [2, 3, 7, 5, 3, 2],
    [1, 2, 16, 16, 16, 16],
    [1, 1, 17, 33, 15, 31],
    [1, 1, 65, 70, 8, 33],
    [1, 1, 3, 520, 4, 5],
    [1, 1, 34, 290, 33, 8],
    [1, 1, 260, 270, 2, 3],
    [1, 1, 4, 6, 256, 257],
  ])('equals its formula and its gradients for %i %i %i %i %i %i, causal or not', (...sizes) => {
    compare(sizes, {});
    compare(sizes, { causal: true, scale: 0.3 });
  });

  it.each([[[5, 9]], [[1, 9]], [[9]], [[5, 1]], [[2, 1, 1, 9]], [[1, 3, 5, 9]], [[2, 3, 5, 9]], [[3, 1, 1]], [[]]])(
    'takes a mask of shape %j',
    (shape) => {
      const mask = randomMask(shape, { seed: 5 });
      compare([2, 3, 5, 9, 4, 3], { mask });
      compare([2, 3, 5, 9, 4, 3], { mask, causal: true });
    },
  );

  it.each([
    [34, 260],
    [7, 5],
  ])('masks and drops over several tiles: %i queries, %i keys', (queryTime, keyTime) => {
    const mask = randomMask([queryTime, keyTime], { seed: 6 });
    const generator = Generator.fromState({ seed: 3, offset: 7 });
    compare([1, 1, queryTime, keyTime, 5, 6], { mask, causal: true, dropout: 0.3, generator });
    compare([1, 2, queryTime, keyTime, 5, 6], { dropout: 0.5, generator });
  });

  it.each<AttentionOptions>([{}, { causal: true }, { scale: 0.7 }])(
    'has the gradient of its formula: %j',
    (options) => {
      const f = (op: typeof plainAttention) => (query: Tensor, key: Tensor, value: Tensor) =>
        op(query, key, value, options);
      const shapes = [
        [1, 2, 3, 4],
        [1, 2, 5, 4],
        [1, 2, 5, 2],
      ];
      checkGradient(f(scaledDotProductAttention), shapes, { plain: f(plainAttention), seed: 7 });
    },
  );

  it.each(golden('attention').cases)('equals PyTorch: $name', (recorded) => {
    checkGolden(recorded, ({ query, key, value, mask }) =>
      scaledDotProductAttention(query, key, value, { ...recorded.options, ...(mask && { mask }) }),
    );
  });

  it('gives zeros and no gradient where there is nothing to attend to', () => {
    const inputs = draw([1, 1, 2, 3, 2, 2]);
    const mask = tensor([0, 0, 0, 1, 1, 1], [2, 3], 'bool');
    const [out, gradQuery, gradKey] = run(scaledDotProductAttention, inputs, { mask });
    expect(Array.from(out.dataSync()).slice(0, 2)).toEqual([0, 0]);
    expect(Array.from(gradQuery.dataSync()).slice(0, 2)).toEqual([0, 0]);
    expect(gradKey.dataSync().some(Number.isNaN)).toBe(false);
    const nothing = run(scaledDotProductAttention, inputs, { mask: zeros([1], 'bool') });
    for (const result of nothing) expect(result).toBeCloseToTensor(zeros(result.shape), tolerance('exact'));
  });

  it('takes empty tensors', () => {
    const attend = (...sizes: Sizes): Tensor => scaledDotProductAttention(...draw(sizes), { scale: 1 });
    expect(attend(0, 2, 3, 4, 5, 6).shape).toEqual([0, 2, 3, 6]);
    expect(attend(1, 2, 0, 4, 5, 6).shape).toEqual([1, 2, 0, 6]);
    expect(attend(1, 2, 3, 4, 5, 0).shape).toEqual([1, 2, 3, 0]);
    expect(attend(1, 2, 3, 0, 5, 6)).toBeCloseToTensor(zeros([1, 2, 3, 6]), tolerance('exact'));
    expect(attend(1, 1, 1, 2, 0, 1).shape).toEqual([1, 1, 1, 1]);
    const gradients = run(scaledDotProductAttention, draw([1, 2, 3, 0, 5, 6]), {});
    expect(gradients.map(({ shape }) => shape)).toEqual([
      [1, 2, 3, 6],
      [1, 2, 3, 5],
      [1, 2, 0, 5],
      [1, 2, 0, 6],
    ]);
  });

  it('does not overflow, and spreads NaN over its row only', () => {
    const query = tensor4d([[[[1000], [NaN], [1]]]]);
    const key = tensor4d([[[[1000], [999]]]]);
    const value = tensor4d([[[[1], [2]]]]);
    expect(scaledDotProductAttention(query, key, value)).toBeCloseToTensor(
      [[[[1], [NaN], [1.26894142]]]],
      tolerance('transcendental'),
    );
  });

  it('drops weights that the generator chooses, new ones each time, and none at 0', () => {
    const generator = new Generator(1);
    const inputs = draw([1, 1, 6, 7, 2, 2]);
    const [first, second] = [0, 1].map(() => scaledDotProductAttention(...inputs, { dropout: 0.5, generator }));
    expect(generator.offset).toBe(22);
    expect(first).not.toBeCloseToTensor(second);
    scaledDotProductAttention(...inputs, { dropout: 0, generator });
    expect(generator.offset).toBe(22);
    const none = scaledDotProductAttention(...inputs, { dropout: 1, generator });
    expect(none).toBeCloseToTensor(zeros([1, 1, 6, 2]), tolerance('exact'));
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const generator = new Generator(2);
    const results = (count: number): Tensor[] => {
      setThreads(count);
      return run(scaledDotProductAttention, draw([2, 3, 150, 280, 16, 24]), { causal: true, dropout: 0.1, generator });
    };
    try {
      const expected = results(1);
      results(4).forEach((received, i) => assertClose(`result ${i}`, received, expected[i], tolerance('exact')));
    } finally {
      setThreads(threads);
    }
  });

  it('refuses tensors that do not match, and options out of range', () => {
    const attend =
      (options: AttentionOptions, key = ones([1, 2, 4, 5]), value = ones([1, 2, 4, 6])) =>
      () =>
        scaledDotProductAttention(ones([1, 2, 3, 5]), key, value, options);
    expect(attend({}, ones([1, 2, 4, 7]))).toThrowCode('SHAPE', /expected key of shape \[1, 2, keyTime, 5\]/);
    expect(attend({}, ones([1, 3, 4, 5]))).toThrowCode('SHAPE', /key/);
    expect(attend({}, undefined, ones([1, 2, 5, 6]))).toThrowCode(
      'SHAPE',
      /expected value of shape \[1, 2, 4, valueSize\]/,
    );
    expect(attend({}, ones([1, 2, 4, 5], 'int32'))).toThrowCode('DTYPE', /key/);
    expect(() => scaledDotProductAttention(ones([3, 5]), ones([3, 5]), ones([3, 5]))).toThrowCode('RANK', /query/);
    expect(attend({ mask: ones([3, 4]) })).toThrowCode('DTYPE', /mask of dtype bool/);
    expect(attend({ mask: ones([3, 3], 'bool') })).toThrowCode('BROADCAST', /broadcasts to \[1, 2, 3, 4\]/);
    expect(attend({ scale: NaN })).toThrowCode('ARGUMENT', /scale/);
    expect(attend({ dropout: 2, generator: new Generator(1) })).toThrowCode('ARGUMENT', /dropout/);
    expect(attend({ dropout: 0.1 })).toThrowCode('ARGUMENT', /generator/);
    expect(attend({ isCausal: true } as AttentionOptions)).toThrowCode('OPTION', /causal/);
  });
});
