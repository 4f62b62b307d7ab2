// SPDX-License-Identifier: Apache-2.0
// Conversions between dtypes, on every device.

import { devices, tolerance, useDevice } from '@nabla/testing';

import { type DataType, cast, complex, tensor1d } from '../../tf.ts';

/** Small numbers around the lanes of every CPU target, then those that overflow int32 or are none. */
const NUMBERS = [
  ...Array.from({ length: 33 }, (_, i) => (i - 16) / 4),
  ...[NaN, Infinity, -Infinity, -0, 0.999, -0.999, 2147483520, -2147483648, 2147483648, 4294967296, 3e9, -3e9, 1e30],
];

const array = (dtype: DataType, values: ArrayLike<number>): Float32Array | Int32Array | Uint8Array => {
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values, (x) => Number(x !== 0));
};

const DTYPES: readonly DataType[] = ['float32', 'int32', 'bool'];

describe.each(devices())('cast on %s', (device) => {
  useDevice(device);

  it.each(DTYPES.flatMap((from) => DTYPES.map((to) => [from, to] as const)))('turns %s into %s', (from, to) => {
    const x = array(from, NUMBERS);
    expect(cast(tensor1d(x, from as 'float32'), to)).toBeCloseToTensor(array(to, x), tolerance('exact'));
  });

  it('takes the real part of a complex number', () => {
    const z = complex(tensor1d([1.5, 0]), tensor1d([2, 3]));
    expect(cast(z, 'float32')).toBeCloseToTensor(Float32Array.of(1.5, 0), tolerance('exact'));
    expect(cast(z, 'bool')).toBeCloseToTensor(Uint8Array.of(1, 0), tolerance('exact'));
  });

  it('makes a complex number of a real one', () => {
    expect([...cast(tensor1d([1, 2], 'int32'), 'complex64').dataSync()]).toEqual([1, 0, 2, 0]);
  });
});
