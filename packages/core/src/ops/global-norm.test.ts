// SPDX-License-Identifier: Apache-2.0
// Tests of globalNorm and clipByGlobalNorm on every device.

import { assertClose, devices, fromValues, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { getThreads, setThreads } from '../device.ts';
import { type Tensor, clone, fill, reshape, tensor1d, zeros } from '../tf.ts';
import { clipByGlobalNorm, globalNorm, plainClipByGlobalNorm, plainGlobalNorm } from './global-norm.ts';

const SHAPES = [[], [1], [7], [3, 5], [16], [17], [0], [31], [33], [100], [5000]];

const draw = (): Tensor[] => SHAPES.map((shape, i) => randomTensor(shape, { seed: 1 + i }));

describe.each(devices())('globalNorm on %s', (device) => {
  useDevice(device);

  it('equals its formula', () => {
    const tensors = draw();
    expect(globalNorm(tensors)).toBeCloseToTensor(plainGlobalNorm(tensors), tolerance('reduce', 100));
    expect(globalNorm([])).toBeCloseToTensor(0);
    expect(globalNorm([zeros([0])])).toBeCloseToTensor(0);
    expect(globalNorm([tensor1d([1, NaN])])).toBeCloseToTensor(NaN);
    expect(globalNorm([tensor1d([1, -Infinity])])).toBeCloseToTensor(Infinity);
  });

  it('splits lists that are longer than one call takes', () => {
    const one = fill([1], 1);
    expect(globalNorm(Array.from({ length: 10000 }, () => one))).toBeCloseToTensor(100);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const tensors = [randomTensor([99991], { seed: 1 }), randomTensor([7], { seed: 2 })];
    const run = (count: number): Tensor => {
      setThreads(count);
      return globalNorm(tensors);
    };
    try {
      expect(run(4)).toBeCloseToTensor(run(1), tolerance('exact'));
    } finally {
      setThreads(threads);
    }
  });

  it('refuses other element types', () => {
    expect(() => globalNorm([zeros([2]), zeros([2], 'int32')])).toThrowCode('DTYPE', /tensors\[1\]/);
  });
});

describe.each(devices())('clipByGlobalNorm on %s', (device) => {
  useDevice(device);

  it.each([0.5, 1e4])('equals its formula for a maximum of %d', (maximum) => {
    const gradients = draw();
    const expected = plainClipByGlobalNorm(gradients, maximum);
    const clipped = clipByGlobalNorm(gradients, maximum);
    expect(clipped.norm).toBeCloseToTensor(expected.norm, tolerance('reduce', 100));
    expected.gradients.forEach((gradient, i) => {
      expect(clipped.gradients[i]).toBe(gradients[i]);
      assertClose(`gradient ${i}`, gradients[i], gradient, tolerance('reduce', 100));
    });
  });

  it.each(golden('clipping').cases)('equals PyTorch: $name', ({ options, gradients, norm, clipped }) => {
    const result = clipByGlobalNorm(gradients.map(fromValues), options.maximumNorm);
    assertClose('norm', result.norm, norm, tolerance('reduce', 100));
    clipped.forEach((expected, i) =>
      assertClose(`gradient ${i}`, result.gradients[i], expected, tolerance('reduce', 100)),
    );
  });

  it('never changes a snapshot, and changes a gradient that is listed twice once', () => {
    const gradient = tensor1d([3, 4]);
    const [copy, view] = [clone(gradient), reshape(gradient, [2, 1])];
    const read = gradient.dataSync();
    const { norm } = clipByGlobalNorm([gradient, gradient], Math.SQRT2);
    expect(norm).toBeCloseToTensor(Math.SQRT2 * 5);
    expect(gradient).toBeCloseToTensor([0.6, 0.8]);
    expect(copy).toBeCloseToTensor([3, 4]);
    expect(view).toBeCloseToTensor([[3], [4]]);
    expect(Array.from(read)).toEqual([3, 4]);
  });

  it('changes nothing at Infinity, and makes every gradient NaN where one is', () => {
    const gradient = tensor1d([2 ** 66, 1]);
    expect(clipByGlobalNorm([gradient], Infinity).gradients[0]).toBeCloseToTensor([2 ** 66, 1], tolerance('exact'));
    const [a, b] = clipByGlobalNorm([tensor1d([NaN]), tensor1d([1])], 1).gradients;
    expect(a).toBeCloseToTensor([NaN]);
    expect(b).toBeCloseToTensor([NaN]);
  });

  it('splits lists that are longer than one call takes', () => {
    const gradients = Array.from({ length: 10000 }, () => fill([1], 1));
    clipByGlobalNorm(gradients, 1);
    expect(new Set(gradients.map((gradient) => gradient.dataSync()[0].toFixed(5)))).toEqual(new Set(['0.01000']));
  });

  it('refuses other element types and norms', () => {
    expect(() => clipByGlobalNorm([zeros([2], 'int32')], 1)).toThrowCode('DTYPE', /gradients\[0\]/);
    for (const norm of [0, -1, NaN])
      expect(() => clipByGlobalNorm([zeros([2])], norm)).toThrowCode('ARGUMENT', /maximumNorm/);
  });
});
