// SPDX-License-Identifier: Apache-2.0
// Tests of blocks of tensors and of margins around them: positions from the end, and what is refused.

import { devices, tolerance, useDevice } from '@nabla/testing';

import { type Tensor, ones, range, reshape, scalar } from '../tf.ts';
import { pad } from './pad.ts';
import { slice } from './slice.ts';

const exact = tolerance('exact');

describe.each(devices())('slice and pad on %s', (device) => {
  useDevice(device);
  const x = (): Tensor => reshape(range(0, 12), [3, 4]);

  it.each<[number | number[], number | number[] | undefined, number[][]]>([
    [
      1,
      undefined,
      [
        [4, 5, 6, 7],
        [8, 9, 10, 11],
      ],
    ],
    [-1, undefined, [[8, 9, 10, 11]]],
    [[-2, -3], [1, 2], [[5, 6]]],
    [
      [0, 2],
      [-1, 1],
      [[2], [6], [10]],
    ],
    [
      [-3, -4],
      -1,
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
      ],
    ],
  ])('slices from %j, size %j', (begin, size, values) => {
    expect(slice(x(), begin, size)).toBeCloseToTensor(values, exact);
  });

  it('slices nothing at the end', () => expect(slice(x(), [3, 4]).shape).toEqual([0, 0]));

  it('refuses blocks that reach over the ends', () => {
    expect(() => slice(x(), -4)).toThrowCode(
      'ARGUMENT',
      /^slice: expected begin of axis 0 to be an integer >= -3 and <= 3/,
    );
    expect(() => slice(x(), [0, 3], [1, 2])).toThrowCode('ARGUMENT', /size of axis 1 .* <= 1, received 2/);
    expect(() => slice(x(), [0, 0, 0])).toThrowCode('ARGUMENT', /begin to be an integer, or a list of at most 2/);
    expect(() => slice(x(), 0.5)).toThrowCode('ARGUMENT', /begin of axis 0/);
    expect(() => slice(x(), 0, '1' as never)).toThrowCode('ARGUMENT', /size .* received "1"/);
    expect(() => slice(scalar(1), 0)).toThrowCode('ARGUMENT', /at most 0/);
    expect(() => slice([1, 2] as never, 0)).toThrowCode('TENSOR');
  });

  it('pads each axis', () => {
    expect(pad(ones([2]), [[1, 2]])).toBeCloseToTensor([0, 1, 1, 0, 0], exact);
    expect([...pad(ones([1]), [[1, 0]], -Infinity).dataSync()]).toEqual([-Infinity, 1]);
    expect(
      pad(
        ones([1, 1]),
        [
          [0, 1],
          [1, 0],
        ],
        -1,
      ),
    ).toBeCloseToTensor(
      [
        [-1, 1],
        [-1, -1],
      ],
      exact,
    );
  });

  it('refuses margins that are no pairs of integers, one for each axis', () => {
    expect(() => pad(ones([2]), [[1]] as never)).toThrowCode(
      'ARGUMENT',
      /^pad: expected paddings to be a list of 1 pairs \[before, after\], received \[\[1\]\]/,
    );
    expect(() => pad(ones([2, 2]), [[1, 1]])).toThrowCode('ARGUMENT', /a list of 2 pairs/);
    expect(() => pad(ones([2]), [[-1, 1]])).toThrowCode('ARGUMENT', /paddings\[0\] to be an integer >= 0, received -1/);
    expect(() => pad(ones([2]), 1 as never)).toThrowCode('ARGUMENT', /received 1/);
    expect(() => pad(scalar(1), [])).toThrowCode('ARGUMENT', /a tensor with axes/);
  });
});
