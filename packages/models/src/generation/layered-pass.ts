// SPDX-License-Identifier: Apache-2.0
// A pass through a stack of layers that can be taken layer by layer.

import { type Tensor, dispose, keep, noGrad, scope } from '@nabla/core';

import type { Turns } from './turns.ts';

/** What a pass goes on with after a layer: whoever takes it layer by layer may free all else. */
export interface PassState {
  /** `[batch, time, features]` */
  readonly x: Tensor;
  /** Masks, rotations and the like that the pass has made. */
  readonly rest?: readonly (Tensor | undefined)[];
}

/**
 * Gives the embeddings, then what each layer makes of them; returns the states after the last norm, or the last as they are. A generator,
 * because kernels cannot be interrupted: between two layers others may get their turn.
 *
 * Of a decoder, whatever differs from one token to the next beside the cache must be in a tensor of the first state, freshly made, and of a
 * shape that stays while the memory of the cache does: what the layers compute of it may be replayed without the generator
 * (recorded-steps.ts).
 */
export type LayeredPass = Generator<PassState, Tensor, undefined>;

/** Runs a step of a pass with what holds while it computes, and not between two steps. */
export type During = <R>(step: () => R) => R;

/** Takes a pass at once. */
export function finishPass(pass: LayeredPass): Tensor {
  for (;;) {
    const { done, value } = pass.next();
    if (done === true) return value;
  }
}

/** The embeddings, then what each layer makes of them; the last after the last norm. */
export function statesOf(pass: LayeredPass): Tensor[] {
  const states: Tensor[] = [];
  for (;;) {
    const { done, value } = pass.next();
    if (done === true) return states.with(-1, value);
    states.push(value.x);
  }
}

/**
 * Takes a pass layer by layer without gradients, with turns of the event loop between the layers, and frees after each what the next does
 * not need.
 *
 * @param use    makes something of the states, in the last step; tensors that are to stay are its to keep, the states as a clone
 */
export async function takePass<T>(
  pass: LayeredPass,
  turns: Turns,
  use: (states: Tensor) => T,
  during: During,
): Promise<T> {
  let held: readonly Tensor[] = [];
  const compute = <R>(step: () => R): R => during(() => scope(() => noGrad(step)));
  const hold = (made: readonly Tensor[]): void => {
    dispose(held.filter((tensor) => !made.includes(tensor)));
    held = made.filter((tensor) => held.includes(tensor) || !tensor.kept).map(keep); // what others keep is theirs
  };
  const takeStep = (): Tensor | undefined =>
    compute(() => {
      const { done, value } = pass.next();
      hold(done === true ? [value] : [value.x, ...(value.rest ?? [])].filter((tensor) => tensor !== undefined));
      return done === true ? value : undefined;
    });
  try {
    for (;;) {
      const states = takeStep();
      if (states !== undefined) {
        await turns.beforeLast();
        return compute(() => use(states));
      }
      await turns.afterStep();
    }
  } finally {
    dispose(held);
    turns.end();
  }
}
