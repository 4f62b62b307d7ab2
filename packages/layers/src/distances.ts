// SPDX-License-Identifier: Apache-2.0
// How alike or how far apart vectors are: functions and layers.

import {
  abs,
  type Tensor,
  add,
  checkBoolean,
  checkNumber,
  checkOptions,
  checkRank,
  div,
  equal,
  maximum,
  mul,
  noGrad,
  onesLike,
  pow,
  sqrt,
  square,
  sub,
  sum,
  where,
  zerosLike,
} from '@nabla/core';

import { checkAlike } from './losses/reduction.ts';
import { Module } from './module.ts';

export interface CosineSimilarityOptions {
  /** The least length that is divided by; default 1e-8. */
  epsilon?: number;
}

function checkCosineOptions(op: string, options: CosineSimilarityOptions): Required<CosineSimilarityOptions> {
  checkOptions(op, options, ['epsilon']);
  const { epsilon = 1e-8 } = options;
  checkNumber(op, 'epsilon', epsilon, { above: 0 });
  return { epsilon };
}

/**
 * The cosine of the angle between two vectors, `a · b / (max(‖a‖, epsilon) · max(‖b‖, epsilon))`, along the last axis.
 *
 * @param a `[...batch, features]`, float32
 * @param b the same shape, float32
 * @returns `[...batch]`
 * @throws {ShapeError} the shapes differ, or there is no axis of features
 * @example
 * cosineSimilarity(tensor1d([1, 0]), tensor1d([1, 1])); // 0.707107
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options: CosineSimilarityOptions = {}): Tensor {
  const { epsilon } = checkCosineOptions('cosineSimilarity', options);
  checkAlike('cosineSimilarity', { a }, { b });
  checkRank('cosineSimilarity', 'a', a, 1, Infinity);
  return sum(mul(unitVectors(a, epsilon), unitVectors(b, epsilon)), -1);
}

/** Vectors along the last axis, divided by their length or by `epsilon`, whichever is larger. */
export function unitVectors(x: Tensor, epsilon: number): Tensor {
  const length = sqrt(maximum(sum(square(x), -1, true), epsilon * epsilon)); // [...batch, 1]
  return div(x, length);
}

/** {@link cosineSimilarity} as a layer. */
export class CosineSimilarity extends Module {
  readonly options: Readonly<CosineSimilarityOptions>;

  constructor(options: CosineSimilarityOptions = {}) {
    super();
    this.options = checkCosineOptions('CosineSimilarity', options);
  }

  override forward(a: Tensor, b: Tensor): Tensor {
    return cosineSimilarity(a, b, this.options);
  }
}

export interface PairwiseDistanceOptions {
  /** Which norm: 1 adds up distances, 2 (default) is Euclid's. */
  p?: number;
  /** Added to every difference, so that the distance has a gradient where both are equal; default 1e-6. */
  epsilon?: number;
  /** Whether the axis of features stays, with length 1; default false. */
  keepAxis?: boolean;
}

function checkDistanceOptions(op: string, options: PairwiseDistanceOptions): Required<PairwiseDistanceOptions> {
  checkOptions(op, options, ['p', 'epsilon', 'keepAxis']);
  const { p = 2, epsilon = 1e-6, keepAxis = false } = options;
  checkNumber(op, 'p', p, { minimum: 1 });
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  checkBoolean(op, 'keepAxis', keepAxis);
  return { p, epsilon, keepAxis };
}

/**
 * `(Σ |a - b + epsilon|^p)^(1/p)` along the last axis.
 *
 * @param a `[...batch, features]`, float32
 * @param b the same shape, float32
 * @returns `[...batch]`, or with `keepAxis` `[...batch, 1]`
 * @throws {ShapeError} the shapes differ, or there is no axis of features
 * @example
 * pairwiseDistance(tensor1d([3, 0]), tensor1d([0, 4])); // 5
 */
export function pairwiseDistance(a: Tensor, b: Tensor, options: PairwiseDistanceOptions = {}): Tensor {
  const { p, epsilon, keepAxis } = checkDistanceOptions('pairwiseDistance', options);
  checkAlike('pairwiseDistance', { a }, { b });
  checkRank('pairwiseDistance', 'a', a, 1, Infinity);
  const difference = add(sub(a, b), epsilon);
  if (p === 1) return sum(abs(difference), -1, keepAxis);
  if (p === 2) return root(sum(square(difference), -1, keepAxis), 2);
  return root(sum(pow(abs(difference), p), -1, keepAxis), p);
}

/** `x^(1/p)`, with gradient 0 at 0. */
function root(x: Tensor, p: number): Tensor {
  const zero = noGrad(() => equal(x, 0)); // a comparison has no gradient
  const safe = where(zero, onesLike(x), x);
  return where(zero, zerosLike(x), p === 2 ? sqrt(safe) : pow(safe, 1 / p));
}

/** {@link pairwiseDistance} as a layer. */
export class PairwiseDistance extends Module {
  readonly options: Readonly<PairwiseDistanceOptions>;

  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    this.options = checkDistanceOptions('PairwiseDistance', options);
  }

  override forward(a: Tensor, b: Tensor): Tensor {
    return pairwiseDistance(a, b, this.options);
  }
}
