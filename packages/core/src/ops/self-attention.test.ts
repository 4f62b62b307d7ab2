// SPDX-License-Identifier: Apache-2.0
// Tests of selfAttention on every device.

import { assertClose, checkGradient, devices, randomMask, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { getThreads, setThreads } from '../device.ts';
import { Generator } from '../random.ts';
import { type Tensor, mul, ones, sum, tensor, tensor3d, zeros } from '../tf.ts';
import type { AttentionOptions } from './attention.ts';
import { plainSelfAttention, selfAttention } from './self-attention.ts';

type Sizes = readonly [batch: number, heads: number, time: number, headSize: number];

/** Output and gradients of the weighted sum of an attention, that of a float mask among them. */
function run(f: typeof plainSelfAttention, x: Tensor, heads: number, options: AttentionOptions): Tensor[] {
  const { generator, mask } = options;
  const attend = (): Tensor =>
    f(x, heads, generator === undefined ? options : { ...options, generator: Generator.fromState(generator.state()) });
  const out = attend();
  const weights = randomTensor(out.shape, { seed: 4 });
  const { gradients } = valueAndGrad(() => sum(mul(attend(), weights)), mask?.dtype === 'float32' ? [x, mask] : [x]);
  return [out, ...gradients];
}

function compare([batch, heads, time, headSize]: Sizes, options: AttentionOptions): void {
  const x = randomTensor([batch, time, 3 * heads * headSize], { seed: 1 });
  const expected = run(plainSelfAttention, x, heads, options);
  const received = run(selfAttention, x, heads, options);
  const limit = tolerance('matmul', 64 + time);
  expected.forEach((result, i) => assertClose(['output', 'gradX', 'gradMask'][i], received[i], result, limit));
}

describe.each(devices())('selfAttention on %s', (device) => {
  useDevice(device);

  it.each<Sizes>([
    [1, 1, 1, 1],
    [2, 3, 5, 3],
    [3, 2, 16, 16],
    [1, 4, 17, 15],
    [2, 2, 33, 17],
    [1, 3, 65, 32],
    [2, 1, 70, 33],
    [1, 2, 129, 64],
    [1, 1, 390, 31],
    [1, 4, 9, 256],
  ])('equals its formula and its gradients for %i %i %i %i, causal or not', (...sizes) => {
    compare(sizes, {});
    compare(sizes, { causal: true, scale: 0.3 });
  });

  it.each([[[5, 5]], [[5]], [[5, 1]], [[2, 1, 1, 5]], [[2, 3, 5, 5]], [[]]])('takes a mask of shape %j', (shape) => {
    compare([2, 3, 5, 4], { mask: randomMask(shape, { seed: 5 }) });
    compare([2, 3, 5, 4], { mask: randomMask(shape, { seed: 5 }), causal: true });
    compare([2, 3, 5, 4], { mask: randomTensor(shape, { seed: 5 }) });
  });

  it('masks and drops over several tiles, as attention of three tensors does', () => {
    const generator = Generator.fromState({ seed: 3, offset: 7 });
    compare([1, 2, 400, 5], { dropout: 0.3, generator });
    compare([2, 2, 34, 16], { mask: randomMask([34, 34], { seed: 6 }), causal: true, dropout: 0.5, generator });
    compare([2, 2, 7, 3], { mask: randomTensor([7, 7], { seed: 6 }), dropout: 0.5, generator });
  });

  it.each<AttentionOptions>([{}, { causal: true }, { scale: 0.7 }])(
    'has the gradient of its formula: %j',
    (options) => {
      const f = (op: typeof plainSelfAttention) => (x: Tensor) => op(x, 2, options);
      checkGradient(f(selfAttention), [[2, 3, 18]], { plain: f(plainSelfAttention), seed: 7 });
    },
  );

  it('gives zeros and no gradient where there is nothing to attend to', () => {
    const mask = tensor([0, 0, 1, 1], [2, 2], 'bool');
    const [out, gradX] = run(selfAttention, randomTensor([1, 2, 6], { seed: 2 }), 1, { mask });
    expect(Array.from(out.dataSync()).slice(0, 2)).toEqual([0, 0]);
    expect(Array.from(gradX.dataSync()).slice(0, 2)).toEqual([0, 0]);
    expect(gradX.dataSync().some(Number.isNaN)).toBe(false);
  });

  it('takes empty tensors', () => {
    expect(selfAttention(zeros([0, 3, 12]), 2).shape).toEqual([0, 3, 4]);
    const [out, gradX] = run(selfAttention, zeros([2, 0, 12]), 2, {});
    expect([out.shape, gradX.shape]).toEqual([
      [2, 0, 4],
      [2, 0, 12],
    ]);
  });

  it('spreads NaN over its row only', () => {
    const x = tensor3d([[[NaN, 1, 1], [1, 1, 2]]]); // prettier-ignore
    expect(selfAttention(x, 1)).toBeCloseToTensor([[[NaN], [1.5]]], tolerance('transcendental'));
  });

  it('draws dropout once a call', () => {
    const generator = new Generator(1);
    selfAttention(ones([1, 6, 6]), 2, { dropout: 0.5, generator });
    expect(generator.offset).toBe(18);
    selfAttention(ones([1, 6, 6]), 2, { dropout: 0.5, generator, mask: zeros([6]) });
    expect(generator.offset).toBe(36);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const generator = new Generator(2);
    const results = (count: number): Tensor[] => {
      setThreads(count);
      return run(selfAttention, randomTensor([2, 150, 3 * 3 * 24], { seed: 1 }), 3, {
        causal: true,
        dropout: 0.1,
        generator,
      });
    };
    try {
      const expected = results(1);
      results(4).forEach((received, i) => assertClose(`result ${i}`, received, expected[i], tolerance('exact')));
    } finally {
      setThreads(threads);
    }
  });

  it('refuses an x that does not hold three parts, and options out of range', () => {
    const attend =
      (options: AttentionOptions, x = ones([1, 3, 12]), heads = 2) =>
      () =>
        selfAttention(x, heads, options);
    expect(attend({}, ones([1, 3, 10]))).toThrowCode('SHAPE', /expected x of shape \[batch, time, a multiple of 6\]/);
    expect(attend({}, ones([1, 3, 0]))).toThrowCode('SHAPE', /a multiple of 6/);
    expect(attend({}, ones([3, 12]))).toThrowCode('RANK', /x/);
    expect(attend({}, ones([1, 3, 12], 'int32'))).toThrowCode('DTYPE', /x/);
    expect(attend({}, undefined, 0)).toThrowCode('ARGUMENT', /heads/);
    expect(attend({ mask: ones([3, 3], 'int32') })).toThrowCode('DTYPE', /mask of dtype bool or float32/);
    expect(attend({ mask: ones([3, 4], 'bool') })).toThrowCode('BROADCAST', /broadcasts to \[1, 2, 3, 3\]/);
    expect(attend({ dropout: 0.1 })).toThrowCode('ARGUMENT', /generator/);
    expect(attend({ isCausal: true } as AttentionOptions)).toThrowCode('OPTION', /causal/);
  });
});
