// SPDX-License-Identifier: Apache-2.0
// Beam search: the likeliest texts as a whole, found by writing several at once and going on with the best of them, or drawn ones.

import { setImmediate as nextTick } from 'node:timers/promises';

import type { Generator } from '@nabla/core';

import type { GenerativeModel } from './decoding.ts';
import { constrain, warp } from './logit-rules.ts';
import type { BeamSettings } from './options.ts';
import { type Beginning, type Prompt, promptOf, startDecoding } from './prompts.ts';
import { drawTokens, largestTokens, logSumOfExponentials } from './sampling.ts';
import { finishOf } from './write-rows.ts';

/** A text that the search has found. */
export interface Hypothesis {
  /** The new tokens. */
  readonly tokens: readonly number[];
  /** The sum of their log-probabilities while it runs; once finished, that divided by length^lengthPenalty. */
  readonly score: number;
  /** Of each new token, as the model has it before all rules. */
  readonly logProbabilities: readonly number[];
}

/** A text that goes on from a row of the batch. */
interface Beam extends Hypothesis {
  readonly row: number;
}

/** The search for one prompt. */
interface Search {
  readonly prompt: Prompt;
  running: readonly Beam[];
  /** Best first, as many as there are beams at most. */
  finished: readonly Hypothesis[];
}

/**
 * Searches for the best texts of each prompt, with N beams. A running beam's score is the sum of its log-probabilities. Each step takes
 * the 2N best continuations of all running beams (more where several tokens end a text). Of the best N of them, those that end become
 * finished with `score / length^lengthPenalty`, of which the N best are kept; the N best that did not end run on. The search is over when
 * none runs, or N are finished and none that runs can be better, as far as `earlyStopping` looks.
 *
 * With `sample`, the rules of drawing change the log-probabilities as well, and the 2N continuations are drawn, without repetition and each by
 * `exp(score)` among those left; the rest is the same.
 *
 * @returns for each prompt, the finished texts, best first
 */
export async function searchBeams(
  model: GenerativeModel,
  beginning: Beginning,
  settings: BeamSettings,
): Promise<(readonly Hypothesis[])[]> {
  const { signal } = settings;
  signal?.throwIfAborted();
  const decoding = await startDecoding(model, beginning, settings);
  try {
    const searches = beginning.texts.map((_, row): Search => {
      return {
        prompt: promptOf(beginning, row),
        running: [{ tokens: [], score: 0, logProbabilities: [], row }],
        finished: [],
      };
    });
    let logits = await decoding.begin(beginning.rows, beginning.mask);
    for (;;) {
      for (const search of searches) if (search.running.length > 0) takeStep(search, logits, settings);
      const running = searches.flatMap((search) => search.running);
      if (running.length === 0) return searches.map(({ finished }) => finished);
      await nextTick();
      signal?.throwIfAborted();
      const order: number[] = [];
      const next: number[][] = [];
      for (const search of searches) {
        const places = placesFor(search.running, order.length);
        search.running = search.running.map((beam, i) => {
          const row = places[i] ?? NaN;
          order[row] = beam.row;
          next[row] = beam.tokens.slice(-1);
          return { ...beam, row };
        });
      }
      await decoding.reorder(order);
      await nextTick();
      logits = await decoding.next(next);
    }
  } finally {
    decoding.dispose();
  }
}

/** Rows for beams, from `begin` on: each stays in that of the beam that it goes on from, where it can, so that little is moved. */
function placesFor(beams: readonly Beam[], begin: number): number[] {
  const free = new Set(beams.map((_, i) => begin + i));
  const own = beams.map(({ row }) => (free.delete(row) ? row : undefined));
  const others = [...free];
  return own.map((row) => row ?? others.shift() ?? NaN);
}

function takeStep(search: Search, logits: readonly Float32Array[], settings: BeamSettings): void {
  const { beams, lengthPenalty, endTokens } = settings;
  const count = Math.max(2, 1 + endTokens.length) * beams;
  const followed = search.running.map((beam) => follow(beam, logits[beam.row], search.prompt, settings));
  const candidates = (settings.sample ? drawn(followed, count, settings.generator) : best(followed, count))
    .sort((a, b) => b.score - a.score)
    .map((beam) => ({ beam, ends: finishOf(beam.tokens, settings) !== undefined }));
  const ended = candidates
    .slice(0, beams)
    .filter(({ ends }) => ends)
    .map(({ beam: { tokens, score, logProbabilities } }): Hypothesis => {
      return { tokens, score: score / tokens.length ** lengthPenalty, logProbabilities };
    });
  search.finished = [...search.finished, ...ended].sort((a, b) => b.score - a.score).slice(0, beams);
  const running = candidates.filter(({ ends }) => !ends).map(({ beam }) => beam);
  search.running = canImprove(running, search.finished, settings) ? running.slice(0, beams) : [];
}

/** A beam, and what each next token would make of it. */
interface Followed {
  readonly beam: Beam;
  /** Of each token, as the model has it. */
  readonly own: Float32Array;
  /** What each adds to the score, after all rules; -Infinity where it is forbidden. */
  readonly changed: Float32Array;
}

function follow(beam: Beam, logits: Float32Array | undefined, prompt: Prompt, settings: BeamSettings): Followed {
  if (logits === undefined) throw new TypeError('a beam without logits');
  const { tokens, row } = beam;
  const own = logProbabilitiesOf(logits);
  const context = { tokens: [...prompt.text, ...tokens], source: prompt.source, written: tokens.length, row };
  const constrained = constrain(own, settings, context);
  const warped = settings.sample ? warp(constrained, settings) : constrained;
  return { beam, own, changed: settings.renormalize ? logProbabilitiesOf(warped) : warped };
}

function logProbabilitiesOf(logits: Float32Array): Float32Array {
  const total = logSumOfExponentials(logits);
  return logits.map((logit) => logit - total);
}

/** The `count` best continuations of all beams. */
function best(followed: readonly Followed[], count: number): Beam[] {
  return followed
    .flatMap((one) => largestTokens(one.changed, count).map((token) => goOn(one, token)))
    .sort((a, b) => b.score - a.score)
    .slice(0, count);
}

/** `count` continuations of all beams, drawn by their scores. */
function drawn(followed: readonly Followed[], count: number, generator: Generator): Beam[] {
  const scores = followed.map(({ beam, changed }) => changed.map((added) => beam.score + added));
  const vocabulary = scores[0]?.length ?? 0;
  const all = new Float32Array(scores.length * vocabulary);
  scores.forEach((row, i) => all.set(row, i * vocabulary));
  return drawTokens(all, count, generator).flatMap((place) => {
    const one = followed[Math.floor(place / vocabulary)];
    return one === undefined ? [] : [goOn(one, place % vocabulary)];
  });
}

function goOn({ beam, own, changed }: Followed, token: number): Beam {
  const { tokens, score, logProbabilities, row } = beam;
  return {
    tokens: [...tokens, token],
    score: score + (changed[token] ?? NaN),
    logProbabilities: [...logProbabilities, own[token] ?? NaN],
    row,
  };
}

/** Whether a running text may still become better than the worst of those that are finished. */
function canImprove(
  running: readonly Beam[],
  finished: readonly Hypothesis[],
  { beams, lengthPenalty, earlyStopping, maximumNewTokens }: BeamSettings,
): boolean {
  const [best] = running;
  const worst = finished[beams - 1];
  if (best === undefined || worst === undefined) return best !== undefined;
  if (earlyStopping === true) return false;
  const length = earlyStopping === 'never' && lengthPenalty > 0 ? maximumNewTokens : best.tokens.length;
  return best.score / length ** lengthPenalty > worst.score;
}
