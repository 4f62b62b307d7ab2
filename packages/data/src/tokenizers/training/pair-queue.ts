// SPDX-License-Identifier: Apache-2.0
// A priority queue of pairs of tokens: the most frequent first, then the one of the smaller ids.

/** Two ids as one number: pairs compare as their numbers do. */
export const PAIR_BASE: number = 2 ** 24;

/** A binary heap of pairs and their counts, in two flat lists. */
export class PairQueue {
  readonly #counts: number[] = [];
  readonly #pairs: number[] = [];

  /** Adds a pair; the same one may be there with other counts. */
  push(pair: number, count: number): void {
    let at = this.#pairs.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentCount = this.#counts[parent] ?? 0;
      const parentPair = this.#pairs[parent] ?? 0;
      if (!isBefore(pair, count, parentPair, parentCount)) break;
      this.#set(at, parentPair, parentCount);
      at = parent;
    }
    this.#set(at, pair, count);
  }

  /** Takes the first pair out; undefined where there is none. */
  pop(): { readonly pair: number; readonly count: number } | undefined {
    const [pair, count] = [this.#pairs[0], this.#counts[0]];
    const [lastPair, lastCount] = [this.#pairs.pop(), this.#counts.pop()];
    if (pair === undefined || count === undefined || lastPair === undefined || lastCount === undefined)
      return undefined;
    if (this.#pairs.length > 0) this.#sink(lastPair, lastCount);
    return { pair, count };
  }

  /** Puts a pair at the top and moves it down to where it belongs. */
  #sink(pair: number, count: number): void {
    const size = this.#pairs.length;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const other = child + 1;
      if (
        other < size &&
        isBefore(this.#pairs[other] ?? 0, this.#counts[other] ?? 0, this.#pairs[child] ?? 0, this.#counts[child] ?? 0)
      ) {
        child = other;
      }
      const [childPair, childCount] = [this.#pairs[child] ?? 0, this.#counts[child] ?? 0];
      if (!isBefore(childPair, childCount, pair, count)) break;
      this.#set(at, childPair, childCount);
      at = child;
    }
    this.#set(at, pair, count);
  }

  #set(at: number, pair: number, count: number): void {
    this.#pairs[at] = pair;
    this.#counts[at] = count;
  }
}

function isBefore(pair: number, count: number, otherPair: number, otherCount: number): boolean {
  return count > otherCount || (count === otherCount && pair < otherPair);
}
