// SPDX-License-Identifier: Apache-2.0
// Tests of reshape: what is recorded and what is not give the same, and share the memory.

import { checkGradient, devices, randomTensor, useDevice } from '@nabla/testing';

import { noGrad } from '../autodiff.ts';
import { memory, scope } from '../memory.ts';
import { backend, mul, tensor, tensor1d } from '../tf.ts';
import { reshape } from './reshape.ts';

describe.each(devices())('reshape on %s', (device) => {
  useDevice(device);

  it('gives the elements another shape, of any dtype, and finds the length of an axis', () => {
    const x = tensor1d([1, 2, 3, 4, 5, 6], 'int32');
    expect(reshape(x, [2, 3]).arraySync()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(reshape(x, [3, -1]).shape).toEqual([3, 2]);
    expect(reshape(tensor(['a', 'b']), [2, 1]).arraySync()).toEqual([['a'], ['b']]);
    expect(reshape([1, 2], [2, 1]).shape).toEqual([2, 1]); // numbers too
    expect(reshape(randomTensor([0, 3], { seed: 1 }), [3, 0]).shape).toEqual([3, 0]);
  });

  it('shares the memory, which lives as long as one of the two', () => {
    const { bytes } = memory();
    const x = randomTensor([4], { seed: 1 });
    const y = noGrad(() => reshape(x, [2, 2]));
    expect(y.dataId).toBe(x.dataId);
    expect(backend().refCount(x.dataId)).toBe(2);
    const values = [...x.dataSync()];
    x.dispose();
    expect([...y.dataSync()]).toEqual(values);
    y.dispose();
    expect(memory().bytes).toBe(bytes);
  });

  it('is freed with its scope', () => {
    const x = randomTensor([4], { seed: 1 });
    const { tensors } = memory();
    scope(() => void noGrad(() => reshape(x, [2, 2])));
    expect(memory().tensors).toBe(tensors);
  });

  it('has a gradient', () => {
    checkGradient((x) => mul(reshape(x, [3, 2]), reshape(x, [3, 2])), [[2, 3]], { seed: 2 });
  });

  it('says how many elements do not fit', () => {
    const x = randomTensor([2, 3], { seed: 1 });
    for (const run of [(f: () => unknown) => f(), noGrad]) {
      expect(() => run(() => reshape(x, [4]))).toThrow(/6|\[2,\s?3\]/);
      expect(() => run(() => reshape(x, [-1, 4]))).toThrow();
    }
  });
});
