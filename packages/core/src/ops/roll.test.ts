// SPDX-License-Identifier: Apache-2.0
// Tests of roll and repeatInterleave; golden values stand in tensor-ops.test.ts.

import { checkGradient, devices, useDevice } from '@nabla/testing';
import { ones, tensor1d, zeros } from '../tf.ts';
import { repeatInterleave, roll } from './roll.ts';

describe.each(devices())('roll and repeatInterleave on %s', (device) => {
  useDevice(device);

  it('keep the dtype', () => {
    const x = tensor1d([1, 2, 3], 'int32');
    expect([roll(x, -1).dtype, roll(x, -1).arraySync()]).toEqual(['int32', [2, 3, 1]]);
    expect(repeatInterleave(x, [0, 2, 1]).arraySync()).toEqual([2, 2, 3]);
    expect(roll(x, 3).arraySync()).toEqual([1, 2, 3]);
  });

  it('have gradients', () => {
    checkGradient((x) => roll(x, [1, -2], [0, -1]), [[3, 4]], { seed: 1 });
    checkGradient((x) => repeatInterleave(x, [2, 0, 1, 1], -1), [[3, 4]], { seed: 1 });
  });

  it('take empty tensors', () => {
    expect(roll(zeros([0, 2]), 1).shape).toEqual([0, 2]);
    expect(repeatInterleave(zeros([0, 2]), 3).shape).toEqual([0, 2]);
    expect(repeatInterleave(ones([2]), 0).shape).toEqual([0]);
  });

  it('refuse axes and numbers that do not fit', () => {
    expect(() => roll(ones([2]), 1, 1)).toThrowCode('AXIS');
    expect(() => roll(ones([2, 2]), [1, 1], [0, -2])).toThrowCode('AXIS');
    expect(() => roll(ones([2, 2]), 1, [0, 1])).toThrowCode('ARGUMENT', /shift to have 2 numbers/);
    expect(() => roll(ones([2]), 0.5)).toThrowCode('ARGUMENT', /shift/);
    expect(() => repeatInterleave(ones([2]), [1])).toThrowCode('ARGUMENT', /times to have 2 numbers/);
    expect(() => repeatInterleave(ones([2]), -1)).toThrowCode('ARGUMENT', /times/);
    expect(() => repeatInterleave(ones([2]), 1, 1)).toThrowCode('AXIS');
  });
});
