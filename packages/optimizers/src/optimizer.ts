// SPDX-License-Identifier: Apache-2.0
// What all optimizers share: the step, the learning rate, the state that is saved and restored.

import {
  ArgumentError,
  type Scalar,
  type Tensor,
  type Variable,
  checkDtype,
  checkNumber,
  checkShape,
  clone,
  keep,
  scope,
  valueAndGrad,
  zerosLike,
} from '@nabla/core';

import { type Parameters, type ResolvedGroup, resolveGroups } from './parameter-groups.ts';
import { type OptimizerState, checkState } from './state.ts';

/** The tensors that an optimizer keeps for one parameter, as they are before the first step, by name. */
export type Slots = Readonly<Record<string, Tensor>>;

/** What an optimizer is told about one update of one group. */
export interface UpdateSettings {
  /** Number of the step; the first is 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Undefined where the group leaves it to the optimizer. */
  readonly weightDecay?: number | undefined;
}

/**
 * Changes parameters so that a loss falls.
 *
 * @example
 * const w = parameter(tensor1d([1]));
 * const optimizer = new SGD([w], { learningRate: 0.1 });
 * optimizer.step(() => sum(square(w)));
 * w; // [0.8]
 */
export abstract class Optimizer {
  /** All parameters, groups one after the other. */
  readonly parameters: readonly Variable[];
  protected readonly groups: readonly ResolvedGroup[];
  /** One record for each parameter. */
  private readonly slots: readonly Record<string, Tensor>[];
  private readonly slotNames: readonly string[];
  private rate: number;
  private taken = 0;

  /** @param slots what is kept for a parameter; or only names, of tensors of the parameter's shape that start at zero */
  constructor(
    parameters: Parameters,
    learningRate: number,
    slots: readonly string[] | ((parameter: Variable) => Slots),
  ) {
    const op = new.target.name;
    checkNumber(op, 'learningRate', learningRate, { minimum: 0 });
    const resolved = resolveGroups(op, parameters);
    this.parameters = resolved.parameters;
    this.groups = resolved.groups;
    this.rate = learningRate;
    const initial = typeof slots === 'function' ? slots : (parameter: Variable): Slots => zeroSlots(parameter, slots);
    this.slots = resolved.parameters.map((parameter) => ({ ...scope(() => initial(parameter)) }));
    for (const own of this.slots) for (const tensor of Object.values(own)) keep(tensor);
    this.slotNames = [...new Set(this.slots.flatMap((own) => Object.keys(own)))];
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.taken;
  }

  /** The factor of the next updates; a schedule sets it before each step. */
  get learningRate(): number {
    return this.rate;
  }
  set learningRate(value: number) {
    checkNumber(this.constructor.name, 'learningRate', value, { minimum: 0 });
    this.rate = value;
  }

  /**
   * One step: computes the loss and its gradients, and updates the parameters.
   *
   * @param loss computes a scalar from the parameters; what it allocates is freed when it returns
   * @returns the loss before the update; the caller disposes it
   */
  step(loss: () => Tensor): Scalar {
    const { value, gradients } = valueAndGrad(loss, this.parameters);
    try {
      this.applyGradients(gradients);
    } catch (error) {
      value.dispose();
      throw error;
    } finally {
      for (const gradient of gradients) gradient.dispose();
    }
    return value;
  }

  /**
   * Updates the parameters in place.
   *
   * @param gradients one for each parameter, in their order; they stay the caller's
   * @throws {ArgumentError} their number differs from that of the parameters; no group is updated then
   * @throws {ShapeError} a gradient has not the shape of its parameter; likewise
   * @throws {DTypeError} a gradient is not float32; likewise
   */
  applyGradients(gradients: readonly Tensor[]): void {
    if (gradients.length !== this.parameters.length) {
      const expected = `one gradient for each of the ${this.parameters.length} parameters`;
      const received = String(gradients.length);
      throw new ArgumentError({ op: this.constructor.name, argument: 'gradients', expected, received });
    }
    const op = this.constructor.name;
    gradients.forEach((gradient, i) => {
      const argument = `gradients[${i}]`;
      checkShape(op, argument, gradient, this.parameters[i]?.shape ?? []);
      checkDtype(op, argument, gradient, 'float32');
    });
    const step = this.taken + 1;
    for (const group of this.groups) {
      const part = <T>(list: readonly T[]): T[] => list.slice(group.start, group.end);
      this.update(part(this.parameters), part(gradients), this.slotLists(part(this.slots)), {
        step,
        learningRate: this.rate * group.learningRateScale,
        weightDecay: group.weightDecay,
      });
    }
    this.taken = step;
  }

  /**
   * Updates one group.
   *
   * @param slots  by name, a tensor for each parameter that has it, in their order
   */
  protected abstract update(
    parameters: Variable[],
    gradients: Tensor[],
    slots: Record<string, Tensor[]>,
    settings: UpdateSettings,
  ): void;

  /** The state. The tensors are the optimizer's own: clone one to keep its present values. */
  stateDict(): OptimizerState {
    const tensors: Record<string, Tensor> = {};
    for (const name of this.slotNames) {
      this.slots.forEach(({ [name]: tensor }, position) => {
        if (tensor !== undefined) tensors[`${name}.${position}`] = tensor;
      });
    }
    return { step: this.taken, tensors };
  }

  /**
   * Goes on where another optimizer of the same kind and parameters stood; the given tensors stay the caller's.
   *
   * @throws {ArgumentError} names or shapes differ or dtypes differ (code `STATE`); nothing is loaded then
   */
  loadStateDict(state: OptimizerState): void {
    checkState(`${this.constructor.name}.loadStateDict`, state, this.stateDict().tensors);
    this.taken = state.step;
    for (const [position, own] of this.slots.entries()) {
      for (const [name, old] of Object.entries(own)) {
        own[name] = keep(clone(state.tensors[`${name}.${position}`] as Tensor));
        old.dispose();
      }
    }
  }

  /** Frees the optimizer's tensors; the parameters stay. */
  dispose(): void {
    for (const own of this.slots) for (const tensor of Object.values(own)) tensor.dispose();
  }

  private slotLists(slots: readonly Slots[]): Record<string, Tensor[]> {
    const listOf = (name: string): Tensor[] => slots.flatMap(({ [name]: tensor }) => tensor ?? []);
    return Object.fromEntries(this.slotNames.map((name) => [name, listOf(name)]));
  }
}

/** Tensors of the parameter's shape that start at zero. */
export function zeroSlots(parameter: Variable, names: readonly string[]): Slots {
  return Object.fromEntries(names.map((name) => [name, zerosLike(parameter)]));
}
