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
import { type Tensor, cast, fill, gather, matMul, mul, ones, sum, tensor, tensor4d, where, zeros } from '../tf.ts';
import { type AttentionOptions, attentionWeights, plainAttention, scaledDotProductAttention } from './attention.ts';

type Sizes = readonly [
  batch: number,
  heads: number,
  queryTime: number,
  keyTime: number,
  headSize: number,
  valueSize: number,
];
type SharedSizes = readonly [...Sizes, keyHeads: number];
type AnySizes = readonly [...Sizes, keyHeads?: number];

const draw = ([batch, heads, queryTime, keyTime, headSize, valueSize, keyHeads = heads]: AnySizes): [
  Tensor,
  Tensor,
  Tensor,
] => [
  randomTensor([batch, heads, queryTime, headSize], { seed: 1 }),
  randomTensor([batch, keyHeads, keyTime, headSize], { seed: 2 }),
  randomTensor([batch, keyHeads, keyTime, valueSize], { seed: 3 }),
];

/** Output and gradients of the weighted sum of an attention, that of a float mask among them. */
function run(f: typeof plainAttention, inputs: [Tensor, Tensor, Tensor], options: AttentionOptions): Tensor[] {
  const weights = randomTensor(f(...inputs, drawn(options)).shape, { seed: 4 });
  const { mask } = options;
  const watched = mask?.dtype === 'float32' ? [...inputs, mask] : inputs;
  const { gradients } = valueAndGrad(() => sum(mul(f(...inputs, drawn(options)), weights)), watched);
  return [f(...inputs, drawn(options)), ...gradients];
}

/** The same options, with a generator that stands where the given one does. */
function drawn(options: AttentionOptions): AttentionOptions {
  const { generator } = options;
  return generator === undefined ? options : { ...options, generator: Generator.fromState(generator.state()) };
}

function compare(sizes: AnySizes, options: AttentionOptions): void {
  const inputs = draw(sizes);
  const expected = run(plainAttention, inputs, options);
  const received = run(scaledDotProductAttention, inputs, options);
  const limit = tolerance('matmul', 64 + sizes[2]);
  const names = ['output', 'gradQuery', 'gradKey', 'gradValue', 'gradMask'];
  expected.forEach((result, i) => assertClose(names[i], received[i], result, limit));
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
    [1, 1, 5, 47, 3, 64],
    [1, 1, 4, 400, 5, 17],
    [1, 1, 63, 385, 7, 49],
    [1, 2, 129, 384, 16, 48],
    [1, 1, 200, 130, 48, 16],
    [2, 3, 1, 300, 65, 33], // a single query
    [1, 1, 1, 4097, 2, 3],
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
      compare([2, 3, 5, 9, 4, 3], { mask: randomTensor(shape, { seed: 5 }) });
      compare([2, 3, 5, 9, 4, 3], { mask: randomTensor(shape, { seed: 5 }), causal: true });
    },
  );

  it.each<SharedSizes>([
    [2, 4, 3, 5, 3, 2, 2],
    [1, 6, 7, 5, 4, 4, 1],
    [2, 6, 33, 17, 5, 8, 3],
    [1, 4, 40, 270, 8, 7, 2],
    [1, 2, 1, 300, 16, 16, 1],
    [2, 4, 65, 49, 16, 32, 2],
  ])('lets heads of queries share keys and values: %i %i %i %i %i %i, %i heads of keys', (...sizes) => {
    const [batch, heads, queryTime, keyTime] = sizes;
    const generator = Generator.fromState({ seed: 5, offset: 3 });
    compare(sizes, {});
    compare(sizes, { causal: true, dropout: 0.2, generator });
    compare(sizes, { mask: randomMask([batch, heads, queryTime, keyTime], { seed: 6 }) });
    compare(sizes, { mask: randomTensor([heads, queryTime, keyTime], { seed: 6 }), dropout: 0.3, generator });
  });

  it('equals attention to repeated keys and values, where heads share them', () => {
    const [query, key, value] = draw([2, 6, 3, 5, 4, 2, 2]);
    const repeated = [key, value].map((x) => gather(x, tensor([0, 0, 0, 1, 1, 1], [6], 'int32'), 1));
    const expected = scaledDotProductAttention(query, repeated[0], repeated[1]);
    expect(scaledDotProductAttention(query, key, value)).toBeCloseToTensor(expected, tolerance('matmul', 5));
  });

  it.each([
    [34, 260],
    [70, 400],
    [7, 5],
  ])('masks and drops over several tiles: %i queries, %i keys', (queryTime, keyTime) => {
    const mask = randomMask([queryTime, keyTime], { seed: 6 });
    const generator = Generator.fromState({ seed: 3, offset: 7 });
    compare([1, 1, queryTime, keyTime, 5, 6], { mask, causal: true, dropout: 0.3, generator });
    compare([1, 2, queryTime, keyTime, 5, 6], { dropout: 0.5, generator });
    compare([1, 2, queryTime, keyTime, 5, 6], { mask: randomTensor([queryTime, keyTime], { seed: 6 }), causal: true });
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

  it('has the gradient of its formula for shared keys and a float mask', () => {
    const f = (op: typeof plainAttention) => (query: Tensor, key: Tensor, value: Tensor, mask: Tensor) =>
      op(query, key, value, { mask, causal: true });
    const shapes = [
      [1, 4, 3, 4],
      [1, 2, 5, 4],
      [1, 2, 5, 2],
      [4, 1, 5],
    ];
    checkGradient(f(scaledDotProductAttention), shapes, { plain: f(plainAttention), seed: 8 });
  });

  it('hides keys where a float mask is -Infinity, and takes it without a gradient', () => {
    const inputs = draw([2, 2, 3, 5, 4, 3]);
    const allowed = randomMask([2, 1, 3, 5], { seed: 8 });
    const mask = where(allowed, zeros([2, 1, 3, 5]), fill([2, 1, 3, 5], -Infinity));
    const expected = run(scaledDotProductAttention, inputs, { mask: allowed });
    const received = run(scaledDotProductAttention, inputs, { mask });
    expected.forEach((result, i) => assertClose(`result ${i}`, received[i], result, tolerance('exact')));
    expect(received[4].dataSync().some(Number.isNaN)).toBe(false);
  });

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

  it('gives zeros for the queries that a mask hides all keys from, among others and over several tiles', () => {
    const [queryTime, keyTime] = [70, 400];
    const isShown = Array.from({ length: queryTime }, (_, query) => Number(query % 3 > 0));
    const rows = tensor(isShown, [queryTime, 1], 'bool');
    const everyKey = mul(cast(rows, 'float32'), ones([1, keyTime]));
    const bias = where(cast(everyKey, 'bool'), everyKey, fill(everyKey.shape, -Infinity));
    for (const mask of [rows, cast(everyKey, 'bool'), bias]) compare([1, 1, queryTime, keyTime, 3, 5], { mask });
  });

  it('takes empty tensors', () => {
    const attend = (...sizes: AnySizes): Tensor => scaledDotProductAttention(...draw(sizes), { scale: 1 });
    expect(attend(0, 2, 3, 4, 5, 6).shape).toEqual([0, 2, 3, 6]);
    expect(attend(1, 2, 0, 4, 5, 6).shape).toEqual([1, 2, 0, 6]);
    expect(attend(1, 2, 3, 4, 5, 0).shape).toEqual([1, 2, 3, 0]);
    expect(attend(1, 2, 3, 0, 5, 6)).toBeCloseToTensor(zeros([1, 2, 3, 6]), tolerance('exact'));
    expect(attend(1, 1, 1, 2, 0, 1).shape).toEqual([1, 1, 1, 1]);
    expect(attend(1, 0, 3, 2, 4, 1).shape).toEqual([1, 0, 3, 1]);
    expect(attend(1, 0, 3, 2, 4, 1, 2).shape).toEqual([1, 0, 3, 1]);
    const [, , , , gradMask] = run(scaledDotProductAttention, draw([1, 2, 3, 0, 5, 6]), { mask: ones([3, 1]) });
    expect(gradMask).toBeCloseToTensor(zeros([3, 1]), tolerance('exact'));
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

  it('attends evenly to what it sees where the least float32 is added to all scores', () => {
    const [query, key, value] = draw([1, 1, 2, 3, 2, 2]);
    const mask = fill([2, 3], -3.4028234663852886e38);
    const even = tensor4d([[[[1, 0, 0], [0.5, 0.5, 0]]]]); // prettier-ignore
    expect(attentionWeights(query, key, { mask, causal: true })).toBeCloseToTensor(even, tolerance('exact'));
    const out = scaledDotProductAttention(query, key, value, { mask, causal: true });
    expect(out).toBeCloseToTensor(matMul(even, value), tolerance('matmul', 3));
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
    const mask = randomTensor([3, 1, 280], { seed: 5 });
    const results = (count: number): Tensor[] => {
      setThreads(count);
      return [
        ...run(scaledDotProductAttention, draw([2, 3, 150, 280, 16, 24]), { causal: true, dropout: 0.1, generator }),
        ...run(scaledDotProductAttention, draw([2, 3, 150, 280, 16, 24, 1]), { mask }),
      ];
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
    expect(attend({}, ones([1, 2, 4, 7]))).toThrowCode('SHAPE', /expected key of shape \[1, keyHeads, keyTime, 5\]/);
    expect(attend({}, ones([1, 3, 4, 5]))).toThrowCode(
      'SHAPE',
      /expected key of shape \[1, a divisor of 2, keyTime, 5\]/,
    );
    expect(attend({}, ones([1, 0, 4, 5]))).toThrowCode('SHAPE', /a divisor of 2/);
    expect(attend({}, ones([1, 1, 4, 5]))).toThrowCode('SHAPE', /expected value of shape \[1, 1, 4, valueSize\]/);
    expect(attend({}, undefined, ones([1, 2, 5, 6]))).toThrowCode(
      'SHAPE',
      /expected value of shape \[1, 2, 4, valueSize\]/,
    );
    expect(attend({}, ones([1, 2, 4, 5], 'int32'))).toThrowCode('DTYPE', /key/);
    expect(() => scaledDotProductAttention(ones([3, 5]), ones([3, 5]), ones([3, 5]))).toThrowCode('RANK', /query/);
    expect(attend({ mask: ones([3, 4], 'int32') })).toThrowCode('DTYPE', /mask of dtype bool or float32/);
    expect(attend({ mask: ones([3, 3]) })).toThrowCode('BROADCAST', /mask/);
    expect(attend({ mask: ones([3, 3], 'bool') })).toThrowCode('BROADCAST', /broadcasts to \[1, 2, 3, 4\]/);
    expect(attend({ scale: NaN })).toThrowCode('ARGUMENT', /scale/);
    expect(attend({ dropout: 2, generator: new Generator(1) })).toThrowCode('ARGUMENT', /dropout/);
    expect(attend({ dropout: 0.1 })).toThrowCode('ARGUMENT', /generator/);
    expect(attend({ isCausal: true } as AttentionOptions)).toThrowCode('OPTION', /causal/);
  });
});

describe.each(devices())('attentionWeights on %s', (device) => {
  useDevice(device);

  it('are those of the attention: of shared keys, causal, masked, after the same dropout', () => {
    const [query, key, value] = draw([2, 4, 3, 5, 4, 2]);
    const generator = Generator.fromState({ seed: 3, offset: 7 });
    const mask = randomTensor([3, 5], { seed: 4 });
    for (const options of [{}, { causal: true, scale: 0.3 }, { mask }, { dropout: 0.5, generator }]) {
      const expected = scaledDotProductAttention(query, key, value, drawn(options));
      const weights = attentionWeights(query, key, drawn(options));
      expect(matMul(weights, value)).toBeCloseToTensor(expected, tolerance('matmul', 5));
    }
    expect(attentionWeights(query, ones([2, 2, 5, 4])).shape).toEqual([2, 4, 3, 5]);
  });

  it('sum to 1, or are 0 where there is nothing to attend to; and have a gradient', () => {
    const [query, key] = draw([1, 2, 2, 3, 2, 2]);
    const weights = attentionWeights(query, key, { mask: tensor([0, 0, 0, 1, 1, 1], [2, 3], 'bool') });
    expect(sum(weights, -1)).toBeCloseToTensor([[[0, 1], [0, 1]]], tolerance('reduce', 3)); // prettier-ignore
    checkGradient((q, k, mask) => attentionWeights(q, k, { mask }), [query, key, [2, 1, 3]], { seed: 9 });
  });

  it('refuses tensors that do not match, and options out of range', () => {
    const attend = (options: AttentionOptions, key = ones([1, 2, 4, 5])) => {
      return () => attentionWeights(ones([1, 2, 3, 5]), key, options);
    };
    expect(attend({}, ones([1, 2, 4, 7]))).toThrowCode('SHAPE', /attentionWeights: expected key/);
    expect(attend({ mask: ones([3, 3], 'bool') })).toThrowCode('BROADCAST', /mask/);
    expect(attend({ mask: ones([3, 4], 'int32') })).toThrowCode('DTYPE', /mask/);
    expect(attend({ dropout: 0.1 })).toThrowCode('ARGUMENT', /generator/);
    expect(attend({ isCausal: true } as AttentionOptions)).toThrowCode('OPTION', /causal/);
  });
});
