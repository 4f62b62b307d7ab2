// SPDX-License-Identifier: Apache-2.0
// Tests of the picture of attention: red where most was looked at, the image beneath.

import { attentionPicture } from './attention-map.ts';

const grey = { height: 2, width: 2, channels: 1, pixels: Float32Array.of(0.5, 0.5, 0.5, 0.5) };

it('is red at the position that is looked at, and grey away from it', () => {
  const { height, width, channels, pixels } = attentionPicture(grey, [1, 0, 0, 0], 2);
  expect([height, width, channels]).toEqual([20, 20, 3]);
  const at = (row: number, column: number): number[] =>
    [...pixels.subarray((row * width + column) * 3, (row * width + column) * 3 + 3)].map((value) =>
      Number(value.toFixed(3)),
    );
  expect(at(0, 0)).toEqual([1, 0.5, 0.25]);
  expect(at(19, 19)).toEqual([0.175, 0.175, 0.175]);
});

it('is the darkened image where nothing is looked at', () => {
  expect(new Set(attentionPicture(grey, [0, 0, 0, 0], 2).pixels)).toEqual(new Set([Math.fround(0.175)]));
});
