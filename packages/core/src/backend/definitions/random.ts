// SPDX-License-Identifier: Apache-2.0
// Random fills, defined in + - * / and square roots only, so that every device computes the very same bits (philox-inl.h).

import { philox } from '../../philox.ts';
import { sizeOf } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import { definition } from '../kernel.ts';

const { clz32, fround, min, sqrt } = Math; // once: a test runner may make every look at a global slow

/** What every random kernel is given: it has no inputs. */
interface RandomAttributes {
  readonly shape: readonly number[];
  readonly seed: number; // integer >= 0 that a number holds exactly
  readonly offset: number; // first block, integer >= 0 that a number holds exactly
}
export interface RandomUniformAttributes extends RandomAttributes {
  readonly low: number;
  readonly high: number;
}
export interface RandomNormalAttributes extends RandomAttributes {
  readonly mean: number;
  readonly standardDeviation: number;
}

/**
 * Uniform numbers in `[low, high)`: element i is `low + (high - low) * u`, where u is the upper 24 bits of word `i % 4` of
 * block `offset + floor(i / 4)`, divided by 2^24. Computed in double precision and rounded to float32; the rare value that
 * rounds up to `high` becomes `low`.
 */
export function fillUniform(out: Float32Array, seed: number, offset: number, low: number, high: number): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 4) {
    philox(seed, offset + i / 4, words);
    const lanes = min(4, out.length - i);
    for (let lane = 0; lane < lanes; lane++) {
      const value = fround(low + (high - low) * uniform(words[lane]));
      out[i + lane] = value < high ? value : low;
    }
  }
}

/**
 * Normal numbers by Box and Muller: words 0 and 1 of a block give elements 0 and 1, words 2 and 3 give elements 2 and 3, as
 * `mean + standardDeviation * radius * cos(angle)` and `… * sin(angle)`. Computed in double precision, rounded to float32.
 * The largest magnitude is 6.66 standard deviations.
 */
export function fillNormal(
  out: Float32Array,
  seed: number,
  offset: number,
  mean: number,
  standardDeviation: number,
): void {
  const words = new Uint32Array(4);
  const turn = new Float64Array(2);
  for (let i = 0; i < out.length; i += 4) {
    philox(seed, offset + i / 4, words);
    const lanes = min(4, out.length - i);
    for (let lane = 0; lane < lanes; lane += 2) {
      const radius = sqrt(2 * negativeLogarithm(words[lane]));
      cosineAndSine(words[lane + 1], turn);
      out[i + lane] = mean + standardDeviation * (radius * turn[0]);
      if (lane + 1 < lanes) out[i + lane + 1] = mean + standardDeviation * (radius * turn[1]);
    }
  }
}

/** What dropout keeps: element i is 1 when its uniform number, drawn as in {@link fillUniform}, is >= `probability`, else 0. */
export function fillKept(out: Uint8Array | Float32Array, seed: number, offset: number, probability: number): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 4) {
    philox(seed, offset + i / 4, words);
    const lanes = min(4, out.length - i);
    for (let lane = 0; lane < lanes; lane++) out[i + lane] = uniform(words[lane]) >= probability ? 1 : 0;
  }
}

/** The upper 24 bits of a word as a number in `[0, 1)`. */
export function uniform(word: number): number {
  return (word >>> 8) / 16777216;
}

/**
 * `-ln(u)` of `u = max(word, 1) / 2^32`, within 1e-15 of its size or of 1. The word is written as `m * 2^e` with m between
 * sqrt(1/2) and sqrt(2); `ln m = 2 artanh(s)` with `s = (m - 1) / (m + 1)`, |s| < 0.172, summed up to `s^19 / 19`.
 */
export function negativeLogarithm(word: number): number {
  const n = word === 0 ? 1 : word;
  const zeros = clz32(n);
  let m = ((n << zeros) >>> 0) / 2147483648;
  let e = 31 - zeros;
  if (m > 1.4142135623730951) {
    m = m * 0.5;
    e = e + 1;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let sum = 1 / 19;
  sum = sum * q + 1 / 17;
  sum = sum * q + 1 / 15;
  sum = sum * q + 1 / 13;
  sum = sum * q + 1 / 11;
  sum = sum * q + 1 / 9;
  sum = sum * q + 1 / 7;
  sum = sum * q + 1 / 5;
  sum = sum * q + 1 / 3;
  sum = sum * q + 1;
  return (32 - e) * 0.6931471805599453 - 2 * s * sum;
}

/**
 * Cosine and sine of `word / 2^32` of a full turn, each within 1e-15. The turn is split at the nearest quarter; the rest, at
 * most an eighth, goes through Taylor's series up to `x^16 / 16!` and `x^15 / 15!`.
 */
export function cosineAndSine(word: number, out: Float64Array): void {
  const quarter = (word + 536870912) >>> 30;
  const rest = (word - quarter * 1073741824) | 0;
  const x = (rest / 1073741824) * 1.5707963267948966;
  const q = x * x;
  let cosine = 1 / 20922789888000;
  cosine = cosine * q - 1 / 87178291200;
  cosine = cosine * q + 1 / 479001600;
  cosine = cosine * q - 1 / 3628800;
  cosine = cosine * q + 1 / 40320;
  cosine = cosine * q - 1 / 720;
  cosine = cosine * q + 1 / 24;
  cosine = cosine * q - 1 / 2;
  cosine = cosine * q + 1;
  let sine = -1 / 1307674368000;
  sine = sine * q + 1 / 6227020800;
  sine = sine * q - 1 / 39916800;
  sine = sine * q + 1 / 362880;
  sine = sine * q - 1 / 5040;
  sine = sine * q + 1 / 120;
  sine = sine * q - 1 / 6;
  sine = sine * q + 1;
  sine = sine * x;
  const odd = (quarter & 1) === 1;
  const first = odd ? sine : cosine;
  const second = odd ? cosine : sine;
  out[0] = quarter === 1 || quarter === 2 ? -first : first;
  out[1] = quarter >= 2 ? -second : second;
}

const randomUniform = definition<object, RandomUniformAttributes>(
  'NablaRandomUniform',
  (_, { shape, seed, offset, low, high }, backend) => {
    const out = new Float32Array(sizeOf(shape));
    fillUniform(out, seed, offset, low, high);
    return backend.make(shape, 'float32', out);
  },
);

const randomNormal = definition<object, RandomNormalAttributes>(
  'NablaRandomNormal',
  (_, { shape, seed, offset, mean, standardDeviation }, backend) => {
    const out = new Float32Array(sizeOf(shape));
    fillNormal(out, seed, offset, mean, standardDeviation);
    return backend.make(shape, 'float32', out);
  },
);

export const randomDefinitions: readonly KernelConfig[] = [randomUniform, randomNormal];
