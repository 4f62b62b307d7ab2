// SPDX-License-Identifier: Apache-2.0
// Tests of findBadIndex on every device.

import { devices, useDevice } from '@nabla/testing';

import { scalar, tensor1d, tensor2d, zeros } from '../tf.ts';
import { findBadIndex } from './find-bad-index.ts';

describe.each(devices())('findBadIndex on %s', (device) => {
  useDevice(device);

  it('finds the first one', () => {
    const indices = tensor2d([[0, 3, 1], [4, -1, 2]], [2, 3], 'int32'); // prettier-ignore
    expect(findBadIndex(indices, 5)).toEqual({ index: -1, position: 4 });
    expect(findBadIndex(indices, 4)).toEqual({ index: 4, position: 3 });
    expect(findBadIndex(indices, 0)).toEqual({ index: 0, position: 0 });
  });

  it('finds none where all are in range', () => {
    expect(findBadIndex(tensor1d([0, 3, 1], 'int32'), 4)).toBeUndefined();
    expect(findBadIndex(scalar(0, 'int32'), 1)).toBeUndefined();
    expect(findBadIndex(zeros([0], 'int32'), 0)).toBeUndefined();
  });

  it.each([-100, -1, 4, 255])('takes %i for one in range where it is ignored', (ignored) => {
    const indices = tensor1d([0, ignored, 3], 'int32');
    expect(findBadIndex(indices, 4, { ignored })).toBeUndefined();
    expect(findBadIndex(indices, 3, { ignored })).toEqual({ index: 3, position: 2 });
    expect(findBadIndex(tensor1d([0, ignored, -7], 'int32'), 4, { ignored })).toEqual({ index: -7, position: 2 });
    expect(findBadIndex(tensor1d([ignored - 1, ignored], 'int32'), 0, { ignored })?.position).toBe(0);
  });

  it('refuses what is no int32, and bounds that are no integers', () => {
    expect(() => findBadIndex(zeros([2]), 1)).toThrowCode('DTYPE', /indices/);
    const indices = zeros([2], 'int32');
    expect(() => findBadIndex(indices, 0.5)).toThrowCode('ARGUMENT', /bound/);
    expect(() => findBadIndex(indices, 1, { ignored: 0.5 })).toThrowCode('ARGUMENT', /ignored/);
    expect(() => findBadIndex(indices, 1, { ignore: 0 } as object)).toThrowCode('OPTION', /ignored/);
  });
});
