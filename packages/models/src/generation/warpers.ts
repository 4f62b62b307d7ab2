// SPDX-License-Identifier: Apache-2.0
// The rules of drawing, in transformers' order: they change how likely tokens are, and leave the unlikely ones out.

import type { DrawSettings, Warper } from './logit-settings.ts';
import { probabilities } from './sampling.ts';

/** Settings that leave all tokens as likely as they are. */
export const PLAIN: DrawSettings = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  epsilonCutoff: 0,
  etaCutoff: 0,
  leastKept: 1,
};

/** `l / temperature` */
function temperature(logits: Float32Array, { temperature: divisor }: DrawSettings): void {
  if (divisor !== 1) for (let token = 0; token < logits.length; token++) logits[token] = (logits[token] ?? 0) / divisor;
}

/** Keeps the `topK` largest, and what equals the smallest of them. */
function topK(logits: Float32Array, { topK: count, leastKept }: DrawSettings): void {
  if (count > 0) keepFrom(logits, nthLargest(logits, Math.max(count, leastKept)));
}

/**
 * Keeps the fewest tokens, likeliest first, whose probabilities come to at least `topP`.
 *
 * @see Holtzman et al. 2020, https://arxiv.org/abs/1904.09751
 */
function topP(logits: Float32Array, { topP: share, leastKept }: DrawSettings): void {
  if (share >= 1) return;
  const chances = probabilities(logits);
  // All below this come to less than what is left out, so that they need not be sorted: most tokens, where a model is sure.
  const clear = leastKept > 1 ? 0 : (1 - share) / logits.length;
  const ascending = logits.filter((logit, token) => logit !== -Infinity && (chances[token] ?? 0) >= clear).sort();
  const top = ascending.at(-1) ?? 0;
  const likeliest = chances[logits.indexOf(top)] ?? 0; // of the likeliest
  let below = chances.reduce((sum, chance) => (chance < clear ? sum + chance : sum), 0);
  let dropped = 0;
  while (dropped < ascending.length - leastKept) {
    below += Math.exp((ascending[dropped] ?? 0) - top) * likeliest;
    if (below > 1 - share) break;
    dropped++;
  }
  const least = ascending[dropped] ?? -Infinity;
  keepFrom(logits, least);
  let equals = dropped - ascending.indexOf(least); // of the tokens as likely as the last one that stays, these go as well
  for (let token = 0; equals > 0; token++) {
    if (logits[token] !== least) continue;
    logits[token] = -Infinity;
    equals--;
  }
}

/**
 * Keeps tokens at least `minP` times as probable as the likeliest.
 *
 * @see Nguyen et al. 2024, https://arxiv.org/abs/2407.01082
 */
function minP(logits: Float32Array, { minP: share, leastKept }: DrawSettings): void {
  if (share === 0) return;
  keepFrom(logits, Math.min(nthLargest(logits, 1) + Math.log(share), nthLargest(logits, leastKept)));
}

/**
 * Keeps the fewest tokens that have probability `typicalP` together, those first whose information `-ln p` is closest to the mean of it, the
 * entropy `H = -Σ p ln p`.
 *
 * @see Meister et al. 2023, https://arxiv.org/abs/2202.00666
 */
function typicalP(logits: Float32Array, { typicalP: share, leastKept }: DrawSettings): void {
  if (share >= 1) return;
  const chances = probabilities(logits);
  const entropy = entropyOf(chances);
  const distances = chances.map((p) => (p === 0 ? Infinity : Math.abs(-Math.log(p) - entropy)));
  const ascending = distances.filter(Number.isFinite).sort();
  // The smallest distance within which the tokens have the share, by halving: tokens are not sorted with their chances, which takes longer.
  const shareWithin = (limit: number): number => {
    let sum = 0;
    for (let token = 0; token < distances.length; token++) if (at(distances, token) <= limit) sum += at(chances, token);
    return sum;
  };
  let [low, high] = [Math.min(leastKept, ascending.length) - 1, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shareWithin(ascending[middle] ?? Infinity) < share) low = middle + 1;
    else high = middle;
  }
  const limit = ascending[low] ?? Infinity;
  keepWhere(logits, (token) => at(distances, token) <= limit);
}

/** Keeps tokens of at least probability `epsilonCutoff`. */
function epsilonCutoff(logits: Float32Array, { epsilonCutoff: least, leastKept }: DrawSettings): void {
  if (least > 0) keepProbable(logits, probabilities(logits), least, leastKept);
}

/**
 * Keeps tokens of at least probability `min(etaCutoff, √etaCutoff · exp(-H))`, with the entropy `H = -Σ p ln p`.
 *
 * @see Hewitt et al. 2022, https://arxiv.org/abs/2210.15191
 */
function etaCutoff(logits: Float32Array, { etaCutoff: cutoff, leastKept }: DrawSettings): void {
  if (cutoff === 0) return;
  const chances = probabilities(logits);
  keepProbable(logits, chances, Math.min(cutoff, Math.sqrt(cutoff) * Math.exp(-entropyOf(chances))), leastKept);
}

/** The rules, first to last. */
export const warpers: readonly Warper[] = [
  { name: 'temperature', apply: temperature },
  { name: 'topK', apply: topK },
  { name: 'topP', apply: topP },
  { name: 'minP', apply: minP },
  { name: 'typicalP', apply: typicalP },
  { name: 'epsilonCutoff', apply: epsilonCutoff },
  { name: 'etaCutoff', apply: etaCutoff },
];

/** Up to here the largest are collected one by one; more are found by sorting all. 256: a vocabulary of 50,000 takes under 1 ms. */
const COLLECTED = 256;

/** The `count`-th largest logit; -Infinity where there are no more. */
function nthLargest(logits: Float32Array, count: number): number {
  if (count >= logits.length) return -Infinity;
  if (count > COLLECTED) return Float32Array.from(logits).sort().at(-count) ?? -Infinity;
  const largest = new Float32Array(count).fill(-Infinity); // ascending
  for (const logit of logits) {
    if (logit <= (largest[0] ?? 0)) continue;
    let place = 0; // all before it are smaller; the smallest makes room
    while (place + 1 < count && (largest[place + 1] ?? 0) < logit) {
      largest[place] = largest[place + 1] ?? 0;
      place++;
    }
    largest[place] = logit;
  }
  return largest[0] ?? -Infinity;
}

function at(values: Float64Array, token: number): number {
  return values[token] ?? NaN;
}

function entropyOf(chances: Float64Array): number {
  return chances.reduce((sum, p) => (p === 0 ? sum : sum - p * Math.log(p)), 0);
}

function keepProbable(logits: Float32Array, chances: Float64Array, least: number, leastKept: number): void {
  const likely = nthLargest(logits, leastKept);
  keepWhere(logits, (token, logit) => (chances[token] ?? 0) >= least || logit >= likely);
}

function keepFrom(logits: Float32Array, least: number): void {
  keepWhere(logits, (_, logit) => logit >= least);
}

function keepWhere(logits: Float32Array, isKept: (token: number, logit: number) => boolean): void {
  for (let token = 0; token < logits.length; token++)
    if (!isKept(token, logits[token] ?? NaN)) logits[token] = -Infinity;
}
