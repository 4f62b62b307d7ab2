// SPDX-License-Identifier: Apache-2.0
// How much of a prompt is read at once: as much as takes a moment, found by the time that passes over it take.

import { type Clock, PATIENCE } from './turns.ts';

/** Tokens of the first pass of all. */
const FIRST = 32;
/** Fewer tokens take hardly less time: the weights have to be read for one as for all. */
const LEAST = 16;
/** How far the tokens of a pass may fall below those of the one before: a pass that was interrupted says little. */
const FALL = 2;
/** And how far they may rise: of few tokens, most of the time may not have been theirs. */
const RISE = 8;

/**
 * The pace at which a model reads. A kernel cannot be interrupted, so a long prompt is read in passes whose steps (a layer each, if
 * the model can be taken layer by layer) leave the event loop its turns. Each pass costs something beside its tokens: there are as
 * few of them as that allows, and all of one size.
 */
export class ReadingPace {
  readonly clock: Clock;
  /** Tokens that a pass has, at most. */
  private most = FIRST;

  constructor(clock: Clock = () => performance.now()) {
    this.clock = clock;
  }

  /** How many of the `left` time steps of `rows` rows the next pass reads. */
  timeSteps(left: number, rows: number): number {
    return evenPart(left, Math.floor(this.most / rows));
  }

  /** Learns how many milliseconds a step of a pass over `tokens` tokens took. */
  learn(tokens: number, milliseconds: number): void {
    const isRest = tokens < this.most / FALL && milliseconds < PATIENCE; // of which too little can be told
    if (isRest) return;
    const wanted = (tokens * PATIENCE) / Math.max(milliseconds, 1e-3);
    this.most = Math.max(LEAST, Math.floor(Math.min(tokens * RISE, Math.max(tokens / FALL, wanted))));
  }
}

/** The size of the first of the fewest parts of a whole that have `most` at most, all but equal. */
export function evenPart(whole: number, most: number): number {
  return Math.ceil(whole / Math.ceil(whole / Math.max(1, most)));
}

const paces = new WeakMap<object, ReadingPace>();

/** The pace of a model: what was learnt from one prompt serves the next. */
export function paceOf(model: object): ReadingPace {
  const known = paces.get(model) ?? new ReadingPace();
  paces.set(model, known);
  return known;
}
