// SPDX-License-Identifier: Apache-2.0
// The standard normal distribution's cumulative distribution and its inverse.

/** Coefficients of the rational functions in (p - 1/2)^2 and in sqrt(-2 ln p), highest power first. */
const CENTRAL_NUMERATOR = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRAL_DENOMINATOR = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
];
const TAIL_NUMERATOR = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_DENOMINATOR = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];

/** Below this probability the tail's function is the better one. */
const TAIL = 0.02425;

/**
 * The number that a standard normal variable stays below with the given probability; relative error below 1.2e-9.
 *
 * @param probability  in `(0, 1)`
 * @see Acklam 2003, An algorithm for computing the inverse normal cumulative distribution function
 */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  if (probability < TAIL) {
    const q = Math.sqrt(-2 * Math.log(probability));
    return polynomial(TAIL_NUMERATOR, q) / polynomial(TAIL_DENOMINATOR, q);
  }
  const q = probability - 0.5;
  return (q * polynomial(CENTRAL_NUMERATOR, q * q)) / polynomial(CENTRAL_DENOMINATOR, q * q);
}

/**
 * The probability that a standard normal variable stays below `x`: the inverse of {@link normalQuantile}, found by halving
 * an interval, so that the two agree. 0 below -38.
 */
export function normalCumulative(x: number): number {
  if (x > 0) return 1 - normalCumulative(-x);
  if (x < -38) return 0;
  let logLow = Math.log(Number.MIN_VALUE); // of a probability whose quantile is below x
  let logHigh = Math.log(0.5);
  for (let step = 0; step < 60; step++) {
    const middle = (logLow + logHigh) / 2;
    if (normalQuantile(Math.exp(middle)) < x) logLow = middle;
    else logHigh = middle;
  }
  return Math.exp(logHigh);
}

/** Horner's rule, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}
