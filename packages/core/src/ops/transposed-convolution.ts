// SPDX-License-Identifier: Apache-2.0
// Transposed convolution: checks, the plain formula, the fused kernel and its gradient.

import type { ConvolutionAttributes } from '../backend/definitions/convolution.ts';
import { ArgumentError, formatShape } from '../errors.ts';
import { type Tensor, add, concat, matMul, pad, reshape, slice } from '../tf.ts';
import { type ConvolutionOptions, checkConvolution, transposedWindows } from './convolution-options.ts';
import { everyTap } from './convolution.ts';
import { defineGradient, runFused } from './run.ts';
import { type PerAxis, perAxis } from './spatial.ts';

export interface ConvTransposeOptions extends Omit<ConvolutionOptions, 'padding'> {
  /** Positions that are cut off on both sides of each axis of the result; default 0. */
  padding?: PerAxis;
  /** Positions added behind each axis of the result, less than stride or dilation; default 0. */
  outputPadding?: PerAxis;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'outputPadding'];

/**
 * Checks kernel and options of a transposed convolution, whatever it will be applied to; the output padding of each axis.
 *
 * @throws {ArgumentError} a size that is no positive integer, output padding that is not less than stride or dilation, or an
 *   unknown option
 */
export function checkConvTranspose(op: string, kernelSize: readonly number[], options: ConvTransposeOptions): number[] {
  const { stride, dilation } = checkConvolution(op, kernelSize, options, OPTIONS);
  const outputPadding = perAxis(op, 'outputPadding', options.outputPadding ?? 0, kernelSize.length, 0);
  if (outputPadding.every((length, axis) => length === 0 || length < Math.max(stride[axis], dilation[axis]))) {
    return outputPadding;
  }
  const expected = `to be less than stride ${formatShape(stride)} or dilation ${formatShape(dilation)}`;
  throw new ArgumentError({ op, argument: 'outputPadding', expected, received: formatShape(outputPadding) });
}

function convTranspose(
  op: string,
  axes: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: ConvTransposeOptions,
): Tensor {
  const kernelSize = weight.shape.slice(-axes);
  const outputPadding = checkConvTranspose(op, kernelSize, options);
  const kernel = checkConvolution(op, kernelSize, options, OPTIONS);
  const attributes = transposedWindows(op, x, weight, bias, kernel, outputPadding);
  const out = runFused('NablaConvolutionGradX', { gradOut: x, weight }, attributes);
  return bias === undefined ? out : add(out, bias);
}

/**
 * Transposed convolution along one axis. See {@link convTranspose2d}, which this is with one spatial axis.
 *
 * @param x       `[batch, length, inChannels]`, float32
 * @param weight  `[inChannels, outChannels / groups, kernelLength]`
 * @param bias    `[outChannels]`, or undefined for none
 * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`, as in {@link convTranspose2d}
 * @returns       `[batch, outLength, outChannels]`
 * @throws {ShapeError} shapes do not fit together, or the output would be empty
 * @throws {DTypeError} an operand is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or the groups do not divide the channels
 * @example
 * convTranspose1d(tensor3d([[[1], [2]]]), tensor3d([[[1, 10]]])); // [[[1], [12], [20]]]
 */
export function convTranspose1d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvTransposeOptions = {}): Tensor {
  return convTranspose('convTranspose1d', 1, x, weight, bias, options);
}

/**
 * The transpose of {@link conv2d} as a linear map: each element of `x` adds the kernel, times itself, to the result at
 * `i · stride - padding + u · dilation`. It enlarges what a convolution with the same options makes smaller.
 *
 * @param x       `[batch, height, width, inChannels]`, float32
 * @param weight  `[inChannels, outChannels / groups, kernelHeight, kernelWidth]`
 * @param bias    `[outChannels]`, or undefined for none
 * @param options `stride`: default 1 · `padding`: positions cut off on both sides, default 0 · `outputPadding`: positions added
 *                behind, default 0 · `dilation`: default 1 · `groups`: of channels that do not see each other, default 1
 * @returns       `[batch, outHeight, outWidth, outChannels]`, of each axis
 *                `(length - 1) · stride - 2 · padding + dilation · (kernel - 1) + outputPadding + 1`
 * @throws {ShapeError} shapes do not fit together, or the output would be empty
 * @throws {DTypeError} an operand is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or the groups do not divide the channels
 * @see Zeiler et al. 2010, https://ieeexplore.ieee.org/document/5539957
 * @example
 * convTranspose2d(ones([1, 1, 1, 1]), tensor4d([[[[1, 2], [3, 4]]]])); // [[[[1], [2]], [[3], [4]]]]
 */
export function convTranspose2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvTransposeOptions = {}): Tensor {
  return convTranspose('convTranspose2d', 2, x, weight, bias, options);
}

/** The formula of {@link convTranspose2d} for one axis, op by op: every element of the kernel adds to its places, one position at a time. */
export function plainConvTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  const [batch, length, inChannels] = x.shape;
  const kernelSize = weight.shape.slice(2);
  const { stride, padding, dilation, groups } = checkConvolution('plainConvTranspose1d', kernelSize, options, OPTIONS);
  const [extra] = checkConvTranspose('plainConvTranspose1d', kernelSize, options);
  const whole = (length - 1) * stride[0] + dilation[0] * (kernelSize[0] - 1) + extra + 1;
  const [, outs] = weight.shape;
  const ins = inChannels / groups;
  const parts = Array.from({ length: groups }, (_, group) => {
    const terms = everyTap(kernelSize).flatMap(([k]) =>
      Array.from({ length }, (_, i) => {
        const seen = reshape(slice(x, [0, i, group * ins], [batch, 1, ins]), [batch, ins]);
        const matrix = reshape(slice(weight, [group * ins, 0, k], [ins, outs, 1]), [ins, outs]);
        const at = i * stride[0] + k * dilation[0];
        const term = reshape(matMul(seen, matrix), [batch, 1, outs]);
        return pad(term, [
          [0, 0],
          [at, whole - at - 1],
          [0, 0],
        ]);
      }),
    );
    return terms.reduce((a, b) => add(a, b));
  });
  const [[cut]] = padding;
  const kept = slice(concat(parts, 2), [0, cut, 0], [batch, whole - 2 * cut, outs * groups]);
  return bias === undefined ? kept : add(kept, bias);
}

// The transposed convolution is the gradient of a convolution by its input; its own gradients are that convolution and its
// gradient by the weights, with the roles of input and output exchanged. So the three are each other's gradients, of every order.
defineGradient<ConvolutionAttributes>({
  kernelName: 'NablaConvolutionGradX',
  savedInputs: ['gradOut', 'weight'],
  gradient: (grad, [gradOut, weight], windows) => ({
    gradOut: () => runFused('NablaConvolution', { x: grad, weight }, { ...windows, activation: 'none' }),
    weight: () => runFused('NablaConvolutionGradWeight', { x: grad, gradOut }, windows),
  }),
});

defineGradient<ConvolutionAttributes>({
  kernelName: 'NablaConvolutionGradWeight',
  savedInputs: ['x', 'gradOut'],
  gradient: (grad, [x, gradOut], windows) => ({
    x: () => runFused('NablaConvolutionGradX', { gradOut, weight: grad }, windows),
    gradOut: () => runFused('NablaConvolution', { x, weight: grad }, { ...windows, activation: 'none' }),
  }),
});
