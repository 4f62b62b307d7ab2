// SPDX-License-Identifier: Apache-2.0
// Numbers drawn one at a time in JavaScript: uniform, normal and beta.

import type { Generator } from '@nabla/core';

/** Steps between two uniform numbers of {@link unit}. */
const UNIT_STEPS = 2 ** 52;

/** A uniform number in [0, 1) with 52 bits. */
export function unit(generator: Generator): number {
  return generator.integer(UNIT_STEPS) / UNIT_STEPS;
}

/** A number from the beta distribution with both parameters `alpha`, above 0. */
export function symmetricBeta(generator: Generator, alpha: number): number {
  if (alpha <= 1) return smallBeta(generator, alpha);
  const x = largeGamma(generator, alpha);
  return x / (x + largeGamma(generator, alpha));
}

/**
 * `x / (x + y)` for `x = u^(1/alpha)` and `y = v^(1/alpha)` with uniform `u` and `v`, drawn until `x + y <= 1`; as logarithms,
 * since both powers are 0 in float64 where alpha is small.
 *
 * @see Jöhnk 1964; Devroye 1986, Non-Uniform Random Variate Generation, IX.3.5
 */
function smallBeta(generator: Generator, alpha: number): number {
  for (;;) {
    const x = Math.log(1 - unit(generator)) / alpha;
    const y = Math.log(1 - unit(generator)) / alpha;
    const greater = Math.max(x, y);
    const sum = greater + Math.log(Math.exp(x - greater) + Math.exp(y - greater)); // of x + y
    if (sum <= 0) return Math.exp(x - sum);
  }
}

/**
 * A number from the gamma distribution of shape `alpha`, at least 1, and scale 1.
 *
 * @see Marsaglia & Tsang 2000, https://doi.org/10.1145/358407.358414
 */
function largeGamma(generator: Generator, alpha: number): number {
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(generator);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - unit(generator)) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** A normally distributed number (Box and Muller). */
function normal(generator: Generator): number {
  return Math.sqrt(-2 * Math.log(1 - unit(generator))) * Math.cos(2 * Math.PI * unit(generator));
}
