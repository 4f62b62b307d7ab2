// SPDX-License-Identifier: Apache-2.0
// The patches that the windows of a convolution cover, as a matrix that is never stored: where its elements lie in the
// input, how its rows and columns are packed, and how its gradient is added to the input's.

import { sizeOf } from '../../shape.ts';
import type { Pack } from './multiply.ts';
import type { Windows } from './windows.ts';

/**
 * The windows of a convolution, along depth, height and width, and the groups of channels that do not see each other.
 */
export interface ConvolutionAttributes extends Omit<Windows, 'adaptive'> {
  readonly groups: number;
}

/** The sizes that the loops need. */
export interface ConvolutionSizes {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inPlane: number; // positions of an image
  readonly outPlane: number;
  readonly taps: number; // elements of the kernel
  readonly ins: number; // channels of one group
  readonly outs: number;
  readonly patch: number; // ins * taps
  /** `[outPlane, taps]`: the position of the input that each element of the kernel meets, -1 outside. */
  readonly positions: Int32Array;
}

export function sizesOf(
  attributes: ConvolutionAttributes,
  batch: number,
  inChannels: number,
  outChannels: number,
): ConvolutionSizes {
  const { inSize, outSize, kernelSize, groups } = attributes;
  const [ins, outs, taps] = [inChannels / groups, outChannels / groups, sizeOf(kernelSize)];
  const [inPlane, outPlane] = [sizeOf(inSize), sizeOf(outSize)];
  const positions = positionsOf(attributes);
  return { batch, inChannels, outChannels, inPlane, outPlane, taps, ins, outs, patch: ins * taps, positions };
}

function positionsOf({ inSize, outSize, kernelSize, stride, padding, dilation }: ConvolutionAttributes): Int32Array {
  const along = [0, 1, 2].map((axis): Meetings => {
    const [outs, taps] = [outSize[axis], kernelSize[axis]];
    const positions = Int32Array.from({ length: outs * taps }, (_, i) => {
      const t = Math.floor(i / taps) * stride[axis] - padding[axis] + (i % taps) * dilation[axis];
      return t < inSize[axis] ? Math.max(t, -1) : -1;
    });
    return { outs, taps, positions, length: inSize[axis] };
  });
  return along.reduce(combined).positions;
}

/** Where the elements of a kernel meet an axis, or several as one: `[outs, taps]` of positions, -1 outside. */
interface Meetings {
  readonly outs: number;
  readonly taps: number;
  readonly positions: Int32Array;
  readonly length: number;
}

/** Two axes as one, in the order of memory. */
function combined(outer: Meetings, inner: Meetings): Meetings {
  const [outs, taps] = [outer.outs * inner.outs, outer.taps * inner.taps];
  const positions = new Int32Array(outs * taps);
  for (let o = 0, next = 0; o < outs; o++) {
    const outerRow = Math.floor(o / inner.outs) * outer.taps;
    const innerRow = (o % inner.outs) * inner.taps;
    for (let k = 0; k < outer.taps; k++) {
      const start = outer.positions[outerRow + k];
      for (let l = 0; l < inner.taps; l++, next++) {
        const position = inner.positions[innerRow + l];
        positions[next] = start < 0 || position < 0 ? -1 : start * inner.length + position;
      }
    }
  }
  return { outs, taps, positions, length: outer.length * inner.length };
}

/**
 * The matrix `patches [batch * outPlane, ci * taps + tap]` of one group, what the window at each output position
 * covers, 0 outside the input. It exists only in packed form: this packs its rows.
 */
export function packPatches(input: Float32Array, group: number, sizes: ConvolutionSizes): Pack {
  const { batch, inChannels, inPlane, outPlane, taps, ins, positions } = sizes;
  return (first, width, panel, start) => {
    const count = Math.min(width, batch * outPlane - first);
    for (let r = 0; r < count; r++) {
      const image = Math.floor((first + r) / outPlane);
      const o = (first + r) % outPlane;
      const origin = image * inPlane * inChannels + group * ins;
      const end = (o + 1) * taps;
      let to = start + r;
      for (let ci = 0; ci < ins; ci++) {
        for (let tap = o * taps; tap < end; tap++, to += width) {
          const position = positions[tap];
          panel[to] = position < 0 ? 0 : input[origin + ci + position * inChannels];
        }
      }
    }
  };
}

/** Packs columns of one image's patches: what one channel at one element of the kernel is at every output position. */
export function packPatchColumns(input: Float32Array, image: number, group: number, sizes: ConvolutionSizes): Pack {
  const { inChannels, inPlane, outPlane, taps, ins, patch, positions } = sizes;
  return (first, width, panel, start) => {
    const count = Math.min(width, patch - first);
    for (let r = 0; r < count; r++) {
      const [ci, tap] = [Math.floor((first + r) / taps), (first + r) % taps];
      const origin = image * inPlane * inChannels + group * ins + ci;
      let to = start + r;
      for (let o = 0; o < outPlane; o++, to += width) {
        const position = positions[o * taps + tap];
        panel[to] = position < 0 ? 0 : input[origin + position * inChannels];
      }
    }
  };
}

/**
 * Adds the gradients of the patches `[outPlane, ci * taps + tap]` of one image and group to the positions that they
 * cover.
 */
export function addPatches(
  gradPatches: Float32Array,
  gradX: Float32Array,
  image: number,
  group: number,
  sizes: ConvolutionSizes,
): void {
  const { inChannels, inPlane, outPlane, taps, ins, patch, positions } = sizes;
  for (let o = 0; o < outPlane; o++) {
    for (let tap = 0; tap < taps; tap++) {
      const position = positions[o * taps + tap];
      if (position < 0) continue;
      const to = (image * inPlane + position) * inChannels + group * ins;
      let from = o * patch + tap;
      for (let ci = 0; ci < ins; ci++, from += taps) gradX[to + ci] += gradPatches[from];
    }
  }
}
