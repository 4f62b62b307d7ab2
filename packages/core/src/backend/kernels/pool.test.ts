// SPDX-License-Identifier: Apache-2.0
// tfjs' poolings of images and volumes, against the gradient formulas and index arithmetic of ours, on every device.

import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { grad } from '../../grad.ts';
import { plainAveragePool } from '../../ops/average-pool.ts';
import { maxPool2d, plainMaxPool } from '../../ops/max-pool.ts';
import {
  type Tensor,
  type Tensor4D,
  type Tensor5D,
  avgPool,
  avgPool3d,
  gather,
  maxPool,
  maxPool3d,
  maxPoolWithArgmax,
  mul,
  ones,
  reshape,
  sum,
  tensor4d,
  tensor5d,
} from '../../tf.ts';

const image = (shape: readonly number[], seed: number): Tensor4D => randomTensor(shape, { seed }) as Tensor4D;
const volume = (shape: readonly number[], seed: number): Tensor5D => randomTensor(shape, { seed }) as Tensor5D;

/** The gradient of a weighted sum of the output. */
function gradientOf(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const weights = randomTensor(f(x).shape, { seed: 9 });
  return grad((input: Tensor) => sum(mul(f(input), weights)))(x);
}

describe.each(devices())("tfjs' poolings on %s", (device) => {
  useDevice(device);

  it.each([
    [2, 2, 0],
    [3, 1, 1],
    [3, 2, 1],
    [2, 3, 0],
  ] as const)('of kernel %i, stride %i and padding %i are ours', (size, stride, padding) => {
    const x = image([2, 7, 6, 17], 1);
    const options = { stride, padding };
    const max = (y: Tensor): Tensor => maxPool(y as Tensor4D, size, stride, padding, 'floor');
    expect(max(x)).toBeCloseToTensor(plainMaxPool(x, size, options), tolerance('exact'));
    expect(gradientOf(max, x)).toBeCloseToTensor(
      gradientOf((y) => plainMaxPool(y, size, options), x),
      tolerance('matmul', 9),
    );
    const average = avgPool(x, size, stride, padding, 'floor');
    const expected = plainAveragePool(x, size, { ...options, countIncludePad: false });
    expect(average).toBeCloseToTensor(expected, tolerance('matmul', 9));
  });

  it('have the gradient of a mean where windows stay inside', () => {
    const x = image([2, 6, 7, 5], 2);
    const average = (y: Tensor): Tensor => avgPool(y as Tensor4D, [3, 2], [1, 2], 'valid');
    const plain = (y: Tensor): Tensor => plainAveragePool(y, [3, 2], { stride: [1, 2] });
    expect(gradientOf(average, x)).toBeCloseToTensor(gradientOf(plain, x), tolerance('matmul', 6));
  });

  it.each([
    [[2, 2, 2], [2, 2, 2], 0],
    [[3, 2, 3], [1, 2, 1], 1],
    [[1, 3, 2], [2, 1, 3], 0],
  ] as const)('of volumes, of kernel %j, stride %j and padding %i, are ours', (kernel, strides, padding) => {
    const x = volume([2, 5, 6, 7, 17], 1);
    const [size, stride]: [[number, number, number], [number, number, number]] = [[...kernel], [...strides]];
    const max = (y: Tensor): Tensor => maxPool3d(y as Tensor5D, size, stride, padding, 'floor');
    const plain = (y: Tensor): Tensor => plainMaxPool(y, size, { stride, padding });
    expect(max(x)).toBeCloseToTensor(plain(x), tolerance('exact'));
    expect(gradientOf(max, x)).toBeCloseToTensor(gradientOf(plain, x), tolerance('matmul', 18));
    const average = (y: Tensor): Tensor => avgPool3d(y as Tensor5D, size, stride, padding, 'floor');
    const mean = (y: Tensor): Tensor => plainAveragePool(y, size, { stride, padding, countIncludePad: false });
    expect(average(x)).toBeCloseToTensor(mean(x), tolerance('matmul', 18));
    if (padding === 0) expect(gradientOf(average, x)).toBeCloseToTensor(gradientOf(mean, x), tolerance('matmul', 18));
  });

  it('pass the gradient of equal elements to the first of them', () => {
    const max = (y: Tensor): Tensor => maxPool3d(y as Tensor5D, 2, 2, 'valid');
    expect(gradientOf(max, ones([1, 2, 2, 2, 1]))).toBeCloseToTensor(
      mul(tensor5d([1, 0, 0, 0, 0, 0, 0, 0], [1, 2, 2, 2, 1]), randomTensor([1, 1, 1, 1, 1], { seed: 9 })),
      tolerance('exact'),
    );
  });

  it.each([true, false])('say where each maximum is, counting the batch: %s', (countBatch) => {
    const x = image([3, 5, 7, 6], 4);
    const { result, indexes } = maxPoolWithArgmax(x, [3, 2], [2, 3], 'same', countBatch);
    expect(result).toBeCloseToTensor(maxPool(x, [3, 2], [2, 3], 'same'), tolerance('exact'));
    expect(indexes.dtype).toBe('int32');
    const flat = reshape(x, countBatch ? [-1] : [3, -1]);
    const first = countBatch ? indexes : indexes.slice([2], [1]);
    const found = countBatch ? gather(flat, indexes) : gather(flat.slice([2], [1]).reshape([-1]), first);
    expect(found).toBeCloseToTensor(countBatch ? result : result.slice([2], [1]), tolerance('exact'));
  });

  it('pad unevenly where the size of the result asks for it', () => {
    const x = tensor4d([1, 2, 3], [1, 1, 3, 1]);
    expect(maxPool(x, [1, 2], [1, 2], 'same')).toBeCloseToTensor([[[[2], [3]]]], tolerance('exact'));
    expect(avgPool(x, [1, 2], [1, 2], 'same')).toBeCloseToTensor([[[[1.5], [3]]]], tolerance('exact'));
  });

  it('ignore NaN, where ours do not', () => {
    const x = tensor4d([NaN, 1, 2, 3], [1, 1, 4, 1]);
    expect(maxPool(x, [1, 2], [1, 2], 'valid')).toBeCloseToTensor([[[[1], [3]]]], tolerance('exact'));
    expect(maxPool2d(x, [1, 2])).toBeCloseToTensor([[[[NaN], [3]]]], tolerance('exact'));
  });

  it('are the identity for a kernel of one position, as tfjs has it, even where padding and stride say otherwise', () => {
    const x = image([1, 2, 2, 3], 3);
    expect(maxPool(x, 1, 2, 1, 'floor')).toBeCloseToTensor(x, tolerance('exact'));
    expect(avgPool(x, 1, 2, 1, 'floor')).toBeCloseToTensor(x, tolerance('exact'));
  });

  it('take integers', () => {
    const x = tensor4d([1, 5, 3, 2], [1, 2, 2, 1], 'int32');
    expect(maxPool(x, 2, 2, 'valid')).toBeCloseToTensor([[[[5]]]], tolerance('exact'));
  });

  it('take no examples', () => {
    expect(maxPool(image([0, 4, 4, 3], 3), 2, 2, 'valid').shape).toEqual([0, 2, 2, 3]);
  });
});
