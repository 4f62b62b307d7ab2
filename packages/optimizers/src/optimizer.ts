// SPDX-License-Identifier: Apache-2.0
// What all optimizers share: the step, the learning rate, the state that is saved and restored.

import {
  ArgumentError,
  type Scalar,
  type Tensor,
  type Variable,
  checkDtype,
  checkInteger,
  checkNumber,
  checkShape,
  clone,
  formatShape,
  keep,
  valueAndGrad,
  zerosLike,
} from '@nabla/core';

import { type Parameters, type ResolvedGroup, resolveGroups } from './parameter-groups.ts';

/** Everything an optimizer needs to go on: steps taken, and its tensors by name, such as `firstMoment.0`. */
export interface OptimizerState {
  readonly step: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

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
  /** Per parameter, by the name of the state: tensors of the parameter's shape. */
  protected readonly slots: Readonly<Record<string, Tensor[]>>;
  private rate: number;
  private taken = 0;

  /** @param slots names of the tensors kept for each parameter; they start at zero */
  constructor(parameters: Parameters, learningRate: number, slots: readonly string[]) {
    const op = new.target.name;
    checkNumber(op, 'learningRate', learningRate, { minimum: 0 });
    const resolved = resolveGroups(op, parameters);
    this.parameters = resolved.parameters;
    this.groups = resolved.groups;
    this.rate = learningRate;
    this.slots = Object.fromEntries(
      slots.map((name) => [name, resolved.parameters.map((parameter) => keep(zerosLike(parameter)))]),
    );
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
    this.applyGradients(gradients);
    for (const gradient of gradients) gradient.dispose();
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
    gradients.forEach((gradient, i) => {
      checkShape(this.constructor.name, `gradients[${i}]`, gradient, this.parameters[i]?.shape ?? []);
      checkDtype(this.constructor.name, `gradients[${i}]`, gradient, 'float32');
    });
    this.taken += 1;
    for (const group of this.groups) {
      const part = <T>(list: readonly T[]): T[] => list.slice(group.start, group.end);
      const slots = Object.fromEntries(Object.entries(this.slots).map(([name, list]) => [name, part(list)]));
      this.update(part(this.parameters), part(gradients), slots, {
        step: this.taken,
        learningRate: this.rate * group.learningRateScale,
        weightDecay: group.weightDecay,
      });
    }
  }

  /** Updates one group. */
  protected abstract update(
    parameters: Variable[],
    gradients: Tensor[],
    slots: Record<string, Tensor[]>,
    settings: UpdateSettings,
  ): void;

  /** The state. The tensors are the optimizer's own: clone one to keep its present values. */
  stateDict(): OptimizerState {
    const entries = Object.entries(this.slots).flatMap(([name, list]) =>
      list.map((tensor, position) => [`${name}.${position}`, tensor] as const),
    );
    return { step: this.taken, tensors: Object.fromEntries(entries) };
  }

  /**
   * Goes on where another optimizer of the same kind and parameters stood; the given tensors stay the caller's.
   *
   * @throws {ArgumentError} names or shapes differ or dtypes differ (code `STATE`); nothing is loaded then
   */
  loadStateDict({ step, tensors }: OptimizerState): void {
    const op = `${this.constructor.name}.loadStateDict`;
    checkInteger(op, 'step', step, { minimum: 0 });
    const own = this.stateDict().tensors;
    const names = new Set([...Object.keys(own), ...Object.keys(tensors)]);
    const wrong = [...names].filter((name) => describe(own[name]) !== describe(tensors[name]));
    if (wrong.length > 0) {
      const received = wrong
        .map((name) => `${name} ${describe(tensors[name])} instead of ${describe(own[name])}`)
        .join('; ');
      throw new ArgumentError(
        { op, argument: 'tensors', expected: 'the state of these parameters', received },
        'STATE',
      );
    }
    this.taken = step;
    for (const [name, list] of Object.entries(this.slots)) {
      for (const [position, old] of list.entries()) {
        list[position] = keep(clone(tensors[`${name}.${position}`] as Tensor));
        old.dispose();
      }
    }
  }

  /** Frees the optimizer's tensors; the parameters stay. */
  dispose(): void {
    for (const list of Object.values(this.slots)) for (const tensor of list) tensor.dispose();
  }
}

function describe(tensor: Tensor | undefined): string {
  if (tensor === undefined) return 'absent';
  return tensor.dtype === 'float32' ? formatShape(tensor.shape) : `${tensor.dtype} ${formatShape(tensor.shape)}`;
}
