// SPDX-License-Identifier: Apache-2.0
// A learning rate that falls when a metric no longer gets better.

import { ArgumentError, checkInteger, checkNumber, checkOneOf, checkOptions } from '@nabla/core';

export interface ReduceOnPlateauOptions {
  /** The first learning rate. */
  start: number;
  /** What the learning rate is multiplied by, below 1; default 0.1. */
  factor?: number;
  /** How many measurements in a row may be no better before the learning rate falls; default 10. */
  patience?: number;
  /** Which metrics are better; default `lower`, as of a loss. */
  better?: 'lower' | 'higher';
  /** By how much a metric must be better than the best; default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a share of the best metric or a difference from it; default `relative`. */
  thresholdMode?: 'relative' | 'absolute';
  /** How many measurements after a fall are not counted as no better; default 0. */
  cooldown?: number;
  /** The lowest learning rate; default 0. */
  minimum?: number;
  /** A fall by no more than this is left out; default 1e-8. */
  epsilon?: number;
}

/** Everything that is needed to go on, as JSON. */
export interface ReduceOnPlateauState {
  readonly learningRate: number;
  /** Null before the first metric. */
  readonly best: number | null;
  /** Measurements in a row that were no better. */
  readonly noBetter: number;
  /** Measurements still to be left out. */
  readonly cooldown: number;
}

/**
 * Multiplies the learning rate by `factor` when a metric, such as the loss on held-out data, has been no better than the best one
 * for more than `patience` measurements: PyTorch's ReduceLROnPlateau. A metric is better when it lies below
 * `best · (1 - threshold)`, above `best · (1 + threshold)` where higher ones are better, and beyond `best ∓ threshold` where the
 * threshold is absolute. NaN and infinities are never better.
 *
 * Saved with a checkpoint: {@link state}, which is JSON.
 *
 * @throws {ArgumentError} an option is unknown or out of range
 * @example
 * const plateau = new ReduceOnPlateau({ start: 0.1, factor: 0.5, patience: 1 });
 * [3, 2, 2, 2, 1].map((loss) => plateau.step(loss)); // [0.1, 0.1, 0.1, 0.05, 0.05]
 */
export class ReduceOnPlateau {
  private readonly options: Readonly<Required<ReduceOnPlateauOptions>>;
  private current: ReduceOnPlateauState;

  constructor(options: ReduceOnPlateauOptions) {
    const op = 'ReduceOnPlateau';
    const names = ['factor', 'patience', 'better', 'threshold', 'thresholdMode', 'cooldown', 'minimum', 'epsilon'];
    checkOptions(op, options, names, ['start']);
    const { start, factor = 0.1, patience = 10, better = 'lower', threshold = 1e-4 } = options;
    const { thresholdMode = 'relative', cooldown = 0, minimum = 0, epsilon = 1e-8 } = options;
    checkNumber(op, 'start', start, { minimum: 0 });
    checkNumber(op, 'factor', factor, { minimum: 0, below: 1 });
    checkInteger(op, 'patience', patience, { minimum: 0 });
    checkOneOf(op, 'better', better, ['lower', 'higher']);
    checkOneOf(op, 'thresholdMode', thresholdMode, ['relative', 'absolute']);
    checkNumber(op, 'threshold', threshold, thresholdMode === 'relative' ? { minimum: 0, below: 1 } : { minimum: 0 });
    checkInteger(op, 'cooldown', cooldown, { minimum: 0 });
    checkNumber(op, 'minimum', minimum, { minimum: 0, maximum: start });
    checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
    this.options = { start, factor, patience, better, threshold, thresholdMode, cooldown, minimum, epsilon };
    this.current = { learningRate: start, best: null, noBetter: 0, cooldown: 0 };
  }

  /** For the next steps of the optimizer. */
  get learningRate(): number {
    return this.current.learningRate;
  }

  /**
   * Takes a measurement into account.
   *
   * @returns the learning rate from here on
   * @throws {ArgumentError} `metric` is no number, a tensor for instance
   */
  step(metric: number): number {
    if (typeof metric !== 'number') {
      const hint = 'Read the value of a tensor first: loss.dataSync()[0].';
      const received = typeof metric;
      throw new ArgumentError({
        op: 'ReduceOnPlateau.step',
        argument: 'metric',
        expected: 'to be a number',
        received,
        hint,
      });
    }
    const { patience } = this.options;
    const isBetter = this.isBetter(metric);
    const cooldown = Math.max(0, this.current.cooldown - 1);
    const noBetter = isBetter || this.current.cooldown > 0 ? 0 : this.current.noBetter + 1;
    this.current = { ...this.current, best: isBetter ? metric : this.current.best, noBetter, cooldown };
    if (noBetter > patience) this.reduce();
    return this.learningRate;
  }

  state(): ReduceOnPlateauState {
    return this.current;
  }

  /** @throws {ArgumentError} a part of the state is missing or out of range; nothing is loaded then */
  loadState(state: ReduceOnPlateauState): void {
    const op = 'ReduceOnPlateau.loadState';
    checkOptions(op, state, ['learningRate', 'best', 'noBetter', 'cooldown']);
    const { learningRate, best, noBetter, cooldown } = state;
    checkNumber(op, 'learningRate', learningRate, { minimum: 0 });
    if (best !== null) checkNumber(op, 'best', best);
    checkInteger(op, 'noBetter', noBetter, { minimum: 0 });
    checkInteger(op, 'cooldown', cooldown, { minimum: 0 });
    this.current = { learningRate, best, noBetter, cooldown };
  }

  private isBetter(metric: number): boolean {
    const { better, threshold, thresholdMode } = this.options;
    const sign = better === 'lower' ? 1 : -1;
    const { best } = this.current;
    if (!Number.isFinite(metric)) return false;
    if (best === null) return true;
    const limit = thresholdMode === 'relative' ? best * (1 - sign * threshold) : best - sign * threshold;
    return sign * metric < sign * limit;
  }

  private reduce(): void {
    const { factor, minimum, epsilon, cooldown } = this.options;
    const lower = Math.max(this.learningRate * factor, minimum);
    const learningRate = this.learningRate - lower > epsilon ? lower : this.learningRate;
    this.current = { ...this.current, learningRate, noBetter: 0, cooldown };
  }
}
