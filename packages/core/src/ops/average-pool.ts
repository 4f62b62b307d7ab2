// SPDX-License-Identifier: Apache-2.0
// Means over windows: checks, the plain formula, the fused kernel and its gradient.

import type { AveragePoolAttributes } from '../backend/definitions/pool.ts';
import { checkBoolean } from '../check.ts';
import { type Tensor, addN, div, mean, ones } from '../tf.ts';
import { overWindows, plainAdaptive } from './plain-windows.ts';
import { type PoolKernel, type PoolOptions, adaptiveWindows, checkKernel, poolWindows } from './pool-windows.ts';
import { defineGradient, runFused } from './run.ts';
import type { PerAxis } from './spatial.ts';

export interface AveragePoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count as elements of a window; default true. */
  countIncludePad?: boolean;
}

const OPTIONS = ['stride', 'padding', 'ceilMode', 'countIncludePad'];

function averagePool(op: string, axes: number, x: Tensor, kernelSize: PerAxis, options: AveragePoolOptions): Tensor {
  const kernel = checkAveragePool(op, axes, kernelSize, options);
  const { countIncludePad = true } = options;
  return runFused('NablaAveragePool', { x }, { ...poolWindows(op, x, kernel), countIncludePad });
}

/**
 * Checks kernel and options of a mean over windows, whatever they will be applied to.
 *
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 */
export function checkAveragePool(
  op: string,
  axes: number,
  kernelSize: PerAxis,
  options: AveragePoolOptions,
): PoolKernel {
  const kernel = checkKernel(op, axes, kernelSize, options, OPTIONS);
  checkBoolean(op, 'countIncludePad', options.countIncludePad ?? true);
  return kernel;
}

function adaptiveAveragePool(op: string, axes: number, x: Tensor, outputSize: PerAxis): Tensor {
  const windows = adaptiveWindows(op, axes, x, outputSize);
  return runFused('NablaAveragePool', { x }, { ...windows, countIncludePad: false });
}

/**
 * The mean of each window along one axis. See {@link averagePool2d}, which this is with one spatial axis.
 *
 * @param x           `[batch, length, channels]`, float32
 * @param kernelSize  of a window
 * @param options     `stride`, `padding`, `ceilMode`, `countIncludePad`, as in {@link averagePool2d}
 * @returns           `[batch, outLength, channels]`
 * @throws {ShapeError} `x` has another rank, or the kernel does not fit into it
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 * @example
 * averagePool1d(tensor3d([[[1], [3], [2], [5]]]), 2); // [[[2], [3.5]]]
 */
export function averagePool1d(x: Tensor, kernelSize: PerAxis, options: AveragePoolOptions = {}): Tensor {
  return averagePool('averagePool1d', 1, x, kernelSize, options);
}

/**
 * The mean of each window, for each channel: the sum over the positions that {@link maxPool2d} has without dilation, divided by
 * their number.
 *
 * @param x           `[batch, height, width, channels]`, float32
 * @param kernelSize  of a window: one number, or `[height, width]`
 * @param options     `stride`: default `kernelSize` · `padding`: zeros on both sides, default 0 · `ceilMode`: whether a last
 *                    window that reaches beyond the padded input is kept, default false · `countIncludePad`: whether the
 *                    number includes positions in the padding, default true; those beyond it never count
 * @returns           `[batch, outHeight, outWidth, channels]`
 * @throws {ShapeError} `x` has another rank, or the kernel does not fit into it
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 * @example
 * averagePool2d(tensor4d([[[[1], [2]], [[4], [3]]]]), 2); // [[[[2.5]]]]
 */
export function averagePool2d(x: Tensor, kernelSize: PerAxis, options: AveragePoolOptions = {}): Tensor {
  return averagePool('averagePool2d', 2, x, kernelSize, options);
}

/**
 * The mean of each window along three axes. See {@link averagePool2d}, which this is with three spatial axes.
 *
 * @param x           `[batch, depth, height, width, channels]`, float32
 * @param kernelSize  of a window: one number, or `[depth, height, width]`
 * @param options     `stride`, `padding`, `ceilMode`, `countIncludePad`, as in {@link averagePool2d}
 * @returns           `[batch, outDepth, outHeight, outWidth, channels]`
 * @throws {ShapeError} `x` has another rank, or the kernel does not fit into it
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 * @example
 * averagePool3d(ones([1, 4, 4, 4, 2]), 2).shape; // [1, 2, 2, 2, 2]
 */
export function averagePool3d(x: Tensor, kernelSize: PerAxis, options: AveragePoolOptions = {}): Tensor {
  return averagePool('averagePool3d', 3, x, kernelSize, options);
}

/**
 * The mean of each of `outputSize` windows that divide a sequence evenly; see {@link adaptiveAveragePool2d}.
 *
 * @param x           `[batch, length, channels]`, float32
 * @param outputSize  the length of the result
 * @returns           `[batch, outputSize, channels]`
 * @throws {ShapeError} `x` has another rank or an empty spatial axis
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `outputSize` is no positive integer
 * @example
 * adaptiveAveragePool1d(tensor3d([[[1], [2], [3]]]), 2); // [[[1.5], [2.5]]]
 */
export function adaptiveAveragePool1d(x: Tensor, outputSize: PerAxis): Tensor {
  return adaptiveAveragePool('adaptiveAveragePool1d', 1, x, outputSize);
}

/**
 * The mean of each of `outputSize` windows that divide the image evenly: along an axis, the one at `o` covers the positions from
 * `⌊o · length / outputSize⌋` to `⌈(o + 1) · length / outputSize⌉ - 1`. With `outputSize` 1 this is the mean of each channel.
 *
 * @param x           `[batch, height, width, channels]`, float32
 * @param outputSize  one number, or `[height, width]`
 * @returns           `[batch, ...outputSize, channels]`
 * @throws {ShapeError} `x` has another rank or an empty spatial axis
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `outputSize` is no positive integer, or no list of two
 * @example
 * adaptiveAveragePool2d(tensor4d([[[[1], [2], [3]]]]), [1, 2]); // [[[[1.5], [2.5]]]]
 */
export function adaptiveAveragePool2d(x: Tensor, outputSize: PerAxis): Tensor {
  return adaptiveAveragePool('adaptiveAveragePool2d', 2, x, outputSize);
}

/** The formula of {@link averagePool2d} and its kin, op by op, for as many spatial axes as `x` has. */
export function plainAveragePool(x: Tensor, kernelSize: PerAxis, options: AveragePoolOptions = {}): Tensor {
  const { countIncludePad = true } = options;
  const kernel = checkAveragePool('plainAveragePool', x.shape.length - 2, kernelSize, options);
  const sum = addN(overWindows(x, kernel, 0));
  return div(sum, addN(overWindows(ones(x.shape), kernel, Number(countIncludePad), 0)));
}

/** The formula of {@link adaptiveAveragePool2d} and its kin, op by op. */
export function plainAdaptiveAveragePool(x: Tensor, outputSize: PerAxis): Tensor {
  return plainAdaptive(x, outputSize, (values, axis) => mean(values, axis, true));
}

defineGradient<AveragePoolAttributes>({
  kernelName: 'NablaAveragePool',
  savedInputs: [],
  gradient: (gradOut, _, attributes) => ({ x: runFused('NablaAveragePoolGrad', { gradOut }, attributes) }),
});

defineGradient<AveragePoolAttributes>({
  kernelName: 'NablaAveragePoolGrad',
  savedInputs: [],
  gradient: (grad, _, attributes) => ({ gradOut: runFused('NablaAveragePool', { x: grad }, attributes) }),
});
