// SPDX-License-Identifier: Apache-2.0
// Batch normalization with running statistics, a learned scale and a learned shift.

import {
  type Tensor,
  type Variable,
  batchNorm,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  checkRank,
  checkShape,
  isRecomputing,
  ones,
  scalar,
  scope,
  zeros,
} from '@nabla/core';

import { Module } from '../module.ts';
import { type Parameter, buffer, parameter } from '../parameter.ts';

export interface BatchNormLayerOptions {
  /** Added to the variance; default 1e-5. */
  epsilon?: number;
  /** How far the running statistics move towards those of each batch; null: they are the mean of all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether there are a learned scale and shift; default true. */
  affine?: boolean;
  /** Whether running statistics are kept; without them, evaluation uses those of the batch too. Default true. */
  trackRunningStatistics?: boolean;
}

/** What the normalizations of sequences, images and volumes share. */
abstract class BatchNorm extends Module {
  readonly weight: Parameter | undefined; // [channels], starts at 1
  readonly bias: Parameter | undefined; // [channels], starts at 0
  readonly running_mean: Variable | undefined; // [channels], starts at 0
  readonly running_var: Variable | undefined; // [channels], starts at 1
  readonly num_batches_tracked: Variable | undefined; // [], int32, starts at 0
  readonly channels: number;
  readonly epsilon: number;
  readonly momentum: number | null;

  constructor(channels: number, options: BatchNormLayerOptions) {
    super();
    const op = new.target.name;
    checkOptions(op, options, ['epsilon', 'momentum', 'affine', 'trackRunningStatistics']);
    checkInteger(op, 'channels', channels, { minimum: 1 });
    const { epsilon = 1e-5, momentum = 0.1, affine = true, trackRunningStatistics = true } = options;
    checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
    if (momentum !== null) checkNumber(op, 'momentum', momentum, { minimum: 0, maximum: 1 });
    checkBoolean(op, 'affine', affine);
    checkBoolean(op, 'trackRunningStatistics', trackRunningStatistics);
    this.weight = affine ? parameter(ones([channels])) : undefined;
    this.bias = affine ? parameter(zeros([channels])) : undefined;
    this.running_mean = trackRunningStatistics ? buffer(zeros([channels])) : undefined;
    this.running_var = trackRunningStatistics ? buffer(ones([channels])) : undefined;
    this.num_batches_tracked = trackRunningStatistics ? buffer(scalar(0, 'int32')) : undefined;
    this.channels = channels;
    this.epsilon = epsilon;
    this.momentum = momentum;
  }

  /** Normalizes `x` of `least` to `most` axes; in training, moves the running statistics. */
  protected normalize(x: Tensor, least: number, most: number): Tensor {
    const op = this.constructor.name;
    checkRank(op, 'x', x, least, most);
    checkShape(op, 'x', x, ['...batch', this.channels]);
    const running = {
      ...(this.running_mean && { runningMean: this.running_mean }),
      ...(this.running_var && { runningVariance: this.running_var }),
    };
    const { epsilon, num_batches_tracked: tracked } = this;
    if (!this.training || tracked === undefined) {
      const training = tracked === undefined;
      return batchNorm(x, this.weight, this.bias, { ...running, training, epsilon });
    }
    const batches = Number(tracked.dataSync()[0]) + 1;
    const momentum = this.momentum ?? 1 / batches;
    const out = batchNorm(x, this.weight, this.bias, { ...running, training: true, momentum, epsilon });
    if (isRecomputing()) return out; // this batch is counted already
    scope(() => {
      tracked.assign(scalar(batches, 'int32'));
    });
    return out;
  }
}

/**
 * Batch normalization of features or sequences. See {@link batchNorm} for the formula, {@link BatchNorm2d} for the state.
 *
 * @example
 * new BatchNorm1d(1).forward(tensor2d([[1], [3]])); // [[-0.999995], [0.999995]]
 */
export class BatchNorm1d extends BatchNorm {
  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super(channels, options);
  }

  /** `[batch, channels]` or `[batch, length, channels]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.normalize(x, 2, 3);
  }
}

/**
 * Batch normalization of images. See {@link batchNorm} for the formula.
 *
 * While training, it normalizes by mean and variance of the batch and moves the buffers `running_mean` and `running_var` towards
 * them; in evaluation it normalizes by the buffers. State names are PyTorch's, and so are defaults and initial values.
 * `num_batches_tracked` is int32 here and int64 in PyTorch: reading a file makes an int32 of an int64, and PyTorch takes an
 * int32 when it loads a state dictionary, so that files go both ways.
 *
 * @example
 * const layer = new BatchNorm2d(16);
 * Object.keys(layer.stateDict()); // ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
 */
export class BatchNorm2d extends BatchNorm {
  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super(channels, options);
  }

  /** `[batch, height, width, channels]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.normalize(x, 4, 4);
  }
}

/**
 * Batch normalization of volumes. See {@link batchNorm} for the formula, {@link BatchNorm2d} for the state.
 *
 * @example
 * new BatchNorm3d(3).forward(ones([2, 2, 4, 4, 3])).shape; // [2, 2, 4, 4, 3]
 */
export class BatchNorm3d extends BatchNorm {
  constructor(channels: number, options: BatchNormLayerOptions = {}) {
    super(channels, options);
  }

  /** `[batch, depth, height, width, channels]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.normalize(x, 5, 5);
  }
}
