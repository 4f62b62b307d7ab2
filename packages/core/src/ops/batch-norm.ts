// SPDX-License-Identifier: Apache-2.0
// Batch normalization: checks, the plain formula, the fused kernels and their gradients.

import type { NormalizeAttributes } from '../backend/definitions/group-norm.ts';
import { checkBoolean, checkFloat, checkNumber, checkOptions, checkShape } from '../check.ts';
import { isRecomputing } from '../checkpoint.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { type Tensor, type Variable, add, div, mean, mul, reshape, sqrt, square, sub, tidy } from '../tf.ts';
import { scaleAndShift } from './group-norm.ts';
import { defineGradient, runFused, runKernel } from './run.ts';

export interface BatchNormOptions {
  /** Whether statistics are those of the batch (and the running ones are updated) or the running ones; default false. */
  training?: boolean;
  /** `[channels]`: needed in evaluation, updated in training where it is given. */
  runningMean?: Variable;
  /** `[channels]`: needed in evaluation, updated in training where it is given. */
  runningVariance?: Variable;
  /** How far the running statistics move towards those of the batch, 0 to 1; default 0.1. */
  momentum?: number;
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
}

const OPTIONS = ['training', 'runningMean', 'runningVariance', 'momentum', 'epsilon'];

/**
 * Normalizes each channel over the whole batch, then scales and shifts it:
 * `(x - mean) / sqrt(variance + epsilon) * weight + bias`.
 *
 * In training, mean and variance (dividing by N) are those of all values of the channel, gradients flow through them, and
 * `running = (1 - momentum) * running + momentum * batch`, where the variance of the batch divides by N - 1. In evaluation, they
 * are the running ones, constants.
 *
 * @param x       `[...batch, channels]`, float32, such as `[batch, height, width, channels]`
 * @param weight  `[channels]`, float32; undefined for ones
 * @param bias    `[channels]`, float32; undefined for zeros
 * @param options `training`: default false · `runningMean`, `runningVariance`: variables `[channels]` · `momentum`: default 0.1 ·
 *                `epsilon`: default 1e-5
 * @returns       the shape of `x`
 * @throws {ShapeError} `x` has fewer than two axes or no channel, a channel has one value only in training (code `VALUES`), or
 *                      another tensor is not `[channels]`
 * @throws {DTypeError} a tensor is not float32
 * @throws {ArgumentError} running statistics are missing, an option is out of range or unknown
 * @see Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167
 * @example
 * batchNorm(tensor2d([[1], [3]]), undefined, undefined, { training: true }); // [[-0.999995], [0.999995]]
 */
export function batchNorm(x: Tensor, weight?: Tensor, bias?: Tensor, options: BatchNormOptions = {}): Tensor {
  const op = 'batchNorm';
  checkOptions(op, options, OPTIONS);
  const { training = false, runningMean, runningVariance, momentum = 0.1, epsilon = 1e-5 } = options;
  checkBoolean(op, 'training', training);
  checkNumber(op, 'momentum', momentum, { minimum: 0, maximum: 1 });
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  return tidy(() => {
    const affine = scaleAndShift(op, 2, x, weight, bias);
    const groups = x.shape[x.shape.length - 1];
    for (const [argument, running] of Object.entries({ runningMean, runningVariance })) {
      if (running !== undefined) checkRunning(argument, running, groups);
      else if (!training) throw missing(argument);
    }
    if (!training) {
      return runFused('NablaNormalize', { x, ...affine, mean: runningMean, variance: runningVariance }, { epsilon });
    }
    const count = x.size / groups; // values of each channel
    if (count < 2) {
      const hint = 'Use a larger batch, or the running statistics: { training: false }, or eval() of the layer.';
      const expected = 'with more than one value for each channel in training';
      throw new ShapeError({ op, argument: 'x', expected, received: x.shape, hint }, 'VALUES');
    }
    return runFused(
      'NablaGroupNorm',
      { x, ...affine },
      { batch: 1, groups, epsilon },
      ([, batchMean, batchVariance]) => {
        if (isRecomputing()) return; // they have moved already
        const unbiased = mul(batchVariance, count / (count - 1));
        if (runningMean !== undefined) move(runningMean, batchMean, momentum);
        if (runningVariance !== undefined) move(runningVariance, unbiased, momentum);
      },
    );
  });
}

function checkRunning(argument: string, running: Variable, channels: number): void {
  checkFloat('batchNorm', { [argument]: running });
  checkShape('batchNorm', argument, running, [channels], 'It must match the last axis of x.');
}

function missing(argument: string): ArgumentError {
  const hint = 'Without running statistics there are only those of the batch: { training: true }.';
  return new ArgumentError({ op: 'batchNorm', argument, expected: 'to be a variable', received: 'none', hint });
}

/** `running = (1 - momentum) * running + momentum * batch` */
function move(running: Variable, batch: Tensor, momentum: number): void {
  running.assign(add(mul(running, 1 - momentum), mul(reshape(batch, running.shape), momentum)));
}

/** The formula of {@link batchNorm} in training, op by op; running statistics are left alone. */
export function plainBatchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5 }: Pick<BatchNormOptions, 'epsilon'> = {},
): Tensor {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const centred = sub(x, mean(x, axes));
  const variance = mean(square(centred), axes); // [channels]
  return add(mul(div(centred, sqrt(add(variance, epsilon))), weight), bias);
}

defineGradient<NormalizeAttributes>({
  kernelName: 'NablaNormalize',
  savedInputs: ['x', 'weight', 'mean', 'variance'],
  constants: ['mean', 'variance'],
  gradient: (gradOut, [x, weight, mean, variance], { epsilon }) => {
    const attributes = { batch: 1, groups: weight.shape[0], epsilon, constant: true };
    const [gradX, gradWeight, gradBias] = runKernel(
      'NablaGroupNormGrad',
      { gradOut, x, weight, mean, variance },
      attributes,
    );
    return { x: gradX, weight: gradWeight, bias: gradBias };
  },
  plain:
    ({ epsilon }) =>
    ({ x, weight, bias, mean, variance }) =>
      add(mul(div(sub(x, mean), sqrt(add(variance, epsilon))), weight), bias),
});
