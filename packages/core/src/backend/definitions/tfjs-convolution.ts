// SPDX-License-Identifier: Apache-2.0
// What tfjs' own convolutions are told, in our words. Their filters are `[...kernel, inChannels, outChannels]`, depthwise
// `[height, width, channels, outputs of a channel]`; their activations have the channels last unless they say otherwise.

import type { Shape } from '../../shape.ts';
import { backend_util } from '../../tf.ts';
import type { ConvolutionAttributes } from './patches.ts';
import { imageWindows, volumeWindows } from './tfjs-windows.ts';

/** The attributes of all of tfjs' convolutions. */
export interface TfjsConvolutionAttributes {
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number | backend_util.ExplicitPadding;
  readonly dilations?: number | number[] | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW' | 'NDHWC' | 'NCDHW';
}

/** Which of the three families a kernel belongs to. */
export type TfjsConvolution = 'image' | 'depthwise' | 'volume';

/** Whether the channels of activations come before their positions. */
export function channelsFirst({ dataFormat }: TfjsConvolutionAttributes): boolean {
  return dataFormat === 'NCHW' || dataFormat === 'NCDHW';
}

/** The windows of a convolution of `x`, `[batch, ...spatial, channels]`, with `filter`; and its groups. */
export function tfjsWindows(
  kind: TfjsConvolution,
  x: Shape,
  filter: Shape,
  { strides, pad, dilations, dimRoundingMode }: TfjsConvolutionAttributes,
): ConvolutionAttributes {
  if (kind === 'volume') {
    const info = backend_util.computeConv3DInfo(
      x as [number, number, number, number, number],
      filter as [number, number, number, number, number],
      strides as [number, number, number],
      (dilations ?? 1) as [number, number, number],
      pad as 'valid' | 'same',
    );
    return { ...volumeWindows(info), groups: 1 };
  }
  const info = backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides as [number, number],
    (dilations ?? 1) as [number, number],
    pad,
    dimRoundingMode,
    kind === 'depthwise',
  );
  return { ...imageWindows(info), groups: kind === 'depthwise' ? filter[2] : 1 };
}
