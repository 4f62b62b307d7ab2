// SPDX-License-Identifier: Apache-2.0
// Group and instance normalization: checks, the plain formula, the fused kernel and its gradient.

import type { GroupNormAttributes } from '../backend/definitions/group-norm.ts';
import { checkFloat, checkInteger, checkNumber, checkOptions, checkRank, checkShape } from '../check.ts';
import { ArgumentError, ShapeError, formatShape } from '../errors.ts';
import { type Tensor, add, div, mean, mul, ones, reshape, sqrt, square, sub, tidy, zeros } from '../tf.ts';
import { defineGradient, runFused, runKernel } from './run.ts';

export interface GroupNormOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

/**
 * Checks what every normalization of channels is given.
 *
 * @returns the scale and shift that it applies: 1 and 0 where there are none
 * @throws {ShapeError} `x` has fewer than `rank` axes or no channel, or `weight` or `bias` is not `[channels]`
 * @throws {DTypeError} `x`, `weight` or `bias` is not float32
 */
export function scaleAndShift(
  op: string,
  rank: number,
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
): { readonly weight: Tensor; readonly bias: Tensor } {
  checkFloat(op, { x, ...(weight !== undefined && { weight }), ...(bias !== undefined && { bias }) });
  checkRank(op, 'x', x, rank, Infinity);
  const channels = x.shape.slice(-1);
  if (channels[0] === 0) checkShape(op, 'x', x, ['...batch', 1], 'There must be at least one channel.');
  const hint = (): string => `It must match the last axis of x, whose shape is ${formatShape(x.shape)}.`;
  if (weight !== undefined) checkShape(op, 'weight', weight, channels, hint);
  if (bias !== undefined) checkShape(op, 'bias', bias, channels, hint);
  return { weight: weight ?? ones(channels), bias: bias ?? zeros(channels) };
}

/**
 * Normalizes each example over groups of neighbouring channels and all positions, then scales and shifts each channel:
 * `(x - mean) / sqrt(variance + epsilon) * weight + bias`, variance dividing by N.
 *
 * @param x       `[batch, ...spatial, channels]`, float32
 * @param groups  number of groups; divides channels
 * @param weight  `[channels]`, float32; undefined for ones
 * @param bias    `[channels]`, float32; undefined for zeros
 * @param options `epsilon`: added to the variance; default 1e-5
 * @returns       the shape of `x`
 * @throws {ShapeError} `x` has fewer than two axes or no channel, or `weight` or `bias` is not `[channels]`
 * @throws {DTypeError} `x`, `weight` or `bias` is not float32
 * @throws {ArgumentError} `groups` does not divide channels, `epsilon` is negative or no number, or an unknown option
 * @see Wu & He 2018, https://arxiv.org/abs/1803.08494
 * @example
 * groupNorm(tensor2d([[1, 3, 4, 8]]), 2); // [[-0.999995, 0.999995, -0.999999, 0.999999]]
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight?: Tensor,
  bias?: Tensor,
  options: GroupNormOptions = {},
): Tensor {
  return normalizeGroups('groupNorm', 2, x, groups, weight, bias, options);
}

/**
 * Normalizes each channel of each example over its positions, then scales and shifts it:
 * {@link groupNorm} with a group for every channel.
 *
 * @param x       `[batch, ...spatial, channels]`, float32
 * @param weight  `[channels]`, float32; undefined for ones
 * @param bias    `[channels]`, float32; undefined for zeros
 * @param options `epsilon`: added to the variance; default 1e-5
 * @returns       the shape of `x`
 * @throws {ShapeError} `x` has fewer than three axes, no channel, or one position only, or `weight` or `bias` is not `[channels]`
 * @throws {DTypeError} `x`, `weight` or `bias` is not float32
 * @throws {ArgumentError} `epsilon` is negative or no number, or an unknown option
 * @see Ulyanov, Vedaldi & Lempitsky 2016, https://arxiv.org/abs/1607.08022
 * @example
 * instanceNorm(tensor3d([[[1], [3]]])); // [[[-0.999995], [0.999995]]]
 */
export function instanceNorm(x: Tensor, weight?: Tensor, bias?: Tensor, options: GroupNormOptions = {}): Tensor {
  checkFloat('instanceNorm', { x });
  checkRank('instanceNorm', 'x', x, 3, Infinity);
  if (x.shape.slice(1, -1).every((length) => length === 1)) {
    const hint = 'The value of a channel with one position is its mean: nothing would be left of it.';
    throw new ShapeError(
      { op: 'instanceNorm', argument: 'x', expected: 'with more than one position', received: x.shape, hint },
      'VALUES',
    );
  }
  return normalizeGroups('instanceNorm', 3, x, x.shape[x.shape.length - 1], weight, bias, options);
}

function normalizeGroups(
  op: string,
  rank: number,
  x: Tensor,
  groups: number,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  options: GroupNormOptions,
): Tensor {
  checkOptions(op, options, ['epsilon']);
  const { epsilon = 1e-5 } = options;
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  return tidy(() => {
    const affine = scaleAndShift(op, rank, x, weight, bias);
    checkGroups(op, groups, x.shape[x.shape.length - 1]);
    return runFused('NablaGroupNorm', { x, ...affine }, { batch: x.shape[0], groups, epsilon });
  });
}

/** @throws {ArgumentError} `groups` is no positive integer that divides `channels` (code `ARGUMENT`) */
export function checkGroups(op: string, groups: number, channels: number): void {
  checkInteger(op, 'groups', groups, { minimum: 1 });
  if (channels % groups === 0) return;
  const expected = `to divide the number of channels, ${channels}`;
  throw new ArgumentError({ op, argument: 'groups', expected, received: String(groups) });
}

/** The formula of {@link groupNorm}, op by op. */
export function plainGroupNorm(
  x: Tensor,
  groups: number,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5 }: GroupNormOptions = {},
): Tensor {
  const channels = x.shape[x.shape.length - 1];
  const grouped = reshape(x, [x.shape[0], -1, groups, channels / groups]);
  const centred = sub(grouped, mean(grouped, [1, 3], true));
  const variance = mean(square(centred), [1, 3], true); // [batch, 1, groups, 1]
  return add(mul(reshape(div(centred, sqrt(add(variance, epsilon))), x.shape), weight), bias);
}

defineGradient<GroupNormAttributes>({
  kernelName: 'NablaGroupNorm',
  savedInputs: ['x', 'weight'],
  savedOutputs: [false, true, true],
  gradient: (gradOut, [x, weight, mean, variance], attributes) => {
    const inputs = { gradOut, x, weight, mean, variance };
    const [gradX, gradWeight, gradBias] = runKernel('NablaGroupNormGrad', inputs, { ...attributes, constant: false });
    return { x: gradX, weight: gradWeight, bias: gradBias };
  },
  plain:
    ({ batch, groups, epsilon }) =>
    ({ x, weight, bias }) => {
      const examples = reshape(x, [batch, -1, x.shape[x.shape.length - 1]]); // one example, where the whole batch is normalized
      return reshape(plainGroupNorm(examples, groups, weight, bias, { epsilon }), x.shape);
    },
});
