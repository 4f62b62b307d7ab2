// SPDX-License-Identifier: Apache-2.0
// How much of what a translator wrote stands in the translations of people.

import { ArgumentError, checkText } from '@nabla/core';

import type { Metric } from './metric.ts';

/** The longest sequences of words that are counted. */
const LONGEST = 4;

/**
 * BLEU of a whole corpus, 0 to 100, as sacrebleu's `corpus_bleu` computes it with its defaults:
 * `100 · min(1, exp(1 - r / c)) · (p₁ p₂ p₃ p₄)^¼`. pₙ is the share of the hypotheses' sequences of n words that a reference has too, each
 * at most as often as there; c counts the words of the hypotheses, r those of the references, of several for each the nearest in length.
 * Words are those of {@link tokenize13a}. Where there is no common sequence of a length, its share is halved for each such length
 * instead of 0: `1 / (2^k · sequences)`. A corpus whose sentences are all shorter than four words, or have no word in common, gets 0.
 *
 * @see Papineni et al. 2002, https://aclanthology.org/P02-1040; Post 2018, https://aclanthology.org/W18-6319
 * @example
 * const bleu = new Bleu();
 * bleu.update(['The dog bit the man.'], ['The dog had bit the man.']);
 * Math.round(bleu.compute() * 100) / 100; // 51.15
 */
export class Bleu implements Metric<
  number,
  [hypotheses: readonly string[], references: readonly (string | readonly string[])[]]
> {
  #common = new Array<number>(LONGEST).fill(0); // sequences of 1, 2, … words that a reference has too
  #total = new Array<number>(LONGEST).fill(0); // sequences of 1, 2, … words of the hypotheses
  #written = 0; // words of the hypotheses
  #wanted = 0; // words of the references

  /**
   * @param hypotheses what was written
   * @param references for each, what people wrote: one text, or several
   * @throws {ArgumentError} there are not as many of both, or one has no reference
   */
  update(hypotheses: readonly string[], references: readonly (string | readonly string[])[]): void {
    if (hypotheses.length !== references.length) {
      const expected = `to be for the ${hypotheses.length} hypotheses`;
      throw new ArgumentError({ op: 'Bleu', argument: 'references', expected, received: String(references.length) });
    }
    const pairs = hypotheses.map((hypothesis, i) => this.#read(hypothesis, [references[i] ?? []].flat(), i));
    for (const [words, others] of pairs) this.#count(words, others);
  }

  compute(): number {
    if (this.#common.every((count) => count === 0)) return this.#written === 0 && this.#wanted === 0 ? NaN : 0;
    let halvings = 1;
    const shares = this.#common.map((common, i) => {
      const total = this.#total[i] ?? 0;
      if (total === 0) return 0;
      if (common === 0) halvings *= 2;
      return common === 0 ? 1 / (halvings * total) : common / total;
    });
    const mean = Math.exp(shares.reduce((sum, share) => sum + Math.log(share), 0) / LONGEST);
    return 100 * Math.min(1, Math.exp(1 - this.#wanted / this.#written)) * mean;
  }

  reset(): void {
    this.#common.fill(0);
    this.#total.fill(0);
    this.#written = 0;
    this.#wanted = 0;
  }

  #read(hypothesis: string, references: readonly string[], i: number): [string[], string[][]] {
    checkText('Bleu', `hypothesis ${i}`, hypothesis);
    for (const reference of references) checkText('Bleu', `a reference of hypothesis ${i}`, reference);
    if (references.length > 0) return [tokenize13a(hypothesis), references.map(tokenize13a)];
    const argument = `the references of hypothesis ${i}`;
    throw new ArgumentError({ op: 'Bleu', argument, expected: 'to be at least one text', received: 'none' });
  }

  #count(words: readonly string[], references: readonly string[][]): void {
    this.#written += words.length;
    this.#wanted += nearestLength(words.length, references);
    for (let length = 1; length <= LONGEST; length++) {
      const counted = references.map((reference) => sequencesOf(reference, length));
      for (const [sequence, count] of sequencesOf(words, length)) {
        const most = Math.max(...counted.map((counts) => counts.get(sequence) ?? 0));
        this.#common[length - 1] = (this.#common[length - 1] ?? 0) + Math.min(count, most);
        this.#total[length - 1] = (this.#total[length - 1] ?? 0) + count;
      }
    }
  }
}

/** The length that is nearest to that of a hypothesis, of two the shorter. */
function nearestLength(length: number, references: readonly (readonly string[])[]): number {
  const lengths = references.map((reference) => reference.length).sort((a, b) => a - b);
  const distance = (one: number): number => Math.abs(one - length);
  return lengths.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

/** How often each sequence of `length` words occurs. */
function sequencesOf(words: readonly string[], length: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at + length <= words.length; at++) {
    const sequence = words.slice(at, at + length).join(' ');
    counts.set(sequence, (counts.get(sequence) ?? 0) + 1);
  }
  return counts;
}

/** What stands for a character where texts come from the web, in the order in which it is replaced. */
const ENTITIES = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
] as const;

/** Puts spaces around what is a word by itself: signs; periods and commas but between digits; a dash after a digit. */
const SEPARATIONS: readonly (readonly [RegExp, string])[] = [
  [/([{-~[-` -&(-+:-@/])/gu, ' $1 '],
  [/([^0-9])([.,])/gu, '$1 $2 '],
  [/([.,])([^0-9])/gu, ' $1 $2'],
  [/([0-9])(-)/gu, '$1 $2 '],
];

/**
 * The words of a text as NIST's mteval-v13a has them, by which BLEU scores of different people can be compared.
 *
 * @example
 * tokenize13a("It's 3,5 km, no?"); // ["It's", "3,5", "km", ",", "no", "?"]
 */
export function tokenize13a(text: string): string[] {
  let line = text.trimEnd().replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  for (const [entity, character] of ENTITIES) line = line.replaceAll(entity, character);
  const separated = SEPARATIONS.reduce((all, [pattern, spaced]) => all.replace(pattern, spaced), ` ${line} `);
  return separated.split(/\s+/u).filter((word) => word !== '');
}
