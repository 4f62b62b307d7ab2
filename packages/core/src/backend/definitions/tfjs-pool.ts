// SPDX-License-Identifier: Apache-2.0
// What tfjs' own poolings are told, in our words.

import type { Shape } from '../../shape.ts';
import { backend_util } from '../../tf.ts';
import { imageWindows, volumeWindows } from './tfjs-windows.ts';
import type { Windows } from './windows.ts';

/** The attributes of tfjs' poolings of images and volumes. */
export interface TfjsPoolAttributes {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The windows of a call, whose result has `outSize` whatever the padding after the input; `shape` has the channels last. */
export function tfjsPoolWindows(shape: Shape, attributes: TfjsPoolAttributes): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  if (shape.length === 5) {
    const info = backend_util.computePool3DInfo(
      shape as [number, number, number, number, number],
      filterSize as [number, number, number],
      strides as [number, number, number],
      1,
      pad as 'valid' | 'same' | number,
      dimRoundingMode,
    );
    return { ...volumeWindows(info), adaptive: false };
  }
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize as [number, number],
    strides as [number, number],
    1,
    pad,
    dimRoundingMode,
  );
  return { ...imageWindows(info), adaptive: false };
}
