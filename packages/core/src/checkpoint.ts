// SPDX-License-Identifier: Apache-2.0
// Gradient checkpointing: a part of a computation keeps nothing but its inputs, and is computed again in the backward pass.

import { FORWARD_SCOPE, differentiate, isWatched, noGrad, onOwnTape } from './autodiff.ts';
import { checkFloat, checkSynchronous, checkTensor } from './check.ts';
import { ArgumentError, formatShape } from './errors.ts';
import { scope, tensorsIn } from './memory.ts';
import { observeKernels } from './observe-kernels.ts';
import { type Draws, observeDraws, replayDraws } from './random.ts';
import { type GradSaveFunc, type Tensor, Variable, add, clone, customGrad, engine, scalar, zeros } from './tf.ts';

let recomputing = false;

/**
 * Whether the code that runs is inside of {@link checkpoint} for the second time, in the backward pass. What changes its own
 * state in `forward`, as batch normalization moves its running statistics, asks this so as to do it once.
 */
export function isRecomputing(): boolean {
  return recomputing;
}

/**
 * Computes `f(...inputs)` and forgets everything between: only the inputs are kept for the backward pass, which computes `f` once
 * more. So the memory of training falls to that of the largest part that is wrapped and the inputs of all, for the time of one
 * more forward pass. Values and gradients are the same, bit for bit where no other part uses a parameter of `f` too: generators
 * that `f` draws from, as for dropout, go back to where they stood, and state such as running statistics is moved once.
 *
 * The gradient reaches the inputs and every trained variable that `f` uses. What else `f` uses must be an input if it was made in
 * the same computation, for all but inputs, variables and what was kept is gone in the backward pass. Where no gradients are taken,
 * `f` just runs.
 *
 * @param f       a function of its inputs that gives one tensor, float32, and the same one each time
 * @param inputs  of any type; what is not float32 has no gradient
 * @throws {DTypeError} the result of `f` is not float32
 * @throws {ArgumentError} an input is no tensor (code `TENSOR`), `f` returns a promise (code `ASYNC`), `f` uses a tensor that will
 *   be gone (code `CAPTURED`)
 * @see Chen et al. 2016, https://arxiv.org/abs/1604.06174
 * @example
 * const w = variable(scalar(3));
 * valueAndGrad(() => checkpoint((x) => square(mul(x, w)), [scalar(2)]), [w]).gradients; // [24]
 */
export function checkpoint<Inputs extends readonly Tensor[]>(
  f: (...inputs: Inputs) => Tensor,
  inputs: readonly [...Inputs],
): Tensor {
  inputs.forEach((input, i) => checkTensor('checkpoint', `input ${i}`, input));
  const run = (given: readonly Tensor[]): Tensor => {
    const result = f(...(given as Inputs));
    checkSynchronous('checkpoint', 'f', result, 'Await first, then compute.');
    checkFloat('checkpoint', { 'the result of f': result });
    return result;
  };
  if (!engine().isTapeOn()) return scope(() => run(inputs));
  return scope(() => {
    const { value: seen, draws } = observeDraws(() => noGrad(() => observeReads(() => run(inputs))));
    checkCaptured(seen.reads, inputs);
    const sources = [...new Set([...inputs, ...differentiable(seen.reads)])].filter(isFloat);
    const recorded = customGrad((...received: (Tensor | GradSaveFunc)[]) => {
      (received.at(-1) as GradSaveFunc)([...inputs]);
      return {
        value: clone(seen.value),
        gradFunc: (gradOut: Tensor, saved: Tensor[]) => {
          const standIns = inputs.map((input) => saved[inputs.indexOf(input)]); // one that is given twice stays one
          return recompute(
            () => run(standIns),
            draws,
            sources,
            (source) => standIns[inputs.indexOf(source)],
            gradOut,
          );
        },
      };
    });
    return sources.length === 0 ? seen.value : recorded(...sources);
  });
}

function isFloat({ dtype }: Tensor): boolean {
  return dtype === 'float32';
}

/** Runs `f` in a scope, and tells which tensors from outside its kernels read. */
function observeReads(f: () => Tensor): { readonly value: Tensor; readonly reads: ReadonlySet<Tensor> } {
  const reads = new Set<Tensor>();
  const first = scope(() => scalar(0).id); // ids grow: what f makes comes later
  const observer = (_: string, inputs: object): void => {
    for (const tensor of tensorsIn(inputs)) if (tensor.id < first) reads.add(tensor);
  };
  return { value: observeKernels(observer, () => scope(f)), reads };
}

/** @throws {ArgumentError} one of the tensors that were read belongs to a scope that ends with the forward pass */
function checkCaptured(reads: ReadonlySet<Tensor>, inputs: readonly Tensor[]): void {
  const { scopeStack } = engine().state;
  const start = scopeStack.findIndex(({ name }) => name === FORWARD_SCOPE);
  const ending = new Set(scopeStack.slice(start).map(({ id }) => id));
  for (const tensor of reads) {
    if (tensor instanceof Variable || tensor.kept || inputs.includes(tensor) || !ending.has(tensor.scopeId)) continue;
    const expected = 'to be inputs, where they were made in the same computation';
    const received = `a tensor of shape ${formatShape(tensor.shape)} that is none`;
    const hint = 'Pass it on: checkpoint((x, y) => …, [x, y]).';
    const argument = 'the tensors that f uses';
    throw new ArgumentError({ op: 'checkpoint', argument, expected, received, hint }, 'CAPTURED');
  }
}

/** Those whose gradient may be asked for; constants may stand before a kernel that has no gradient. */
function differentiable(tensors: ReadonlySet<Tensor>): Tensor[] {
  const recorded = new Set<number>();
  for (const { outputs } of engine().state.activeTape) for (const { id } of outputs) recorded.add(id);
  return [...tensors].filter(
    (tensor) => (tensor instanceof Variable && tensor.trainable) || recorded.has(tensor.id) || isWatched(tensor),
  );
}

/** The gradients by `sources` of a computation that is run again; `f` may see a stand-in for a source. */
function recompute(
  f: () => Tensor,
  draws: Draws,
  sources: readonly Tensor[],
  standInFor: (source: Tensor) => Tensor | undefined,
  gradOut: Tensor,
): Tensor[] {
  const standIns = sources.map((source) => standInFor(source) ?? source);
  const again = (): Tensor => {
    const outer = recomputing;
    recomputing = true;
    try {
      return replayDraws(draws, f);
    } finally {
      recomputing = outer;
    }
  };
  return onOwnTape(() =>
    scope(() => {
      const { found } = differentiate(again, [...sources, ...standIns], gradOut);
      return sources.map((source, i) => {
        const own = found[i];
        const standIn = standIns[i] === source ? undefined : found[sources.length + i];
        if (own != null && standIn != null) return add(own, standIn);
        const only = own ?? standIn;
        return only == null ? zeros(source.shape) : clone(only);
      });
    }),
  );
}
