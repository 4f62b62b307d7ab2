// SPDX-License-Identifier: Apache-2.0
// Byte pair encoding learned from words and their counts: the plain way, and the one that recounts only what a merge changes.

import { PAIR_BASE, PairQueue } from './pair-queue.ts';

/** A word as ids of tokens, and how often it is there. */
export interface CountedWord {
  readonly symbols: readonly number[];
  readonly count: number;
}

/** What {@link learnMerges} goes on with, and when it stops. */
export interface LearnOptions {
  /** The tokens to begin with, by their ids; the new ones are added. */
  readonly tokens: string[];
  /** As many tokens, no more. */
  readonly vocabularySize: number;
  /** Pairs that are there less often are left apart. */
  readonly minimumFrequency: number;
  /** The token of two. */
  readonly join: (left: string, right: string) => string;
  /** Told the number of tokens, now and then. */
  readonly onProgress?: ((tokens: number) => void) | undefined;
}

/** A pair of ids that becomes one token. */
export type Merge = readonly [left: number, right: number];

/**
 * Learns which pairs of tokens to join: again and again the pair that is there most often, of equally frequent ones that with the smaller
 * left id, then the smaller right one. This is the definition; {@link learnMerges} finds the same.
 *
 * @see Sennrich, Haddow & Birch 2016, https://arxiv.org/abs/1508.07909
 */
export function learnMergesPlainly(words: readonly CountedWord[], options: LearnOptions): Merge[] {
  const { tokens, vocabularySize, minimumFrequency, join } = options;
  const merges: Merge[] = [];
  let current = words.map(({ symbols }) => symbols);
  while (tokens.length < vocabularySize) {
    const counts = new Map<number, number>();
    for (const [i, symbols] of current.entries()) {
      for (let at = 0; at + 1 < symbols.length; at++) {
        const pair = (symbols[at] ?? 0) * PAIR_BASE + (symbols[at + 1] ?? 0);
        counts.set(pair, (counts.get(pair) ?? 0) + (words[i]?.count ?? 0));
      }
    }
    const [best] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b);
    if (best === undefined || best[1] < Math.max(1, minimumFrequency)) break;
    const merge = unpack(best[0]);
    const id = addToken(tokens, merge, join);
    merges.push(merge);
    current = current.map((symbols) => mergeSymbols(symbols, merge, id));
  }
  return merges;
}

/** The symbols with a pair joined wherever it is, from left to right. */
function mergeSymbols(symbols: readonly number[], [left, right]: Merge, id: number): number[] {
  const merged: number[] = [];
  for (let at = 0; at < symbols.length; at++) {
    const isPair = symbols[at] === left && symbols[at + 1] === right;
    merged.push(isPair ? id : (symbols[at] ?? 0));
    if (isPair) at++;
  }
  return merged;
}

/**
 * {@link learnMergesPlainly} for real texts: the counts of pairs are kept, with the words that have them, and a merge changes only those of
 * its neighbours. A queue has the most frequent pair first; counts in it may be too large, since they are lowered only when they come up.
 */
export function learnMerges(words: readonly CountedWord[], options: LearnOptions): Merge[] {
  const { tokens, vocabularySize, minimumFrequency, join, onProgress } = options;
  const known = new Map(tokens.map((token, id) => [token, id]));
  const pairs = new PairCounts(words);
  const merges: Merge[] = [];
  while (tokens.length < vocabularySize) {
    const best = pairs.takeMostFrequent();
    if (best === undefined || best.count < Math.max(1, minimumFrequency)) break;
    const merge = unpack(best.pair);
    const id = addToken(tokens, merge, join, known);
    merges.push(merge);
    pairs.merge(best.pair, merge, id);
    if (merges.length % 64 === 0) onProgress?.(tokens.length);
  }
  onProgress?.(tokens.length);
  return merges;
}

/** The pairs of neighbouring symbols in words, how often they are there, and where. */
class PairCounts {
  readonly #words: number[][];
  readonly #weights: readonly number[];
  readonly #counts = new Map<number, number>();
  /** The words that have, or had, a pair; one may be there twice. */
  readonly #places = new Map<number, number[]>();
  readonly #queue = new PairQueue();
  /** The pairs that the current merge made more frequent. */
  readonly #risen = new Set<number>();

  constructor(words: readonly CountedWord[]) {
    this.#words = words.map(({ symbols }) => [...symbols]);
    this.#weights = words.map(({ count }) => count);
    for (const [word, symbols] of this.#words.entries()) {
      for (let at = 0; at + 1 < symbols.length; at++) {
        this.#change((symbols[at] ?? 0) * PAIR_BASE + (symbols[at + 1] ?? 0), word, 1);
      }
    }
    this.#enqueueRisen();
  }

  takeMostFrequent(): { readonly pair: number; readonly count: number } | undefined {
    for (;;) {
      const first = this.#queue.pop();
      if (first === undefined) return undefined;
      const count = this.#counts.get(first.pair) ?? 0;
      if (count === first.count) return first;
      if (count > 0 && count < first.count) this.#queue.push(first.pair, count);
    }
  }

  /** Joins a pair in all words. */
  merge(pair: number, [left, right]: Merge, id: number): void {
    for (const word of this.#places.get(pair) ?? []) this.#mergeIn(word, left, right, id);
    this.#counts.delete(pair);
    this.#places.delete(pair);
    this.#risen.delete(pair);
    this.#enqueueRisen();
  }

  /** Joins the pair within one word, in place, and counts the neighbours anew. */
  #mergeIn(word: number, left: number, right: number, id: number): void {
    const symbols = this.#words[word] ?? [];
    let kept = 0;
    for (let at = 0; at < symbols.length; at++, kept++) {
      const symbol = symbols[at] ?? 0;
      symbols[kept] = symbol;
      if (symbol !== left || symbols[at + 1] !== right) continue;
      const before = kept > 0 ? symbols[kept - 1] : undefined;
      const after = symbols[at + 2];
      if (before !== undefined) {
        this.#change(before * PAIR_BASE + left, word, -1);
        this.#change(before * PAIR_BASE + id, word, 1);
      }
      if (after !== undefined) {
        this.#change(right * PAIR_BASE + after, word, -1);
        this.#change(id * PAIR_BASE + after, word, 1);
      }
      symbols[kept] = id;
      at++;
    }
    symbols.length = kept;
  }

  #change(pair: number, word: number, direction: 1 | -1): void {
    this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + direction * (this.#weights[word] ?? 0));
    if (direction < 0) return;
    this.#risen.add(pair);
    const places = this.#places.get(pair);
    if (places === undefined) this.#places.set(pair, [word]);
    else if (places.at(-1) !== word) places.push(word);
  }

  #enqueueRisen(): void {
    for (const pair of this.#risen) {
      const count = this.#counts.get(pair) ?? 0;
      if (count > 0) this.#queue.push(pair, count);
    }
    this.#risen.clear();
  }
}

function unpack(pair: number): Merge {
  return [Math.floor(pair / PAIR_BASE), pair % PAIR_BASE];
}

/** The id of the token of a pair: a new one, unless another pair has made the same token, as `a` `aa` and `aa` `a` do. */
function addToken(
  tokens: string[],
  [left, right]: Merge,
  join: LearnOptions['join'],
  known?: Map<string, number>,
): number {
  const token = join(tokens[left] ?? '', tokens[right] ?? '');
  const same = known === undefined ? tokens.indexOf(token) : (known.get(token) ?? -1);
  if (same !== -1) return same;
  known?.set(token, tokens.length);
  return tokens.push(token) - 1;
}
