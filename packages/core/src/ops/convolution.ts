// SPDX-License-Identifier: Apache-2.0
// Convolution: checks, the plain formula, the fused kernel and its gradient.

import { ACTIVATIONS, type Activation } from '../backend/definitions/activation.ts';
import type { ConvolutionForwardAttributes } from '../backend/definitions/convolution.ts';
import { savesInput } from '../backend/definitions/linear.ts';
import { checkOneOf } from '../check.ts';
import { type Tensor, add, concat, matMul, pad, reshape, slice, sum } from '../tf.ts';
import { type ConvolutionOptions, checkConvolution, convolutionWindows } from './convolution-options.ts';
import { PLAIN_ACTIVATIONS } from './linear.ts';
import { overWindows } from './plain-windows.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

export interface ConvOptions extends ConvolutionOptions {
  /** Applied to the result; default `none`. */
  activation?: Activation;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'activation'];

function convolution(
  op: string,
  axes: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: ConvOptions,
): Tensor {
  const kernel = checkConvolution(op, weight.shape.slice(-axes), options, OPTIONS);
  const { activation = 'none' } = options;
  checkOneOf(op, 'activation', activation, ACTIVATIONS);
  const attributes = { ...convolutionWindows(op, x, weight, bias, kernel), activation };
  return runFused('NablaConvolution', bias === undefined ? { x, weight } : { x, weight, bias }, attributes);
}

/**
 * Convolution along one axis. See {@link conv2d}, which this is with one spatial axis.
 *
 * @param x       `[batch, length, inChannels]`, float32
 * @param weight  `[outChannels, inChannels / groups, kernelLength]`
 * @param bias    `[outChannels]`, or undefined for none
 * @param options `stride`, `padding`, `dilation`, `groups`, `activation`, as in {@link conv2d}
 * @returns       `[batch, outLength, outChannels]`
 * @throws {ShapeError} shapes do not fit together, or the kernel does not fit into `x`
 * @throws {DTypeError} an operand is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or the groups do not divide the channels
 * @example
 * conv1d(tensor3d([[[1], [2], [3]]]), tensor3d([[[1, 10]]])); // [[[21], [32]]]
 */
export function conv1d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  return convolution('conv1d', 1, x, weight, bias, options);
}

/**
 * Convolution of images (cross-correlation, as in PyTorch): `out[b, i, j, co] = activation(bias[co] + sum over u, v, ci of
 * x[b, i · stride - padding + u · dilation, j · stride - padding + v · dilation, ci] · weight[co, ci, u, v])`, x being 0 outside.
 * Activations are channels last, weights in PyTorch's layout.
 *
 * @param x       `[batch, height, width, inChannels]`, float32
 * @param weight  `[outChannels, inChannels / groups, kernelHeight, kernelWidth]`
 * @param bias    `[outChannels]`, or undefined for none
 * @param options `stride`: default 1 · `padding`: zeros on both sides, `'same'` or `'valid'`, default 0 · `dilation`: default 1 ·
 *                `groups`: of channels that do not see each other, default 1 · `activation`: as in {@link linear}, default `none`
 * @returns       `[batch, outHeight, outWidth, outChannels]`, of each axis
 *                `⌊(length + 2 · padding - dilation · (kernel - 1) - 1) / stride⌋ + 1`
 * @throws {ShapeError} shapes do not fit together, or the kernel does not fit into `x`
 * @throws {DTypeError} an operand is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or the groups do not divide the channels
 * @example
 * conv2d(ones([1, 3, 3, 1]), ones([1, 1, 2, 2]), tensor1d([10])); // [[[[14], [14]], [[14], [14]]]]
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  return convolution('conv2d', 2, x, weight, bias, options);
}

/**
 * Convolution along three axes. See {@link conv2d}, which this is with three spatial axes.
 *
 * @param x       `[batch, depth, height, width, inChannels]`, float32
 * @param weight  `[outChannels, inChannels / groups, kernelDepth, kernelHeight, kernelWidth]`
 * @param bias    `[outChannels]`, or undefined for none
 * @param options `stride`, `padding`, `dilation`, `groups`, `activation`, as in {@link conv2d}
 * @returns       `[batch, outDepth, outHeight, outWidth, outChannels]`
 * @throws {ShapeError} shapes do not fit together, or the kernel does not fit into `x`
 * @throws {DTypeError} an operand is not float32
 * @throws {ArgumentError} an option is unknown or out of range, or the groups do not divide the channels
 * @example
 * conv3d(ones([1, 2, 2, 2, 1]), ones([3, 1, 2, 2, 2])).shape; // [1, 1, 1, 1, 3]
 */
export function conv3d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  return convolution('conv3d', 3, x, weight, bias, options);
}

/**
 * The formula of {@link conv2d} and its kin, op by op, for as many spatial axes as `x` has: one product for each element of
 * the kernel and each group.
 */
export function plainConvolution(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  const kernelSize = weight.shape.slice(2);
  const { padding, groups, ...kernel } = checkConvolution('plainConvolution', kernelSize, options, OPTIONS);
  const padded = pad(x, [[0, 0], ...padding.map(([before, behind]): [number, number] => [before, behind]), [0, 0]]);
  const none = kernelSize.map(() => 0);
  const seen = overWindows(padded, { ...kernel, padding: none, ceilMode: false }, 0); // each [batch, ...outSpatial, inChannels]
  const [outChannels, ins] = weight.shape;
  const outs = outChannels / groups;
  const parts = Array.from({ length: groups }, (_, group) => {
    const terms = everyTap(kernelSize).map((tap, i) => {
      const start = [...x.shape.slice(0, -1).map(() => 0), group * ins];
      const channels = slice(seen[i], start, [...seen[i].shape.slice(0, -1), ins]);
      const element = slice(weight, [group * outs, 0, ...tap], [outs, ins, ...tap.map(() => 1)]);
      const product = matMul(reshape(channels, [-1, ins]), reshape(element, [outs, ins]), false, true);
      return reshape(product, [...seen[i].shape.slice(0, -1), outs]);
    });
    return terms.reduce((a, b) => add(a, b));
  });
  const product = concat(parts, x.shape.length - 1);
  return PLAIN_ACTIVATIONS[options.activation ?? 'none'](bias === undefined ? product : add(product, bias));
}

/** The positions of all elements of a kernel, in the order of memory. */
export function everyTap(kernelSize: readonly number[]): number[][] {
  return kernelSize.reduce<number[][]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, k) => [...tap, k])),
    [[]],
  );
}

defineGradient<ConvolutionForwardAttributes>({
  kernelName: 'NablaConvolution',
  savedInputs: ['x', 'weight'],
  savedOutputs: ({ activation }) => (savesInput(activation) ? [false, true] : [activation !== 'none']),
  gradient: (gradOut, [x, weight, saved], { activation, ...windows }) => {
    const gradInto =
      activation === 'none' ? gradOut : runKernelForOne('NablaActivationGrad', { gradOut, saved }, { activation });
    const channels = gradInto.shape[gradInto.shape.length - 1];
    return {
      x: () => runFused('NablaConvolutionGradX', { gradOut: gradInto, weight }, windows),
      weight: () => runFused('NablaConvolutionGradWeight', { x, gradOut: gradInto }, windows),
      bias: () => sum(reshape(gradInto, [-1, channels]), 0),
    };
  },
  plain: ({ activation, ...windows }) =>
    savesInput(activation)
      ? (inputs) =>
          PLAIN_ACTIVATIONS[activation](runFused('NablaConvolution', inputs, { ...windows, activation: 'none' }))
      : undefined,
});
