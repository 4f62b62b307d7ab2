// SPDX-License-Identifier: Apache-2.0
// One value everywhere, on every device.

import { devices, tolerance, useDevice } from '@nabla/testing';

import { cast, complex, fill, onesLike, tensor1d, zeros, zerosLike } from '../../tf.ts';

describe.each(devices())('fill on %s', (device) => {
  useDevice(device);

  it.each([
    ['float32', 0.1, Math.fround(0.1)],
    ['float32', NaN, NaN],
    ['float32', -Infinity, -Infinity],
    ['int32', -3.7, -3],
    ['bool', 1, 1],
  ] as const)('writes %s %d', (dtype, value, expected) => {
    for (const shape of [[], [0], [1], [3, 5], [16], [100]]) {
      const size = shape.reduce((product, length) => product * length, 1);
      const values = new Array<number>(size).fill(expected);
      expect(fill(shape, value, dtype)).toBeCloseToTensor({ shape, dtype, values }, tolerance('exact'));
    }
  });

  it('writes strings', () => {
    expect(fill([2], 'a', 'string').dataSync<'string'>()).toEqual(['a', 'a']);
  });

  it.each(['float32', 'int32', 'bool'] as const)('makes zeros and ones of %s', (dtype) => {
    const x = cast(zeros([2, 3]), dtype);
    expect(zerosLike(x)).toBeCloseToTensor({ shape: [2, 3], dtype, values: [0, 0, 0, 0, 0, 0] }, tolerance('exact'));
    expect(onesLike(x)).toBeCloseToTensor({ shape: [2, 3], dtype, values: [1, 1, 1, 1, 1, 1] }, tolerance('exact'));
  });

  it('makes complex ones', () => {
    expect([...onesLike(complex(tensor1d([5]), tensor1d([6]))).dataSync()]).toEqual([1, 0]);
  });
});
