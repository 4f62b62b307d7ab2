// SPDX-License-Identifier: Apache-2.0
// Convolution with one input channel per group, in TypeScript: each channel is weighted and added on its own, so the
// loops run along the channels, which lie side by side in memory.

import type { ConvolutionSizes } from './patches.ts';

/** `[taps, outChannels]` of `[outChannels, taps]`. */
function channelsLast(weights: Float32Array, { outChannels, taps }: ConvolutionSizes): Float32Array {
  const turned = new Float32Array(weights.length);
  for (let channel = 0; channel < outChannels; channel++) {
    for (let tap = 0; tap < taps; tap++) turned[tap * outChannels + channel] = weights[channel * taps + tap];
  }
  return turned;
}

/** Which input channel each output channel sees: `outs` of them see the same one. */
function sources({ outChannels, outs }: ConvolutionSizes): Int32Array {
  return Int32Array.from({ length: outChannels }, (_, channel) => Math.floor(channel / outs));
}

/** Calls `meet` for every output position of every image and every element of the kernel that meets the input there. */
function eachMeeting(
  { batch, inChannels, outChannels, inPlane, outPlane, taps, positions }: ConvolutionSizes,
  meet: (inStart: number, outStart: number, tapStart: number) => void,
): void {
  for (let image = 0; image < batch; image++) {
    for (let o = 0; o < outPlane; o++) {
      for (let tap = 0; tap < taps; tap++) {
        const position = positions[o * taps + tap];
        if (position < 0) continue;
        meet((image * inPlane + position) * inChannels, (image * outPlane + o) * outChannels, tap * outChannels);
      }
    }
  }
}

/** `out[o, channel] = sum_tap x[position(o, tap), source(channel)] weight[channel, tap]` */
export function depthwise(x: Float32Array, weights: Float32Array, sizes: ConvolutionSizes): Float32Array {
  const { batch, outChannels, outPlane } = sizes;
  const [turned, source] = [channelsLast(weights, sizes), sources(sizes)];
  const out = new Float32Array(batch * outPlane * outChannels);
  eachMeeting(sizes, (from, to, tap) => {
    for (let c = 0; c < outChannels; c++) out[to + c] += x[from + source[c]] * turned[tap + c];
  });
  return out;
}

/** `gradX[position(o, tap), source(channel)] += gradOut[o, channel] weight[channel, tap]` */
export function depthwiseGradX(gradOut: Float32Array, weights: Float32Array, sizes: ConvolutionSizes): Float32Array {
  const { batch, inChannels, outChannels, inPlane } = sizes;
  const [turned, source] = [channelsLast(weights, sizes), sources(sizes)];
  const gradX = new Float32Array(batch * inPlane * inChannels);
  eachMeeting(sizes, (to, from, tap) => {
    for (let c = 0; c < outChannels; c++) gradX[to + source[c]] += gradOut[from + c] * turned[tap + c];
  });
  return gradX;
}

/**
 * `gradWeight[channel, tap] = sum_o gradOut[o, channel] x[position(o, tap), source(channel)]`, in float64: the sum is a
 * long one
 */
export function depthwiseGradWeight(gradOut: Float32Array, x: Float32Array, sizes: ConvolutionSizes): Float32Array {
  const { outChannels, taps } = sizes;
  const source = sources(sizes);
  const sums = new Float64Array(taps * outChannels);
  eachMeeting(sizes, (inStart, outStart, tap) => {
    for (let c = 0; c < outChannels; c++) sums[tap + c] += gradOut[outStart + c] * x[inStart + source[c]];
  });
  return Float32Array.from({ length: sums.length }, (_, i) => sums[(i % taps) * outChannels + Math.floor(i / taps)]);
}
