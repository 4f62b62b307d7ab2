// SPDX-License-Identifier: Apache-2.0
// Tests of what our sum, mean, prod, all, any and transpose add to tfjs': axes that are looked at first, alike on every device.

import { checkGradient, devices, useDevice } from '@nabla/testing';
import { mul, ones, tensor2d, zeros } from '../tf.ts';
import { all, any, mean, prod, sum } from './reductions.ts';
import { transpose } from './transpose.ts';

describe.each(devices())('reductions on %s', (device) => {
  useDevice(device);

  it('take axes from the end, lists of numbers, and what is no tensor', () => {
    const x = tensor2d([
      [1, 2],
      [3, 5],
    ]);
    expect(sum(x, -1).arraySync()).toEqual([3, 8]);
    expect(sum(x).arraySync()).toBe(11);
    expect(sum(x, []).arraySync()).toEqual(x.arraySync());
    expect(mean(x, [0], true).arraySync()).toEqual([[2, 3.5]]);
    expect(prod([[1, 2], [3, 5]], 0).arraySync()).toEqual([3, 10]); // prettier-ignore
    expect(sum([true, false, true]).arraySync()).toBe(2);
    expect(all([[true, false]], 1).arraySync()).toEqual([0]);
    expect(any([[true, false]], 1).arraySync()).toEqual([1]);
  });

  it.each(Object.entries({ all, any, mean, prod, sum }))('%s refuses an axis that is named twice', (name, reduce) => {
    const x = zeros([2, 2], name.startsWith('a') ? 'bool' : 'float32');
    for (const axes of [[0, 0], [0, -2], 2])
      expect(() => reduce(x, axes)).toThrowCode('AXIS', new RegExp(`^${name}: expected axis`));
  });

  it('transpose puts axes in order, from the end too, and refuses what is no order', () => {
    expect(transpose(ones([2, 3, 4]), [-1, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(transpose([[1, 2], [3, 4]]).arraySync()).toEqual([[1, 3], [2, 4]]); // prettier-ignore
    checkGradient((x) => mul(transpose(x, [-1, 0]), transpose(x, [1, 0])), [[2, 3]], { seed: 1 });
    for (const axes of [[0, 0], [1, -1], [0], [0, 2]])
      expect(() => transpose(ones([2, 3]), axes)).toThrowCode('AXIS', /^transpose: expected ax[ei]s/);
  });
});
