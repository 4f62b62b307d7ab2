// SPDX-License-Identifier: Apache-2.0
// Tests of `await tensor.data()`, which on a device that computes by itself does not wait for it.

import { devices, useDevice } from '@nabla/testing';

import { dispose } from '../memory.ts';
import { NativeError } from '../errors.ts';
import { backend, complex, fill, tensor1d } from '../tf.ts';
import type { NativeBackend } from './native-backend.ts';

describe.each(devices())('tensor.data() on %s', (device) => {
  useDevice(device);

  it('gives what the tensor was when it was asked, of any size, several at once', async () => {
    const lengths = [0, 1, 17, 100_000];
    const valuesOf = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i * 3);
    const tensors = lengths.map((length) => tensor1d(valuesOf(length), 'int32'));
    const reads = [...tensors, ...tensors].map((x) => x.data());
    dispose(tensors);
    const later = fill([100_000], 7); // may take the memory that they had
    expect(await Promise.all(reads)).toEqual([...lengths, ...lengths].map(valuesOf));
    expect(later.dataSync()[99_999]).toBe(7);
    later.dispose();
  });

  it('gives numbers of every type', async () => {
    const z = complex(tensor1d([1, 2]), tensor1d([3, 4]));
    expect([...(await z.data())]).toEqual([1, 3, 2, 4]);
    expect(await tensor1d([1.5, NaN]).data()).toEqual(Float32Array.of(1.5, NaN));
    expect(await tensor1d([true, false], 'bool').data()).toEqual(Uint8Array.of(1, 0));
    expect(await tensor1d(['ä', 'b']).data()).toEqual(['ä', 'b']);
  });

  if (device !== 'js') {
    it('tells what went wrong while others had their turn', async () => {
      const { addon } = backend() as NativeBackend;
      const failing = jest.spyOn(addon, 'readLater');
      failing.mockRejectedValueOnce(new Error('read: an illegal memory access'));
      await expect(tensor1d([1]).data()).rejects.toThrow(NativeError);
      failing.mockRestore();
      expect([...(await tensor1d([1]).data())]).toEqual([1]);
    });
  }
});
