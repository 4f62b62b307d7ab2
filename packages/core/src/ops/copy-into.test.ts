// SPDX-License-Identifier: Apache-2.0
// Tests of copyInto on every device.

import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { clone, scalar, tensor1d, tensor2d, zeros } from '../tf.ts';
import { copyInto, plainCopyInto, writeElements } from './copy-into.ts';

describe.each(devices())('copyInto on %s', (device) => {
  useDevice(device);

  it.each([
    [[5], [3], [2]],
    [
      [4, 7],
      [2, 7],
      [1, 0],
    ],
    [
      [4, 7],
      [4, 3],
      [0, 4],
    ],
    [
      [2, 3, 9, 17],
      [2, 3, 1, 17],
      [0, 0, 8, 0],
    ],
    [
      [2, 3, 9, 17],
      [1, 2, 4, 16],
      [1, 1, 5, 1],
    ],
    [
      [3, 4],
      [0, 4],
      [3, 0],
    ],
    [
      [3, 4],
      [3, 0],
      [0, 4],
    ],
  ])('writes into %j what is %j at %j, and nothing else', (shape, part, begin) => {
    const target = randomTensor(shape, { seed: 1 });
    const source = randomTensor(part, { seed: 2 });
    const expected = plainCopyInto(target, source, begin);
    copyInto(target, source, begin);
    expect(target).toBeCloseToTensor(expected, tolerance('exact'));
  });

  it('writes integers and truths', () => {
    const counts = tensor1d([1, 2, 3], 'int32');
    copyInto(counts, tensor1d([-7], 'int32'), [1]);
    expect([...counts.dataSync()]).toEqual([1, -7, 3]);
    const truths = tensor1d([true, true, true], 'bool');
    copyInto(truths, tensor1d([false], 'bool'), [2]);
    expect([...truths.dataSync()]).toEqual([1, 1, 0]);
  });

  it('leaves a tensor alone that shared the memory', () => {
    const target = zeros([2, 2]);
    const snapshot = clone(target);
    copyInto(target, tensor2d([[1, 2]]), [1, 0]);
    expect([...snapshot.dataSync()]).toEqual([0, 0, 0, 0]);
    expect([...target.dataSync()]).toEqual([0, 0, 1, 2]);
  });

  it('refuses what does not fit', () => {
    const target = zeros([2, 3]);
    expect(() => copyInto(target, zeros([1, 3]), [2, 0])).toThrowCode('SHAPE', /at most 0 along axis 0.*\[1, 3\]/);
    expect(() => copyInto(target, zeros([3]), [0, 0])).toThrowCode('RANK');
    expect(() => copyInto(target, zeros([1, 3]), [0])).toThrowCode('ARGUMENT', /one index for each of the 2 axes/);
    expect(() => copyInto(target, zeros([1, 3]), [-1, 0])).toThrowCode('ARGUMENT');
    expect(() => copyInto(target, zeros([1, 3], 'int32'), [0, 0])).toThrowCode('DTYPE');
    expect(() => copyInto(target, target, [0, 0])).toThrowCode('ARGUMENT', /another tensor/);
    expect(() => copyInto(scalar(1), scalar(2), [])).toThrowCode('RANK');
    expect([...target.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('writes elements in row-major order, of a scalar too', () => {
    const target = zeros([2, 3]);
    writeElements(target, Float32Array.of(5, 6), 2);
    expect([...target.dataSync()]).toEqual([0, 0, 5, 6, 0, 0]);
    const single = scalar(1);
    writeElements(single, Float32Array.of(9), 0);
    expect(single.dataSync()[0]).toBe(9);
  });
});
