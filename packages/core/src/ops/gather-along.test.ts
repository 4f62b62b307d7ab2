// SPDX-License-Identifier: Apache-2.0
// Tests of reading and adding by position; golden values stand in tensor-ops.test.ts.

import { checkGradient, devices, useDevice } from '@nabla/testing';
import { ones, tensor1d, tensor2d, tensor3d, transpose, zeros } from '../tf.ts';
import { gatherAlong, scatterAdd } from './gather-along.ts';

describe.each(devices())('gatherAlong and scatterAdd on %s', (device) => {
  useDevice(device);

  it('keep the dtype of what is read', () => {
    const flags = tensor1d([true, false], 'bool');
    expect(gatherAlong(flags, tensor1d([1, 0, 0], 'int32')).dtype).toBe('bool');
    const text = gatherAlong(tensor1d([7, 8, 9], 'int32'), tensor1d([2], 'int32'));
    expect([text.dtype, text.arraySync()]).toEqual(['int32', [9]]);
  });

  it('have gradients along a middle axis, with positions that repeat', () => {
    const positions = tensor3d([[[1, 0], [1, 1]], [[0, 2], [2, 2]]], undefined, 'int32'); // prettier-ignore
    checkGradient((x) => gatherAlong(x, positions, 1), [[2, 3, 2]], { seed: 1 });
    checkGradient((x, values) => scatterAdd(x, positions, values, 1), [[2, 3, 2], [2, 2, 2]], { seed: 1 }); // prettier-ignore
  });

  it('take no positions', () => {
    expect(gatherAlong(ones([2, 3]), zeros([2, 0], 'int32')).shape).toEqual([2, 0]);
    expect(scatterAdd(ones([2, 2]), zeros([2, 0], 'int32'), zeros([2, 0]))).toBeCloseToTensor(ones([2, 2]));
  });

  it.each([4, -1])('refuse position %i, which would be of another row', (position) => {
    const [x, positions] = [ones([2, 3]), tensor2d([[0], [position]], undefined, 'int32')];
    for (const axis of [-1, 0]) {
      const along = axis === 0 ? transpose(positions) : positions;
      const from = axis === 0 ? transpose(x) : x;
      expect(() => gatherAlong(from, along, axis)).toThrowCode(
        'DATA',
        /gatherAlong: expected positions to be from 0 to 2/,
      );
      expect(() => scatterAdd(from, along, ones(along.shape), axis)).toThrowCode(
        'DATA',
        new RegExp(`${position} at 1 of 2`),
      );
    }
  });

  it('refuse other shapes, types and axes', () => {
    const [x, positions] = [ones([2, 3]), tensor2d([[0], [1]], undefined, 'int32')];
    expect(() => gatherAlong(x, positions, 0)).toThrowCode('SHAPE', /positions of shape \[count, 3\]/);
    expect(() => gatherAlong(x, ones([2, 1]))).toThrowCode('DTYPE', /positions of dtype int32/);
    expect(() => gatherAlong(x, positions, 2)).toThrowCode('AXIS');
    expect(() => scatterAdd(x, positions, ones([2, 2]))).toThrowCode('SHAPE', /values of shape \[2, 1\]/);
    expect(() => scatterAdd(ones([2, 3], 'int32'), positions, ones([2, 1]))).toThrowCode('DTYPE', /x of dtype/);
    expect(() => scatterAdd(x, positions, ones([2, 1]), 2)).toThrowCode('AXIS');
  });
});
