// SPDX-License-Identifier: Apache-2.0
// Tests of indexCopyInto on every device.

import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { clone, tensor1d, tensor2d, zeros } from '../tf.ts';
import { indexCopyInto, plainIndexCopyInto } from './index-copy-into.ts';

describe.each(devices())('indexCopyInto on %s', (device) => {
  useDevice(device);

  it.each([
    [[5], 0, [3]],
    [[5, 7], 0, [4, 0, 2]],
    [[5, 7], 0, [4, 0, 4, 0]],
    [[5, 7], 1, [6, 5]],
    [[2, 3, 9, 17], 2, [8]],
    [[2, 3, 9, 16], 3, [0, 15, 7, 8]],
    [[3, 4], 1, []],
    [[0, 4], 1, [3]],
  ])('writes into %j along axis %i at %j, and nothing else', (shape, axis, places) => {
    const target = randomTensor(shape, { seed: 1 });
    const source = randomTensor(shape.with(axis, places.length), { seed: 2 });
    const positions = tensor1d(places, 'int32');
    const expected = places.length === 0 ? clone(target) : plainIndexCopyInto(target, source, axis, positions);
    indexCopyInto(target, source, axis, positions);
    expect(target).toBeCloseToTensor(expected, tolerance('exact'));
  });

  it('writes integers', () => {
    const counts = tensor1d([1, 2, 3], 'int32');
    indexCopyInto(counts, tensor1d([-7], 'int32'), 0, tensor1d([1], 'int32'));
    expect([...counts.dataSync()]).toEqual([1, -7, 3]);
  });

  it('leaves a tensor alone that shared the memory', () => {
    const target = zeros([2, 2]);
    const snapshot = clone(target);
    indexCopyInto(target, tensor2d([[1, 2]]), 0, tensor1d([1], 'int32'));
    expect([...snapshot.dataSync()]).toEqual([0, 0, 0, 0]);
    expect([...target.dataSync()]).toEqual([0, 0, 1, 2]);
  });

  it('refuses what does not fit, and then has written nothing', () => {
    const target = zeros([2, 3]);
    const at = (...places: number[]) => tensor1d(places, 'int32');
    const row = tensor2d([[1, 2, 3]]);
    expect(() => indexCopyInto(target, row, 0, at(2))).toThrowCode('DATA', /positions from 0 to 1, received 2 at 0/);
    expect(() => indexCopyInto(target, zeros([2, 3]), 0, at(1, -1))).toThrowCode('DATA', /-1 at 1/);
    expect(() => indexCopyInto(target, row, 0, at(0, 1))).toThrowCode('SHAPE', /2 positions along axis 0/);
    expect(() => indexCopyInto(target, row, 2, at(0))).toThrowCode('ARGUMENT', /axis/);
    expect(() => indexCopyInto(target, zeros([1, 3], 'int32'), 0, at(0))).toThrowCode('DTYPE');
    expect(() => indexCopyInto(target, row, 0, tensor1d([0]))).toThrowCode('DTYPE', /positions/);
    expect(() => indexCopyInto(target, target, 0, at(0, 1))).toThrowCode('ARGUMENT', /another tensor/);
    expect([...target.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
