// SPDX-License-Identifier: Apache-2.0
// From the vectors of a text's tokens to one vector.

import { type Tensor, add, concat, matMul, max, reshape, tensor3d } from '@nabla/core';

/**
 * A way of pooling a text of n tokens with vectors `x₁ … xₙ`:
 *
 * - `cls`: `x₁`, the token that stands for the text
 * - `max`: the greatest of each feature
 * - `mean`: `Σ xᵢ / n`
 * - `sumOverRoot`: `Σ xᵢ / sqrt(n)`
 * - `weightedMean`: `Σ i · xᵢ / Σ i`
 * - `last`: `xₙ`
 *
 * @see sentence-transformers' Pooling, https://sbert.net/docs/package_reference/sentence_transformer/models.html
 */
export type Pooling = 'cls' | 'max' | 'mean' | 'sumOverRoot' | 'weightedMean' | 'last';

/** What the token at `index`, from 0, of a text of `length` tokens counts. */
const WEIGHTS: Readonly<Record<Exclude<Pooling, 'max'>, (index: number, length: number) => number>> = {
  cls: (index) => (index === 0 ? 1 : 0),
  mean: (_, length) => 1 / length,
  sumOverRoot: (_, length) => 1 / Math.sqrt(length),
  weightedMean: (index, length) => (index + 1) / ((length * (length + 1)) / 2),
  last: (index, length) => (index === length - 1 ? 1 : 0),
};

/**
 * Pools each text of a batch; padding, on the right, counts nothing.
 *
 * @param hidden   `[batch, time, features]`
 * @param lengths  the tokens of each text, at least 1
 * @param ways     of pooling; their results stand side by side
 * @returns        `[batch, ways * features]`
 */
export function pool(hidden: Tensor, lengths: readonly number[], ways: readonly Pooling[]): Tensor {
  return concat(
    ways.map((way) => (way === 'max' ? greatest(hidden, lengths) : weightedSum(hidden, lengths, WEIGHTS[way]))),
    -1,
  );
}

function weightedSum(
  hidden: Tensor,
  lengths: readonly number[],
  weight: (i: number, length: number) => number,
): Tensor {
  const [batch = 0, time = 0, features = 0] = hidden.shape;
  const weights = perToken(lengths, time, (index, length) => (index < length ? weight(index, length) : 0));
  return reshape(matMul(tensor3d(weights, [batch, 1, time]), hidden), [batch, features]);
}

function greatest(hidden: Tensor, lengths: readonly number[]): Tensor {
  const [batch = 0, time = 0] = hidden.shape;
  const hiding = perToken(lengths, time, (index, length) => (index < length ? 0 : -Infinity));
  return max(add(hidden, tensor3d(hiding, [batch, time, 1])), 1);
}

/** A number for each token of a batch, `[batch, time]`. */
function perToken(
  lengths: readonly number[],
  time: number,
  f: (index: number, length: number) => number,
): Float32Array {
  return Float32Array.from({ length: lengths.length * time }, (_, i) =>
    f(i % time, lengths[Math.floor(i / time)] ?? 0),
  );
}
