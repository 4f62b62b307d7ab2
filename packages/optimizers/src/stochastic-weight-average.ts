// SPDX-License-Identifier: Apache-2.0
// The plain mean of weights at several points of a training.

import { WeightAverage } from './weight-average.ts';

/**
 * The mean of the weights at all updates, usually one for each of the last epochs: PyTorch's AveragedModel. The learning rate
 * meanwhile goes down to a constant, not too low one. PyTorch's SWALR is {@link linearChange} or {@link warmupCosine}, after the
 * schedule of the epochs before: `inSequence([schedule, epochs], [warmupCosine({ peak, minimum, totalSteps: 10 })])`.
 *
 * Means and variances of a batch normalization belong to the weights they were measured with: average these buffers as well.
 *
 * @see Izmailov et al. 2018, https://arxiv.org/abs/1803.05407
 * @example
 * const w = parameter(tensor1d([1]));
 * const average = new StochasticWeightAverage([w]);
 * for (const value of [1, 2, 6]) {
 *   w.assign(tensor1d([value]));
 *   average.update();
 * }
 * average.use(() => w.dataSync()[0]); // 3
 */
export class StochasticWeightAverage extends WeightAverage {
  protected override decay(updates: number): number {
    return updates / (updates + 1);
  }
}
