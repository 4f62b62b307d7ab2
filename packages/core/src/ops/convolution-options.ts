// SPDX-License-Identifier: Apache-2.0
// From the options of a convolution to its windows: defaults, checks and the size of the result, as PyTorch has them.

import type { ConvolutionAttributes } from '../backend/definitions/convolution.ts';
import { checkFloat, checkInteger, checkOptions, checkShape } from '../check.ts';
import { ArgumentError, ShapeError, formatShape } from '../errors.ts';
import type { Tensor } from '../tf.ts';
import { type PerAxis, checkSpatial, perAxis, spatialShape } from './spatial.ts';

/** What every convolution may be told. */
export interface ConvolutionOptions {
  /** Steps between windows; default 1. */
  stride?: PerAxis;
  /** Zeros on both sides of each axis, or `same`: as many as keep the length (stride 1), or `valid`: none. Default 0. */
  padding?: PerAxis | 'same' | 'valid';
  /** Steps between the positions of one window; default 1. */
  dilation?: PerAxis;
  /** Groups of channels that do not see each other; default 1. */
  groups?: number;
}

/** The options of a convolution, checked, one number for each axis. */
export interface ConvolutionKernel {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Zeros before and behind each axis. */
  readonly padding: readonly (readonly [before: number, behind: number])[];
  readonly groups: number;
}

/**
 * Checks kernel and options, whatever they will be applied to.
 *
 * @param allowed  names of the options that the op has
 * @throws {ArgumentError} a size that is no positive integer, padding `same` with a stride, or an unknown option
 */
export function checkConvolution(
  op: string,
  kernelSize: readonly number[],
  options: ConvolutionOptions,
  allowed: readonly string[] = ['stride', 'padding', 'dilation', 'groups'],
): ConvolutionKernel {
  checkOptions(op, options, allowed);
  const axes = kernelSize.length;
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  kernelSize.forEach((size) => checkInteger(op, 'kernelSize', size, { minimum: 1 }));
  checkInteger(op, 'groups', groups, { minimum: 1 });
  const strides = perAxis(op, 'stride', stride, axes, 1);
  const dilations = perAxis(op, 'dilation', dilation, axes, 1);
  return {
    kernelSize,
    stride: strides,
    dilation: dilations,
    padding: paddingOf(op, padding, kernelSize, strides, dilations),
    groups,
  };
}

function paddingOf(
  op: string,
  padding: PerAxis | 'same' | 'valid',
  kernelSize: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): [number, number][] {
  if (padding === 'valid') return kernelSize.map(() => [0, 0]);
  if (padding === 'same') {
    if (stride.some((step) => step !== 1)) {
      const expected = 'to be 1 where padding is "same"';
      throw new ArgumentError({ op, argument: 'stride', expected, received: formatShape(stride) });
    }
    return kernelSize.map((size, axis) => {
      const total = (dilation[axis] ?? 1) * (size - 1);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
  }
  if (typeof padding === 'string') {
    const expected = 'to be a number, a list of numbers, "same" or "valid"';
    throw new ArgumentError({ op, argument: 'padding', expected, received: `"${String(padding)}"` });
  }
  return perAxis(op, 'padding', padding, kernelSize.length, 0).map((zeros) => [zeros, zeros]);
}

/** `[lead, channels / groups, ...kernel]` against what it must be; `lead` are the channels that the groups divide too. */
function checkWeight(op: string, weight: Tensor, axes: number, groups: number): void {
  const kernel = ['depth', 'height', 'width'].slice(3 - axes).map((name) => `kernel ${name}`);
  checkShape(op, 'weight', weight, ['channels', 'channels / groups', ...kernel]);
  const [lead = 0] = weight.shape;
  if (lead % groups === 0) return;
  const expected = `to divide the ${lead} channels of the first axis of weight`;
  throw new ArgumentError({ op, argument: 'groups', expected, received: String(groups) });
}

function checkChannels(op: string, x: Tensor, channels: number, weight: Tensor): void {
  const received = x.shape[x.shape.length - 1];
  if (received === channels) return;
  const spatial = ['depth', 'height', 'width'].slice(5 - x.shape.length).join(', ');
  const order = [0, ...x.shape.slice(2).map((_, axis) => axis + 2), 1].join(', ');
  const transposed =
    x.shape[1] === channels
      ? ` Channels come last here: transpose(x, [${order}]) moves them from where PyTorch has them.`
      : '';
  const hint = `weight has shape ${formatShape(weight.shape)}.${transposed}`;
  throw new ShapeError({ op, argument: 'x', expected: `[batch, ${spatial}, ${channels}]`, received: x.shape, hint });
}

/** Puts axes of length 1 before the spatial ones until there are three. */
function three(list: readonly number[], value: number): number[] {
  return [...new Array<number>(3 - list.length).fill(value), ...list];
}

/**
 * Checks the operands of a convolution; its windows.
 *
 * @throws {ShapeError} x has another rank or other channels, weight or bias another shape, or the kernel does not fit into x
 * @throws {DTypeError} an operand is not float32
 * @throws {ArgumentError} the groups do not divide the channels
 */
export function convolutionWindows(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  kernel: ConvolutionKernel,
): ConvolutionAttributes {
  const { kernelSize, stride, dilation, padding, groups } = kernel;
  checkFloat(op, bias === undefined ? { x, weight } : { x, weight, bias });
  checkSpatial(op, x, kernelSize.length);
  checkWeight(op, weight, kernelSize.length, groups);
  const [outChannels = 0, groupChannels = 0] = weight.shape;
  checkChannels(op, x, groupChannels * groups, weight);
  if (bias !== undefined) checkShape(op, 'bias', bias, [outChannels], 'It must match the first axis of weight.');
  const inSize = spatialShape(x);
  const outSize = inSize.map((length, axis) => {
    const [before, behind] = padding[axis];
    const room = length + before + behind - dilation[axis] * (kernelSize[axis] - 1) - 1;
    return length === 0 ? 0 : Math.floor(room / stride[axis]) + 1;
  });
  if (outSize.some((length) => length < 1)) {
    const reach = kernelSize.map((size, axis) => dilation[axis] * (size - 1) + 1);
    const padded = padding.map(([before, behind]) => before + behind);
    const hint = `The kernel covers ${formatShape(reach)} of the spatial axes, which padding makes ${formatShape(padded)} longer.`;
    throw new ShapeError({ op, argument: 'x', expected: 'that the kernel fits into', received: x.shape, hint });
  }
  return windows(inSize, outSize, kernel);
}

/**
 * Checks the operands of a transposed convolution; the windows of the convolution that it reverses, whose input is its output.
 *
 * @throws as {@link convolutionWindows}; an output that would be empty is a {@link ShapeError}
 */
export function transposedWindows(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  kernel: ConvolutionKernel,
  outputPadding: readonly number[],
): ConvolutionAttributes {
  const { kernelSize, stride, dilation, padding, groups } = kernel;
  checkFloat(op, bias === undefined ? { x, weight } : { x, weight, bias });
  checkSpatial(op, x, kernelSize.length);
  checkWeight(op, weight, kernelSize.length, groups);
  const [inChannels = 0, groupChannels = 0] = weight.shape;
  checkChannels(op, x, inChannels, weight);
  if (bias !== undefined)
    checkShape(op, 'bias', bias, [groupChannels * groups], 'It must match the second axis of weight.');
  const lengths = spatialShape(x);
  const reached = lengths.map((length, axis) => {
    const [before, behind] = padding[axis];
    return (
      (length - 1) * stride[axis] - before - behind + dilation[axis] * (kernelSize[axis] - 1) + outputPadding[axis] + 1
    );
  });
  if (lengths.includes(0) || reached.some((length) => length < 1)) {
    const expected = 'that leaves an output of at least one position';
    const hint = `The output would have the spatial shape ${formatShape(reached)}.`;
    throw new ShapeError({ op, argument: 'x', expected, received: x.shape, hint });
  }
  return windows(reached, lengths, kernel);
}

function windows(
  inSize: readonly number[],
  outSize: readonly number[],
  kernel: ConvolutionKernel,
): ConvolutionAttributes {
  return {
    inSize: three(inSize, 1),
    outSize: three(outSize, 1),
    kernelSize: three(kernel.kernelSize, 1),
    stride: three(kernel.stride, 1),
    padding: three(
      kernel.padding.map(([before]) => before),
      0,
    ),
    dilation: three(kernel.dilation, 1),
    groups: kernel.groups,
  };
}
