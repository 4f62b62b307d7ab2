// SPDX-License-Identifier: Apache-2.0
// What averages of weights over the steps of a training share: the update, evaluation with the averages, the state.

import {
  ArgumentError,
  type Tensor,
  type Variable,
  checkFloat,
  checkSynchronous,
  clone,
  keep,
  optimizerRuleStep,
} from '@nabla/core';

import { checkParameters } from './parameter-groups.ts';
import { type OptimizerState, checkState } from './state.ts';

/** An average of weights, which often predicts better than the weights themselves. */
export abstract class WeightAverage {
  readonly parameters: readonly Variable[];
  private readonly averages: Tensor[];
  private taken = 0;
  private inUse = false;

  /**
   * @param parameters  what is averaged: `model.parameters()`, perhaps buffers too, such as the means of a batch normalization
   * @throws {ArgumentError} no list of variables
   * @throws {DTypeError} one of them is not float32
   */
  constructor(parameters: readonly Variable[]) {
    checkParameters(new.target.name, 'parameters', parameters);
    parameters.forEach((parameter, i) => checkFloat(new.target.name, { [`parameters[${i}]`]: parameter }));
    this.parameters = parameters;
    this.averages = parameters.map((parameter) => keep(clone(parameter)));
  }

  /** Updates taken so far. */
  get updates(): number {
    return this.taken;
  }

  /**
   * Takes the present weights into the average; the first update makes them the average.
   *
   * @throws {ArgumentError} within {@link use} (code `IN_USE`)
   */
  update(): void {
    this.checkNotInUse('update');
    optimizerRuleStep('average', this.averages, this.parameters, [], { beta1: this.decay(this.taken) });
    this.taken += 1;
  }

  /**
   * Runs `f` with the averages in the place of the weights, which come back when it ends, even by an error. Nothing is copied.
   * What `f` changes in the parameters, it changes in the averages.
   *
   * @param f  synchronous
   * @returns what `f` returned
   * @throws {ArgumentError} `f` returns a promise (code `ASYNC`), or within itself (code `IN_USE`)
   */
  use<T>(f: () => T): T {
    this.checkNotInUse('use');
    this.inUse = true;
    this.swap();
    try {
      const result = f();
      checkSynchronous(`${this.constructor.name}.use`, 'f', result, 'Await first, then compute.');
      return result;
    } finally {
      this.swap();
      this.inUse = false;
    }
  }

  /**
   * The state. The tensors are the average's own: clone one to keep its present values.
   *
   * @throws {ArgumentError} within {@link use} (code `IN_USE`)
   */
  stateDict(): OptimizerState {
    this.checkNotInUse('stateDict');
    return { step: this.taken, tensors: Object.fromEntries(this.averages.map((x, i) => [`average.${i}`, x])) };
  }

  /**
   * Goes on where another average of the same parameters stood; the given tensors stay the caller's.
   *
   * @throws {ArgumentError} names, shapes or dtypes differ (code `STATE`), and nothing is loaded then; within {@link use} (`IN_USE`)
   */
  loadStateDict(state: OptimizerState): void {
    checkState(`${this.constructor.name}.loadStateDict`, state, this.stateDict().tensors);
    this.taken = state.step;
    this.replace(this.averages.map((_, i) => state.tensors[`average.${i}`] as Tensor));
  }

  /** Frees the averages; the parameters stay. */
  dispose(): void {
    for (const average of this.averages) average.dispose();
  }

  /** β of `average ← β average + (1 - β) weights`, after so many updates: 0 after none. */
  protected abstract decay(updates: number): number;

  private swap(): void {
    const weights = this.parameters.map((parameter) => clone(parameter));
    this.parameters.forEach((parameter, i) => parameter.assign(this.averages[i] as Tensor));
    this.replace(weights);
    for (const weight of weights) weight.dispose();
  }

  private replace(averages: readonly Tensor[]): void {
    for (const [i, old] of this.averages.entries()) {
      this.averages[i] = keep(clone(averages[i] as Tensor));
      old.dispose();
    }
  }

  private checkNotInUse(method: string): void {
    if (!this.inUse) return;
    const op = `${this.constructor.name}.${method}`;
    const expected = 'to be called after use() has ended';
    throw new ArgumentError({ op, argument: method, expected, received: 'a call within it' }, 'IN_USE');
  }
}
