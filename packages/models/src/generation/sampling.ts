// SPDX-License-Identifier: Apache-2.0
// From logits to a token: the likeliest, or one that is drawn.

import { ArgumentError, type Generator } from '@nabla/core';

/** The token with the largest logit; of equals, the first. */
export function likeliestToken(logits: Float32Array): number {
  const top = largest(logits);
  checkChoice(top);
  return logits.indexOf(top);
}

/** `exp(logits) / Σ exp(logits)`; a logit of -Infinity gets 0. */
export function probabilities(logits: Float32Array): Float64Array {
  const top = largest(logits);
  checkChoice(top);
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let token = 0; token < logits.length; token++) {
    const weight = Math.exp(at(logits, token) - top);
    weights[token] = weight;
    total += weight;
  }
  for (let token = 0; token < weights.length; token++) weights[token] = (weights[token] ?? 0) / total;
  return weights;
}

/** Draws a token by the probabilities of its logits, with one number of the generator. */
export function drawToken(logits: Float32Array, generator: Generator): number {
  return draw(probabilities(logits), 1, generator);
}

/**
 * Draws `count` different tokens, one after the other: each by the probabilities that it and those left have among each other. Fewer where
 * all others are forbidden.
 */
export function drawTokens(logits: Float32Array, count: number, generator: Generator): number[] {
  const weights = probabilities(logits);
  const tokens: number[] = [];
  while (tokens.length < count) {
    let left = 0;
    for (let token = 0; token < weights.length; token++) left += weights[token] ?? 0;
    if (left === 0) break;
    const token = draw(weights, left, generator);
    weights[token] = 0;
    tokens.push(token);
  }
  return tokens;
}

/** Draws a place by weights that come to `total`. */
function draw(weights: Float64Array, total: number, generator: Generator): number {
  let left = (total * generator.integer(2 ** 53 - 1)) / (2 ** 53 - 1);
  let last = 0;
  for (let place = 0; place < weights.length && left >= 0; place++) {
    const weight = weights[place] ?? 0;
    if (weight === 0) continue;
    left -= weight;
    last = place;
  }
  return last;
}

/** `log Σ exp(logits)`: what has to be subtracted from a logit to make it the logarithm of a probability. */
export function logSumOfExponentials(logits: Float32Array): number {
  const top = largest(logits);
  if (top === -Infinity) return top;
  let total = 0;
  for (let token = 0; token < logits.length; token++) total += Math.exp(at(logits, token) - top);
  return top + Math.log(total);
}

/** The tokens with the `count` largest logits, largest first, of equals the first; none that is forbidden. */
export function largestTokens(logits: Float32Array, count: number): number[] {
  checkChoice(largest(logits));
  const found: number[] = []; // largest first
  for (let token = 0; token < logits.length; token++) {
    const logit = at(logits, token);
    if (logit === -Infinity || (found.length === count && logit <= at(logits, found[count - 1] ?? 0))) continue;
    let place = found.length === count ? count - 1 : found.length; // in which the last one makes room
    while (place > 0 && at(logits, found[place - 1] ?? 0) < logit) place--;
    found.splice(place, 0, token);
    if (found.length > count) found.pop();
  }
  return found;
}

/** The largest logit; NaN where one is NaN. */
function largest(logits: Float32Array): number {
  let top = -Infinity;
  for (let token = 0; token < logits.length; token++) top = Math.max(top, at(logits, token));
  return top;
}

function at(logits: Float32Array, token: number): number {
  return logits[token] ?? NaN;
}

/** @throws {ArgumentError} no token can be chosen (code `GENERATE`) */
function checkChoice(top: number): void {
  if (Number.isFinite(top)) return;
  const forbidden = top === -Infinity;
  const received = forbidden ? 'none but those of -Infinity' : String(top);
  const hint = forbidden
    ? 'Every token is forbidden: by the masks and lists that were given, or by the model itself.'
    : 'The weights of the model may be broken.';
  throw new ArgumentError(
    { op: 'generate', argument: 'the logits of the next token', expected: 'to be finite', received, hint },
    'GENERATE',
  );
}
