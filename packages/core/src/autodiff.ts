// SPDX-License-Identifier: Apache-2.0
// Automatic differentiation: values with gradients, not recording, and summing gradients over several batches.

import { checkFloat, checkInteger, checkNumber, checkOptions, checkSynchronous } from './check.ts';
import { ArgumentError, formatShape, ShapeError } from './errors.ts';
import { scope } from './memory.ts';
import { sameShape } from './shape.ts';
import { backpropagate, freeTape, unrecorded } from './tape.ts';
import { nameOfTensor } from './tensor-names.ts';
import { type Scalar, type Tensor, Variable, add, clone, div, engine, keep, mul, zerosLike } from './tf.ts';

export interface ValueAndGradOptions {
  /** Whether a parameter that the loss does not depend on gets a gradient of zeros; default false, an error. */
  readonly allowUnused?: boolean;
}

/** A loss, and its gradient with respect to each parameter in their order. */
export interface ValueAndGradients {
  readonly value: Scalar;
  readonly gradients: Tensor[];
}

/**
 * Computes `f()` and its gradient with respect to every parameter. Everything made inside `f` is freed when this returns,
 * so `f` needs no scopes and no disposal; the value and the gradients belong to the caller. Nesting it inside `f` of another
 * call gives derivatives of higher order.
 *
 * @param f           gives the loss, a float32 scalar
 * @param parameters  variables (or tensors) that `f` uses, float32
 * @throws {ShapeError} `f` gives no scalar
 * @throws {DTypeError} the loss or a parameter is not float32
 * @throws {ArgumentError} the loss does not depend on a parameter (code `UNUSED`), `f` returns a promise (code `ASYNC`)
 * @example
 * const x = variable(tensor1d([3, 4]));
 * valueAndGrad(() => sum(square(x)), [x]).gradients; // [[6, 8]]
 */
export function valueAndGrad(
  f: () => Tensor,
  parameters: readonly Tensor[],
  options: ValueAndGradOptions = {},
): ValueAndGradients {
  checkOptions('valueAndGrad', options, ['allowUnused']);
  checkInteger('valueAndGrad', 'the number of parameters', parameters.length, { minimum: 1 });
  parameters.forEach((parameter, i) => {
    if (!(parameter instanceof Variable) || parameter.dtype !== 'float32') {
      checkFloat('valueAndGrad', { [nameOf(parameter, i)]: parameter });
    }
  });
  return recording(() =>
    scope(() => {
      const { value, found } = differentiate(() => checkLoss(f()), parameters);
      if (options.allowUnused !== true && found.includes(undefined)) {
        throw unusedError(parameters.flatMap((parameter, i) => (found[i] === undefined ? nameOf(parameter, i) : [])));
      }
      const gradients = parameters.map((parameter, i) => found[i] ?? zerosLike(parameter));
      // A loss that is itself a parameter, or was made elsewhere, is not the caller's to dispose: a clone is.
      const isOwn = value.scopeId === engine().state.activeScope.id && !value.kept;
      return { value: (isOwn ? value : clone(value)) as Scalar, gradients };
    }),
  );
}

function checkLoss(loss: Tensor): Tensor {
  const hint = 'Compute the loss first; only the gradient is taken here.';
  checkSynchronous('valueAndGrad', 'f', loss, hint);
  checkFloat('valueAndGrad', { 'the result of f': loss });
  if (loss.shape.length === 0) return loss;
  const reduce = 'Reduce it to one number, for example with mean or sum.';
  throw new ShapeError({
    op: 'valueAndGrad',
    argument: 'the result of f',
    expected: '[]',
    received: loss.shape,
    hint: reduce,
  });
}

function nameOf(parameter: Tensor, position: number): string {
  return nameOfTensor(parameter) ?? `parameter ${position}`;
}

function unusedError(names: readonly string[]): ArgumentError {
  const hint = 'Leave them out, or pass { allowUnused: true } for gradients of zeros.';
  const expected = 'to contribute to the loss';
  const received = `none from ${names.join(', ')}`;
  return new ArgumentError({ op: 'valueAndGrad', argument: 'every parameter', expected, received, hint }, 'UNUSED');
}

/** What the scope of a forward pass is called, as in tfjs. */
export const FORWARD_SCOPE = 'forward';

/** By what gradients are being taken, a list for each computation that has not ended, the innermost last. */
const watched: (readonly Tensor[])[] = [];

/** Whether somebody is taking gradients by this very tensor. */
export function isWatched(tensor: Tensor): boolean {
  return watched.some((tensors) => tensors.includes(tensor));
}

/**
 * The value of `f` and its gradients, for {@link recording} functions in a scope; undefined for a tensor that `f` does not depend
 * on.
 *
 * @param gradOut  of the value; default 1
 */
export function differentiate(
  f: () => Tensor,
  tensors: readonly Tensor[],
  gradOut?: Tensor,
): { readonly value: Tensor; readonly found: readonly (Tensor | undefined)[] } {
  const { state } = engine();
  watched.push(tensors);
  try {
    const value = forward(f);
    return { value, found: backpropagate(state.activeTape, value, tensors, gradOut) };
  } finally {
    watched.pop();
  }
}

/** Runs `f` with its ops put on the tape, a new one unless one is being recorded. */
function forward(f: () => Tensor): Tensor {
  const { state } = engine();
  if (state.gradientDepth === 0) state.activeTape = [];
  state.gradientDepth++;
  try {
    return engine().tidy(FORWARD_SCOPE, f);
  } finally {
    state.gradientDepth--;
  }
}

/**
 * Runs `f` with recording on, even inside {@link noGrad}, and frees what the tape holds when `f` throws (tfjs frees it only
 * at the end of a computation that succeeds).
 */
export function recording<T>(f: () => T): T {
  const { state } = engine();
  const { gradientDepth, kernelDepth, activeTape } = state;
  // Where nothing is recorded, the computation starts a tape of its own: what it makes is a constant for the one outside.
  if (kernelDepth > 0) {
    state.gradientDepth = 0;
    state.kernelDepth = 0;
  }
  const outermost = state.gradientDepth === 0;
  try {
    return f();
  } catch (error) {
    if (outermost) freeTape(state.activeTape ?? []);
    throw error;
  } finally {
    state.gradientDepth = gradientDepth;
    state.kernelDepth = kernelDepth;
    if (outermost) state.activeTape = activeTape;
  }
}

/** Runs `f` on a tape of its own, so that its gradients end at what it was given; a tape around takes it over. */
export function onOwnTape<T>(f: () => T): T {
  const { state } = engine();
  if (state.gradientDepth === 0) return recording(f);
  const outer = state.activeTape;
  state.activeTape = [];
  try {
    return recording(f);
  } finally {
    for (const node of state.activeTape) outer.push(node);
    state.activeTape = outer;
  }
}

/**
 * Runs `f` without recording: inside {@link valueAndGrad}, what it returns counts as a constant. Saves the time and memory of
 * the tape; the values are the same.
 *
 * @throws {ArgumentError} `f` returns a promise (code `ASYNC`)
 * @example
 * const x = variable(scalar(3));
 * valueAndGrad(() => mul(x, noGrad(() => square(x))), [x]).gradients; // [9]
 */
export function noGrad<T>(f: () => T): T {
  return unrecorded(() => {
    const result = f();
    checkSynchronous('noGrad', 'f', result, 'Await first, then compute.');
    return result;
  });
}

/**
 * `Σ weight · gradient / Σ weight` over several batches, for a step on more samples than fit in memory at once. Holds one sum per
 * parameter. Where the loss is a mean, the weight of a batch is how many samples, or tokens, it is the mean of: then the gradient is that
 * of one batch with all of them.
 *
 * @example
 * const accumulator = new GradientAccumulator();
 * accumulator.add([tensor1d([1, 2])], 3); // of three samples
 * accumulator.add([tensor1d([5, 6])], 1);
 * accumulator.mean(); // [[2, 3]]
 */
export class GradientAccumulator {
  #sums: Tensor[] = [];
  #count = 0;
  /** Of the first batch. The sums are of weights relative to it, so that batches of equal weight are added as they are. */
  #firstWeight = 1;
  #totalWeight = 0;

  /** Batches added since the last mean. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds the gradients of one batch, always of the same parameters in the same order. They stay the caller's.
   *
   * @param weight how much the batch counts, above 0; default 1
   * @throws {ShapeError} the shapes differ from those of the first batch
   * @throws {ArgumentError} the weight is not above 0
   */
  add(gradients: readonly Tensor[], weight = 1): void {
    checkNumber('GradientAccumulator.add', 'weight', weight, { above: 0 });
    const first = this.#count === 0;
    if (first) this.#firstWeight = weight;
    else this.#check(gradients);
    const relative = weight / this.#firstWeight;
    const sums = scope(() =>
      gradients.map((gradient, i) => {
        if (first) return keep(clone(gradient));
        return keep(add(this.#sums[i], relative === 1 ? gradient : mul(gradient, relative)));
      }),
    );
    for (const sum of this.#sums) sum.dispose();
    this.#sums = sums;
    this.#count++;
    this.#totalWeight += relative;
  }

  /**
   * The weighted mean of the gradients added, which belongs to the caller; the accumulator is empty afterwards.
   *
   * @throws {ArgumentError} nothing was added
   */
  mean(): Tensor[] {
    checkInteger('GradientAccumulator.mean', 'the number of batches', this.#count, { minimum: 1 });
    const means = this.#sums.map((sum) => (this.#count === 1 ? clone(sum) : div(sum, this.#totalWeight)));
    this.dispose();
    return means;
  }

  /** Frees the sums; the accumulator is empty afterwards. */
  dispose(): void {
    for (const sum of this.#sums) sum.dispose();
    this.#sums = [];
    this.#count = 0;
    this.#totalWeight = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #check(gradients: readonly Tensor[]): void {
    const op = 'GradientAccumulator.add';
    const { length } = this.#sums;
    checkInteger(op, 'the number of gradients', gradients.length, { minimum: length, maximum: length });
    gradients.forEach(({ shape }, i) => {
      if (sameShape(shape, this.#sums[i].shape)) return;
      throw new ShapeError({
        op,
        argument: `gradient ${i}`,
        expected: formatShape(this.#sums[i].shape),
        received: shape,
      });
    });
  }
}
