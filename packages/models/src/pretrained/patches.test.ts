// SPDX-License-Identifier: Apache-2.0
// Tests of images as patches: stretched positions against PyTorch's numbers, and sizes that are refused.

import { scope, tensor2d, zeros } from '@nabla/core';
import { tolerance, useDevice } from '@nabla/testing';

import { checkImages, interpolatePositions, patchCount, patchGrid } from './patches.ts';

useDevice('js');

/** A feature and its double, so that features and positions cannot be mistaken for each other. */
const twofold = (values: readonly number[]): number[] => values.flatMap((value) => [value, -2 * value]);

// torch.nn.functional.interpolate(x, size, mode='bicubic', align_corners=False) of PyTorch 1.13
it.each([
  {
    from: [2, 3],
    to: [3, 5],
    values: [0, 1, 4, 9, 16, 25],
    expected: [
      -0.82725, -0.77383, -0.30208, 1.24967, 2.41508, 4.116, 5.62, 8.5, 12.46, 15.076, 9.05925, 12.01384, 17.30208,
      23.67033, 27.73692,
    ],
  },
  {
    from: [4, 4],
    to: [2, 3],
    values: [3, -1, 4, 1, -5, 9, 2, 6, -5, 3, 5, 8, 9, -7, 9, 3],
    expected: [-0.16967, 4.10644, 3.19528, 1.1743, 2.08106, 6.08713],
  },
] as const)('positions are stretched from $from to $to as PyTorch does', ({ from, to, values, expected }) => {
  scope(() => {
    const stretched = interpolatePositions(tensor2d(twofold(values), [from[0] * from[1], 2]), from, to);
    expect(stretched.shape).toEqual([to[0] * to[1], 2]);
    const found = stretched.dataSync();
    twofold(expected).forEach((value, i) => expect(found[i]).toBeCloseTo(value, 4)); // recorded with five digits
  });
});

it('positions of the same grid stay as they are', () => {
  scope(() => {
    const positions = tensor2d([1, 2, 3, 4, 5, 6], [6, 1]);
    expect(interpolatePositions(positions, [2, 3], [2, 3])).toBeCloseToTensor(positions, tolerance('exact'));
  });
});

const config = { image_size: [8, 12], patch_size: [4, 3], num_channels: 3 } as const;

it('what is left at the end of an image belongs to no patch', () => {
  expect(patchCount(config)).toBe(8);
  expect(patchGrid(config, [11, 14])).toEqual([2, 4]);
});

it('refuses images of another size or with channels elsewhere, and says what helps', () => {
  scope(() => {
    const check = (shape: number[], interpolate = false) => {
      return () => checkImages('ViTModel', zeros(shape), config, { interpolatePositions: interpolate });
    };
    expect(check([1, 12, 8, 3])).toThrowCode(
      'SHAPE',
      /\[batch, 8, 12, 3\], received \[1, 12, 8, 3\].*interpolatePositions/,
    );
    expect(check([1, 3, 8, 12])).toThrowCode('SHAPE', /Channels are the last axis/);
    expect(check([8, 12, 3])).toThrowCode('RANK');
    expect(check([1, 12, 8, 3], true)()).toEqual([3, 2]);
    expect(check([1, 3, 8, 3], true)).toThrowCode('SHAPE', /\[batch, >= 4, >= 3, 3\]/);
  });
});
