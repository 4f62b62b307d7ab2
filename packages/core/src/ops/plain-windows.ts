// SPDX-License-Identifier: Apache-2.0
// Windows from tfjs' operations: what the plain formulas of the poolings are made of.

import type { Windows } from '../backend/definitions/windows.ts';
import { type Tensor, concat, gather, pad, slice } from '../tf.ts';
import { type PoolKernel, adaptiveWindows, poolWindows } from './pool-windows.ts';
import type { PerAxis } from './spatial.ts';

/** The numbers of the axes that `x` has. */
function ofAxes(list: readonly number[], axes: number): readonly number[] {
  return list.slice(list.length - axes);
}

/**
 * For each position of a kernel, the values of `x` under it: a tensor of the result's shape.
 *
 * @param padding  the value of the padding
 * @param beyond   the value of what a last window may cover behind it
 */
export function overWindows(x: Tensor, kernel: PoolKernel, padding: number, beyond: number = padding): Tensor[] {
  const { kernelSize, stride, dilation } = kernel;
  const axes = kernelSize.length;
  const windows: Windows = poolWindows('overWindows', x, kernel);
  const outSize = ofAxes(windows.outSize, axes);
  const after = outSize.map((count, axis) => {
    const reach = (count - 1) * stride[axis] + (kernelSize[axis] - 1) * dilation[axis] + 1;
    return Math.max(0, reach - x.shape[axis + 1] - 2 * kernel.padding[axis]);
  });
  const padded = pad(
    x,
    [0, ...kernel.padding, 0].map((width): [number, number] => [width, width]),
    padding,
  );
  let parts = [
    pad(
      padded,
      [0, ...after, 0].map((width): [number, number] => [0, width]),
      beyond,
    ),
  ];
  for (let axis = 0; axis < axes; axis++) {
    const along = Array.from({ length: kernelSize[axis] }, (_, k) =>
      Array.from({ length: outSize[axis] }, (_, o) => o * stride[axis] + k * dilation[axis]),
    );
    parts = parts.flatMap((part) => along.map((positions) => gather(part, positions, axis + 1)));
  }
  return parts;
}

/** One spatial axis after the other: `reduce` over each of the windows that divide it evenly. */
export function plainAdaptive(x: Tensor, size: PerAxis, reduce: (values: Tensor, axis: number) => Tensor): Tensor {
  const axes = x.shape.length - 2;
  const outSize = ofAxes(adaptiveWindows('plainAdaptive', axes, x, size).outSize, axes);
  return outSize.reduce((values, count, spatial) => {
    const axis = spatial + 1;
    const length = values.shape[axis];
    const parts = Array.from({ length: count }, (_, o) => {
      const begin = values.shape.map(() => 0);
      const sizes = [...values.shape];
      begin[axis] = Math.floor((o * length) / count);
      sizes[axis] = Math.ceil(((o + 1) * length) / count) - begin[axis];
      return reduce(slice(values, begin, sizes), axis);
    });
    return concat(parts, axis);
  }, x);
}
