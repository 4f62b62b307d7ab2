// SPDX-License-Identifier: Apache-2.0
// The windows that tfjs computes for a call of its convolutions and poolings, in our words.

import type { backend_util } from '../../tf.ts';
import type { Windows } from './windows.ts';

type TfjsWindows = Omit<Windows, 'adaptive'>;

/** Of images. */
export function imageWindows(info: backend_util.Conv2DInfo): TfjsWindows {
  return {
    inSize: [1, info.inHeight, info.inWidth],
    outSize: [1, info.outHeight, info.outWidth],
    kernelSize: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    padding: [0, info.padInfo.top, info.padInfo.left],
    dilation: [1, info.dilationHeight, info.dilationWidth],
  };
}

/** Of volumes. */
export function volumeWindows(info: backend_util.Conv3DInfo): TfjsWindows {
  return {
    inSize: [info.inDepth, info.inHeight, info.inWidth],
    outSize: [info.outDepth, info.outHeight, info.outWidth],
    kernelSize: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    padding: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
    dilation: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
  };
}
