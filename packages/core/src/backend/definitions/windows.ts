// SPDX-License-Identifier: Apache-2.0
// Which elements of a plane a pooling window covers: arithmetic on positions, shared by ops and definitions.

import type { Shape } from '../../shape.ts';

/** The windows of a pooling along depth, height and width: three numbers each, for an axis that x lacks those of length 1. */
export interface Windows {
  readonly inSize: readonly number[];
  readonly outSize: readonly number[];
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  /** Whether the windows divide the axis evenly, whatever kernel, stride, padding and dilation say. */
  readonly adaptive: boolean;
}

/** One window along one axis: its positions inside the input, and how many it has with those in the padding. */
interface Window {
  readonly positions: readonly number[];
  readonly withPadding: number;
}

function windowAt(windows: Windows, axis: number, o: number): Window {
  const length = windows.inSize[axis];
  if (windows.adaptive) {
    const first = Math.floor((o * length) / windows.outSize[axis]);
    const end = Math.ceil(((o + 1) * length) / windows.outSize[axis]);
    const positions = Array.from({ length: end - first }, (_, k) => first + k);
    return { positions, withPadding: positions.length };
  }
  const [size, padding] = [windows.kernelSize[axis], windows.padding[axis]];
  const start = o * windows.stride[axis] - padding;
  const all = Array.from({ length: size }, (_, k) => start + k * windows.dilation[axis]);
  return {
    positions: all.filter((position) => position >= 0 && position < length),
    withPadding: Math.min(start + size, length + padding) - start, // a last window may reach beyond the padding
  };
}

/** For each output position of a plane: the flat positions of the input that its window covers, ascending. */
export interface Coverage {
  readonly positions: readonly number[];
  readonly withPadding: number;
}

/** The windows of one plane, for its output positions in order. */
export function coverages(windows: Windows): Coverage[] {
  const [, height, width] = windows.inSize;
  const along = [0, 1, 2].map((axis) =>
    Array.from({ length: windows.outSize[axis] }, (_, o) => windowAt(windows, axis, o)),
  );
  return along[0].flatMap((depths) =>
    along[1].flatMap((rows) =>
      along[2].map((columns) => ({
        positions: depths.positions.flatMap((z) =>
          rows.positions.flatMap((y) => columns.positions.map((x) => (z * height + y) * width + x)),
        ),
        withPadding: depths.withPadding * rows.withPadding * columns.withPadding,
      })),
    ),
  );
}

/** `[batch, ...spatial, channels]` with other lengths of the spatial axes: the last ones of depth, height and width. */
export function withSpatial(shape: Shape, sizes: readonly number[]): number[] {
  const axes = shape.length - 2;
  return [shape[0], ...sizes.slice(sizes.length - axes), shape[shape.length - 1]];
}
