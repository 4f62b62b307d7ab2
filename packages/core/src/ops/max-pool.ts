// SPDX-License-Identifier: Apache-2.0
// Maxima over windows: checks, the plain formula, the fused kernel and its gradient.

import type { Windows } from '../backend/definitions/windows.ts';
import { type Tensor, greaterEqual, max, maximum, reshape, scalar, where, zerosLike } from '../tf.ts';
import { gatherAlong } from './gather-along.ts';
import { overWindows, plainAdaptive } from './plain-windows.ts';
import { type PoolKernel, type PoolOptions, adaptiveWindows, checkKernel, poolWindows } from './pool-windows.ts';
import { defineGradient, runFused } from './run.ts';
import type { PerAxis } from './spatial.ts';

export interface MaxPoolOptions extends PoolOptions {
  /** Steps between the positions of one window; default 1. */
  dilation?: PerAxis;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'ceilMode'];

/**
 * Checks kernel and options of a maximum over windows, whatever they will be applied to.
 *
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 */
export function checkMaxPool(op: string, axes: number, kernelSize: PerAxis, options: MaxPoolOptions): PoolKernel {
  return checkKernel(op, axes, kernelSize, options, OPTIONS);
}

function maxPool(op: string, axes: number, x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions): Tensor {
  const kernel = checkMaxPool(op, axes, kernelSize, options);
  return runFused('NablaMaxPool', { x }, poolWindows(op, x, kernel));
}

/**
 * The largest value of each window along one axis. See {@link maxPool2d}, which this is with one spatial axis.
 *
 * @param x           `[batch, length, channels]`, float32
 * @param kernelSize  of a window
 * @param options     `stride`, `padding`, `dilation`, `ceilMode`, as in {@link maxPool2d}
 * @returns           `[batch, outLength, channels]`
 * @throws {ShapeError} `x` has another rank, or the kernel does not fit into it
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 * @example
 * maxPool1d(tensor3d([[[1], [3], [2], [5]]]), 2); // [[[3], [5]]]
 */
export function maxPool1d(x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool('maxPool1d', 1, x, kernelSize, options);
}

/**
 * The largest value of each window, for each channel: `out[b, i, j, c] = max over u, v of
 * x[b, i · stride - padding + u · dilation, j · stride - padding + v · dilation, c]`, u and v below `kernelSize`.
 * Padding never wins; NaN does. Of equal values the first has the gradient.
 *
 * @param x           `[batch, height, width, channels]`, float32
 * @param kernelSize  of a window: one number, or `[height, width]`
 * @param options     `stride`: default `kernelSize` · `padding`: on both sides, default 0 · `dilation`: default 1 ·
 *                    `ceilMode`: whether a last window that reaches beyond the padded input is kept, default false
 * @returns           `[batch, outHeight, outWidth, channels]`, of each axis
 *                    `⌊(length + 2 · padding - dilation · (kernelSize - 1) - 1) / stride⌋ + 1`
 * @throws {ShapeError} `x` has another rank, or the kernel does not fit into it
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 * @example
 * maxPool2d(tensor4d([[[[1], [2]], [[4], [3]]]]), 2); // [[[[4]]]]
 */
export function maxPool2d(x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool('maxPool2d', 2, x, kernelSize, options);
}

/**
 * The largest value of each window along three axes. See {@link maxPool2d}, which this is with three spatial axes.
 *
 * @param x           `[batch, depth, height, width, channels]`, float32
 * @param kernelSize  of a window: one number, or `[depth, height, width]`
 * @param options     `stride`, `padding`, `dilation`, `ceilMode`, as in {@link maxPool2d}
 * @returns           `[batch, outDepth, outHeight, outWidth, channels]`
 * @throws {ShapeError} `x` has another rank, or the kernel does not fit into it
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} a size that is no positive integer, padding beyond half the kernel, or an unknown option
 * @example
 * maxPool3d(ones([1, 4, 4, 4, 2]), 2).shape; // [1, 2, 2, 2, 2]
 */
export function maxPool3d(x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  return maxPool('maxPool3d', 3, x, kernelSize, options);
}

/**
 * The largest value of each of `outputSize` windows that divide the image evenly; see {@link adaptiveAveragePool2d}.
 *
 * @param x           `[batch, height, width, channels]`, float32
 * @param outputSize  one number, or `[height, width]`
 * @returns           `[batch, ...outputSize, channels]`
 * @throws {ShapeError} `x` has another rank or an empty spatial axis
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} `outputSize` is no positive integer, or no list of two
 * @example
 * adaptiveMaxPool2d(tensor4d([[[[1], [2], [3]]]]), [1, 2]); // [[[[2], [3]]]]
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: PerAxis): Tensor {
  return runFused('NablaMaxPool', { x }, adaptiveWindows('adaptiveMaxPool2d', 2, x, outputSize));
}

/** The formula of {@link maxPool2d} and its kin, op by op, for as many spatial axes as `x` has. */
export function plainMaxPool(x: Tensor, kernelSize: PerAxis, options: MaxPoolOptions = {}): Tensor {
  const kernel = checkMaxPool('plainMaxPool', x.shape.length - 2, kernelSize, options);
  return overWindows(x, kernel, -Infinity).reduce((largest, values) => maximum(largest, values));
}

/** The formula of {@link adaptiveMaxPool2d}, op by op. */
export function plainAdaptiveMaxPool(x: Tensor, outputSize: PerAxis): Tensor {
  return plainAdaptive(x, outputSize, (values, axis) => max(values, axis, true));
}

defineGradient<Windows>({
  kernelName: 'NablaMaxPool',
  savedInputs: [],
  savedOutputs: [false, true],
  gradient: (gradOut, [argmax], windows) => ({
    x: runFused('NablaMaxPoolGrad', { gradOut, argmax }, windows),
  }),
});

// Each window takes what stands where its largest element did; one that covers nothing but padding, at -1, takes nothing.
defineGradient<Windows>({
  kernelName: 'NablaMaxPoolGrad',
  savedInputs: ['argmax'],
  gradient: (grad, [argmax]) => {
    const [batch, channels] = [argmax.shape[0], argmax.shape[argmax.shape.length - 1]];
    const positions = reshape(argmax, [batch, -1, channels]);
    const taken = gatherAlong(reshape(grad, [batch, -1, channels]), maximum(positions, scalar(0, 'int32')), 1);
    return { gradOut: reshape(where(greaterEqual(positions, 0), taken, zerosLike(taken)), argmax.shape) };
  },
});
