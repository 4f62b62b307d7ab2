// SPDX-License-Identifier: Apache-2.0
// Tests of clipGradientsByValue on every device.

import { assertClose, devices, fromValues, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { type Tensor, clone, fill, reshape, tensor1d, zeros } from '../tf.ts';
import { clipGradientsByValue, plainClipGradientsByValue } from './clip-by-value.ts';

const SHAPES = [[], [1], [7], [3, 5], [16], [17], [0], [31], [33], [100], [5000]];
const exact = tolerance('exact');

const draw = (): Tensor[] => SHAPES.map((shape, i) => randomTensor(shape, { seed: 1 + i }));

describe.each(devices())('clipGradientsByValue on %s', (device) => {
  useDevice(device);

  it.each([0.25, 1e4])('equals its formula for a maximum of %d', (maximum) => {
    const gradients = draw();
    const expected = plainClipGradientsByValue(gradients, maximum);
    const clipped = clipGradientsByValue(gradients, maximum);
    expected.forEach((gradient, i) => {
      expect(clipped[i]).toBe(gradients[i]);
      assertClose(`gradient ${i}`, gradients[i], gradient, exact);
    });
  });

  it.each(golden('clipping_by_value').cases)('equals PyTorch: $name', ({ options, gradients, clipped }) => {
    const result = clipGradientsByValue(gradients.map(fromValues), options.maximum);
    clipped.forEach((expected, i) => assertClose(`gradient ${i}`, result[i], fromValues(expected), exact));
  });

  it('never changes a snapshot', () => {
    const gradient = tensor1d([3, -4]);
    const [copy, view] = [clone(gradient), reshape(gradient, [2, 1])];
    const read = gradient.dataSync();
    clipGradientsByValue([gradient, gradient], 1);
    expect(gradient).toBeCloseToTensor([1, -1], exact);
    expect(copy).toBeCloseToTensor([3, -4], exact);
    expect(view).toBeCloseToTensor([[3], [-4]], exact);
    expect(Array.from(read)).toEqual([3, -4]);
  });

  it('limits infinities, keeps NaN, changes nothing at Infinity, and takes no gradients at all', () => {
    const gradient = tensor1d([Infinity, NaN, -Infinity]);
    expect(clipGradientsByValue([gradient], Infinity)[0]).toBeCloseToTensor([Infinity, NaN, -Infinity], exact);
    expect(clipGradientsByValue([gradient], 2)[0]).toBeCloseToTensor([2, NaN, -2], exact);
    expect(clipGradientsByValue([], 1)).toEqual([]);
  });

  it('splits lists that are longer than one call takes', () => {
    const gradients = Array.from({ length: 10000 }, () => fill([1], -2));
    clipGradientsByValue(gradients, 0.5);
    expect(new Set(gradients.map((gradient) => gradient.dataSync()[0]))).toEqual(new Set([-0.5]));
  });

  it('refuses other element types and maxima', () => {
    expect(() => clipGradientsByValue([zeros([2], 'int32')], 1)).toThrowCode('DTYPE', /gradients\[0\]/);
    for (const maximum of [0, -1, NaN])
      expect(() => clipGradientsByValue([zeros([2])], maximum)).toThrowCode('ARGUMENT', /maximum/);
  });
});
