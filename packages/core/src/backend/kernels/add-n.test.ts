// SPDX-License-Identifier: Apache-2.0
// The sum of several tensors, on every device.

import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { type Tensor, addN, cast } from '../../tf.ts';

/** Added one after the other, as every device does. */
function plainSum(tensors: readonly Tensor[]): number[] {
  const columns = tensors.map((tensor) => tensor.dataSync());
  return Array.from(columns[0], (_, i) => columns.reduce((sum, column) => Math.fround(sum + column[i]), 0));
}

describe.each(devices())('addN on %s', (device) => {
  useDevice(device);

  it.each(['float32', 'int32'] as const)('adds %s', (dtype) => {
    for (const size of [0, 1, 5, 16, 17, 33]) {
      for (const count of [1, 2, 3, 7]) {
        const make = (_: unknown, seed: number): Tensor =>
          cast(randomTensor([size], { seed, low: -9, high: 9 }), dtype);
        const tensors = Array.from({ length: count }, make);
        const expected = { shape: [size], dtype, values: plainSum(tensors) };
        expect(addN(tensors)).toBeCloseToTensor(expected, tolerance('exact'));
      }
    }
  });

  it('adds a tensor to itself', () => {
    const x = randomTensor([2, 3], { seed: 1 });
    expect(addN([x, x])).toBeCloseToTensor({ shape: [2, 3], dtype: 'float32', values: plainSum([x, x]) });
  });
});
