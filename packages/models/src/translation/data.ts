// SPDX-License-Identifier: Apache-2.0
// Pairs of sentences as a translator learns them: which are held out, and how they become batches.

import { ArgumentError, Generator, tensor2d } from '@nabla/core';
import { type Dataset, type PretrainedTokenizer, type TextPair, loadTextPairs } from '@nabla/data';

import { IGNORED } from '../generation/causal-model.ts';
import type { ResolveData } from '../training/recipe.ts';
import type { TranslationConfig } from './config.ts';
import type { TranslationBatch } from './model.ts';
import { SPECIAL } from './tokenizer.ts';

/** A pair as tokens, without start and end. */
export interface TokenPair {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** Pairs to learn from, and pairs to measure with, none of whose sources is learned. */
export interface TranslationSplit {
  readonly train: readonly TextPair[];
  readonly heldOut: readonly TextPair[];
}

/**
 * The pairs of a data set whose sentences are short enough.
 *
 * @throws {ArgumentError} there are none (code `TEXT_PAIRS`)
 */
export async function readPairs(
  { maximumWords }: Pick<TranslationConfig, 'maximumWords'>,
  data: string,
  resolveData: ResolveData,
): Promise<TextPair[]> {
  const dataset = await loadTextPairs(await resolveData(data));
  const isShort = (text: string): boolean => text.split(/\s+/u).length <= maximumWords;
  const pairs = itemsOf(dataset).filter(({ source, target }) => isShort(source) && isShort(target));
  if (pairs.length > 0) return pairs;
  const expected = `to have pairs of at most ${maximumWords} words each`;
  throw new ArgumentError({ op: 'translation', argument: `"${data}"`, expected, received: 'none' }, 'TEXT_PAIRS');
}

function itemsOf<Example>(dataset: Dataset<Example>): Example[] {
  return Array.from({ length: dataset.length }, (_, i) => dataset.get(i));
}

/**
 * Holds pairs out: the same for the same seed. Sentences have several translations; what is held out is the sentence, with all of them
 * and in whatever case and punctuation it comes, else the model would be asked what it was told.
 *
 * @throws {ArgumentError} less is left to learn from than is held out (code `TEXT_PAIRS`)
 */
export function splitPairs(
  pairs: readonly TextPair[],
  { heldOut: count, seed }: Pick<TranslationConfig, 'heldOut' | 'seed'>,
): TranslationSplit {
  const order = new Generator(seed).permutation(pairs.length);
  const shuffled = Array.from(order).flatMap((i) => pairs.slice(i, i + 1));
  const heldOut = shuffled.slice(0, count);
  const asked = new Set(heldOut.map(({ source }) => wordsOf(source)));
  const train = shuffled.filter(({ source }) => !asked.has(wordsOf(source)));
  if (train.length >= count) return { train, heldOut };
  const expected = 'to leave at least as many pairs to learn from';
  const received = `${count} of ${pairs.length}`;
  throw new ArgumentError({ op: 'translation', argument: 'heldOut', expected, received }, 'TEXT_PAIRS');
}

/** What sentences have in common that differ in case and punctuation alone; those without letters and digits stay as they are. */
function wordsOf(sentence: string): string {
  const words = sentence.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ');
  return words.trim() || sentence;
}

/** Pairs as tokens; those that do not fit the context, with their end, are left out. */
export function tokenPairs(
  pairs: readonly TextPair[],
  tokenizer: PretrainedTokenizer,
  context: number,
): readonly TokenPair[] {
  return pairs
    .map(({ source, target }) => ({ source: tokenizer.encode(source).ids, target: tokenizer.encode(target).ids }))
    .filter(({ source, target }) => source.length < context && target.length < context);
}

/** How long a pair is, for batches of similar ones: by its translation, then by its sentence. */
export function lengthOf({ source, target }: TokenPair): number {
  return target.length + source.length / 1024;
}

/** A batch, and how many labels there are in it, those that fill up not counted. */
export interface PairBatch extends TranslationBatch {
  readonly labelCount: number;
}

/** A batch of pairs, filled up to the longest. */
export function collatePairs(pairs: readonly TokenPair[]): PairBatch {
  const { padding, start, end } = SPECIAL;
  const sourceTime = Math.max(...pairs.map(({ source }) => source.length + 1));
  const time = Math.max(...pairs.map(({ target }) => target.length + 1));
  const table = (width: number, filler: number, row: (pair: TokenPair) => readonly number[]) =>
    tensor2d(
      Int32Array.from(
        pairs.flatMap((pair) => {
          const tokens = row(pair);
          return [...tokens, ...new Array<number>(width - tokens.length).fill(filler)];
        }),
      ),
      [pairs.length, width],
      'int32',
    );
  return {
    source: table(sourceTime, padding, ({ source }) => [...source, end]),
    sourceMask: table(sourceTime, 0, ({ source }) => new Array<number>(source.length + 1).fill(1)),
    target: table(time, padding, ({ target }) => [start, ...target]),
    labels: table(time, IGNORED, ({ target }) => [...target, end]),
    labelCount: pairs.reduce((count, { target }) => count + target.length + 1, 0),
  };
}
