// SPDX-License-Identifier: Apache-2.0
// From the options of a pooling to its windows: defaults, checks and the size of the result, as PyTorch has them.

import type { Windows } from '../backend/definitions/windows.ts';
import { checkBoolean, checkOptions } from '../check.ts';
import { ArgumentError, ShapeError, formatShape } from '../errors.ts';
import type { Tensor } from '../tf.ts';
import { type PerAxis, checkSpatial, perAxis, spatialShape } from './spatial.ts';

/** What every pooling with a kernel may be told. */
export interface PoolOptions {
  /** Steps between windows; default: the kernel's size, so that windows do not overlap. */
  stride?: PerAxis;
  /** Positions added on both sides of each axis, at most half the kernel; default 0. */
  padding?: PerAxis;
  /** Whether a last window that reaches beyond the padded input is kept; default false. */
  ceilMode?: boolean;
}

/** The options of a pooling, checked, one number for each axis. */
export interface PoolKernel {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

/**
 * Checks kernel and options, whatever they will be applied to.
 *
 * @param allowed  names of the options that the op has
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 */
export function checkKernel(
  op: string,
  axes: number,
  kernelSize: PerAxis,
  options: PoolOptions & { dilation?: PerAxis },
  allowed: readonly string[],
): PoolKernel {
  checkOptions(op, options, allowed);
  const sizes = perAxis(op, 'kernelSize', kernelSize, axes, 1);
  const { stride = sizes, padding = 0, dilation = 1, ceilMode = false } = options;
  checkBoolean(op, 'ceilMode', ceilMode);
  const kernel = {
    kernelSize: sizes,
    stride: perAxis(op, 'stride', stride, axes, 1),
    padding: perAxis(op, 'padding', padding, axes, 0),
    dilation: perAxis(op, 'dilation', dilation, axes, 1),
    ceilMode,
  };
  kernel.padding.forEach((width, axis) => {
    if (width <= sizes[axis] / 2) return;
    const expected = `to be at most half of kernelSize ${formatShape(sizes)}`;
    throw new ArgumentError({ op, argument: 'padding', expected, received: formatShape(kernel.padding) });
  });
  return kernel;
}

/** The number of windows along an axis. */
function windowCount(length: number, kernel: PoolKernel, axis: number): number {
  const { kernelSize, stride, padding, dilation, ceilMode } = kernel;
  const room = length + 2 * padding[axis] - dilation[axis] * (kernelSize[axis] - 1) - 1;
  if (!ceilMode) return Math.floor(room / stride[axis]) + 1;
  const count = Math.ceil(room / stride[axis]) + 1;
  // a window that would begin in the padding behind the input is left out
  return (count - 1) * stride[axis] >= length + padding[axis] ? count - 1 : count;
}

/**
 * The windows of a pooling of `x`.
 *
 * @throws {DTypeError} `x` is not float32
 * @throws {ShapeError} `x` has another rank (code `RANK`), or the kernel is larger than the padded input (code `SHAPE`)
 */
export function poolWindows(op: string, x: Tensor, kernel: PoolKernel): Windows {
  checkSpatial(op, x, kernel.kernelSize.length);
  const inSize = spatialShape(x);
  const outSize = inSize.map((length, axis) => windowCount(length, kernel, axis));
  if (inSize.some((length, axis) => length === 0 || outSize[axis] < 1)) {
    const reach = kernel.kernelSize.map((size, axis) => kernel.dilation[axis] * (size - 1) + 1);
    const expected = 'that the kernel fits into';
    const hint = `The kernel covers ${formatShape(reach)} of the spatial axes, padded by ${formatShape(kernel.padding)}.`;
    throw new ShapeError({ op, argument: 'x', expected, received: x.shape, hint });
  }
  const { kernelSize, stride, padding, dilation } = kernel;
  return threeAxes({ inSize, outSize, kernelSize, stride, padding, dilation }, false);
}

/**
 * The windows that divide the spatial axes of `x` evenly: the one at `o` covers the positions from `⌊o · length / size⌋` to
 * `⌈(o + 1) · length / size⌉ - 1`.
 *
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `outSize` is not a positive integer, or a list of as many as there are spatial axes
 * @throws {ShapeError} `x` has another rank (code `RANK`) or an empty spatial axis (code `SHAPE`)
 */
export function adaptiveWindows(op: string, axes: number, x: Tensor, size: PerAxis): Windows {
  const outSize = perAxis(op, 'outputSize', size, axes, 1);
  checkSpatial(op, x, axes);
  const inSize = spatialShape(x);
  if (inSize.includes(0))
    throw new ShapeError({ op, argument: 'x', expected: 'without empty axes', received: x.shape });
  const ones = inSize.map(() => 1);
  const zeros = inSize.map(() => 0);
  return threeAxes({ inSize, outSize, kernelSize: ones, stride: ones, padding: zeros, dilation: ones }, true);
}

/** Puts axes of length 1 before the spatial ones until there are three. */
function threeAxes(lists: Omit<Windows, 'adaptive'>, adaptive: boolean): Windows {
  const fill = (list: readonly number[], value: number): number[] => [
    ...new Array<number>(3 - list.length).fill(value),
    ...list,
  ];
  return {
    inSize: fill(lists.inSize, 1),
    outSize: fill(lists.outSize, 1),
    kernelSize: fill(lists.kernelSize, 1),
    stride: fill(lists.stride, 1),
    padding: fill(lists.padding, 0),
    dilation: fill(lists.dilation, 1),
    adaptive,
  };
}
