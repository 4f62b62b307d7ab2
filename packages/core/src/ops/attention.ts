// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention: checks, the plain formula, the fused kernel and its gradient.

import { noGrad } from '../autodiff.ts';
import type { AttentionAttributes } from '../backend/definitions/attention.ts';
import {
  checkBoolean,
  checkDtype,
  checkFloat,
  checkNumber,
  checkOptions,
  checkRank,
  checkShape,
  checkTensor,
} from '../check.ts';
import { ArgumentError, ShapeError, formatShape } from '../errors.ts';
import { sumTo } from '../gradients/sum-to.ts';
import { Generator, blocksFor } from '../random.ts';
import { broadcastsTo, sizeOf } from '../shape.ts';
import {
  type Tensor,
  add,
  broadcastTo,
  cast,
  div,
  exp,
  fill,
  greaterEqual,
  lessEqual,
  logicalAnd,
  matMul,
  max,
  mul,
  notEqual,
  ones,
  range,
  reshape,
  sub,
  sum,
  where,
  zerosLike,
} from '../tf.ts';
import { defineGradient, runFused, runKernel } from './run.ts';

export interface AttentionOptions {
  /** Whether query q may only attend to keys 0 to q; default false. */
  causal?: boolean;
  /**
   * Broadcastable to `[batch, heads, queryTime, keyTime]`. bool: true where a query may attend to a key. float32: added to the
   * scores, where -Infinity hides a key; it has a gradient, so a bias of relative positions can be learned.
   */
  mask?: Tensor;
  /** Factor of the scores; default `1 / sqrt(headSize)`. */
  scale?: number;
  /** Probability of dropping a weight after the softmax, 0 to 1; default 0. */
  dropout?: number;
  /** Draws which weights are dropped; needed where dropout > 0. */
  generator?: Generator;
}

/**
 * For each query the mean of all values, weighted by how well their keys agree with it:
 * `softmax(scale * query · keyᵀ) · value`, where the softmax leaves out the keys that `mask` or `causal` hide. A query that
 * may attend to nothing gives zeros, and gets no gradient. The scores of all heads are never in memory at once, except for the
 * gradient of a float mask.
 *
 * Queries may have more heads than keys and values: `heads / keyHeads` neighbouring ones then share a head of keys and values,
 * which is not repeated in memory.
 *
 * @param query    `[batch, heads, queryTime, headSize]`, float32
 * @param key      `[batch, keyHeads, keyTime, headSize]`, keyHeads a divisor of heads
 * @param value    `[batch, keyHeads, keyTime, valueSize]`
 * @param options  see {@link AttentionOptions}
 * @returns        `[batch, heads, queryTime, valueSize]`
 * @throws {ShapeError} key or value does not match query, or `mask` does not broadcast
 * @throws {DTypeError} a tensor is not float32, or `mask` neither bool nor float32
 * @throws {ArgumentError} an option is out of range, or dropout without a generator
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; shared keys and values: Ainslie et al. 2023,
 * https://arxiv.org/abs/2305.13245
 * @example
 * const query = tensor4d([[[[0], [0]]]]);
 * scaledDotProductAttention(query, query, tensor4d([[[[1], [3]]]]), { causal: true }); // [[[[1], [2]]]]
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const op = 'scaledDotProductAttention';
  checkOptions(op, options, ATTENTION_OPTIONS);
  checkQueryAndKey(op, query, key);
  checkFloat(op, { value });
  const [batch, keyHeads, keyTime] = key.shape;
  const matching = (): string => `It must match key, whose shape is ${formatShape(key.shape)}.`;
  checkShape(op, 'value', value, [batch, keyHeads, keyTime, 'valueSize'], matching);
  const [, heads, queryTime, headSize] = query.shape;
  const scoresShape = [batch, heads, queryTime, keyTime];
  checkAttentionSettings(op, options, scoresShape);
  const { mask } = options;
  const attributes = attentionAttributes(options, scoresShape, headSize);
  const inputs = mask === undefined ? [query, key, value] : [query, key, value, mask];
  return runFused('NablaAttention', inputs, attributes);
}

export const ATTENTION_OPTIONS: readonly (keyof AttentionOptions)[] = [
  'causal',
  'mask',
  'scale',
  'dropout',
  'generator',
];

function checkQueryAndKey(op: string, query: Tensor, key: Tensor): void {
  checkFloat(op, { query, key });
  checkRank(op, 'query', query, 4);
  const [batch, heads, , headSize] = query.shape;
  const matching = (): string => `It must match query, whose shape is ${formatShape(query.shape)}.`;
  checkShape(op, 'key', key, [batch, 'keyHeads', 'keyTime', headSize], matching);
  const [, keyHeads] = key.shape;
  if (keyHeads === heads || heads % keyHeads === 0) return;
  const expected = `[${batch}, a divisor of ${heads}, keyTime, ${headSize}]`;
  throw new ShapeError({ op, argument: 'key', expected, received: key.shape, hint: matching() });
}

/** @param scoresShape `[batch, heads, queryTime, keyTime]` */
export function checkAttentionSettings(op: string, options: AttentionOptions, scoresShape: readonly number[]): void {
  const { causal, mask, scale, dropout = 0, generator } = options;
  if (causal !== undefined) checkBoolean(op, 'causal', causal);
  if (scale !== undefined) checkNumber(op, 'scale', scale);
  checkNumber(op, 'dropout', dropout, { minimum: 0, maximum: 1 });
  if (mask !== undefined) checkMask(op, mask, scoresShape);
  if (dropout === 0 || generator !== undefined) return;
  throw new ArgumentError({ op, argument: 'generator', expected: 'to be given where dropout > 0', received: 'none' });
}

/** What the kernels are told of options that were checked. Draws what dropout needs. */
export function attentionAttributes(
  options: AttentionOptions,
  scoresShape: readonly number[],
  headSize: number,
): AttentionAttributes {
  const { causal = false, scale = 1 / Math.sqrt(headSize), dropout = 0, generator } = options;
  const { seed, offset } = drawFrom(dropout > 0 ? generator : undefined, sizeOf(scoresShape));
  return { causal, scale, dropout, seed, offset };
}

/** The options that {@link attentionAttributes} were made of; the generator stands where it stood. */
export function optionsOf(attributes: AttentionAttributes, mask: Tensor | undefined): AttentionOptions {
  const { causal, scale, dropout, seed, offset } = attributes;
  return {
    causal,
    scale,
    dropout,
    generator: Generator.fromState({ seed, offset }),
    ...(mask !== undefined && { mask }),
  };
}

/** Where in the generator's stream a call draws `count` numbers. */
function drawFrom(generator: Generator | undefined, count: number): { seed: number; offset: number } {
  if (generator === undefined) return { seed: 0, offset: 0 };
  return { seed: generator.seed, offset: generator.next(blocksFor(count)) };
}

function checkMask(op: string, mask: Tensor, scoresShape: readonly number[]): void {
  checkTensor(op, 'mask', mask);
  checkDtype(op, 'mask', mask, 'bool', 'float32');
  if (broadcastsTo(mask.shape, scoresShape)) return;
  const expected = `that broadcasts to ${formatShape(scoresShape)}`;
  throw new ShapeError({ op, argument: 'mask', expected, received: mask.shape }, 'BROADCAST');
}

/** The formula of {@link scaledDotProductAttention}, op by op; draws the same dropout. */
export function plainAttention(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor {
  return perKeyHead(plainWeights(query, key, options), value, (weights) => matMul(weights, value));
}

/**
 * How much each query attends to each key: the weights of {@link scaledDotProductAttention}, after dropout, by its formula op by
 * op. For showing them, or a loss on them; `[batch, heads, queryTime, keyTime]` floats are in memory several times.
 *
 * @param query    `[batch, heads, queryTime, headSize]`, float32
 * @param key      `[batch, keyHeads, keyTime, headSize]`, keyHeads a divisor of heads
 * @param options  see {@link AttentionOptions}
 * @returns        `[batch, heads, queryTime, keyTime]`; without dropout each row sums to 1, or is 0 where all is hidden
 * @throws {ShapeError} key does not match query, or `mask` does not broadcast
 * @throws {DTypeError} a tensor is not float32, or `mask` neither bool nor float32
 * @throws {ArgumentError} an option is out of range, or dropout without a generator
 * @example
 * const query = tensor4d([[[[0], [0]]]]);
 * attentionWeights(query, query, { causal: true }); // [[[[1, 0], [0.5, 0.5]]]]
 */
export function attentionWeights(query: Tensor, key: Tensor, options: AttentionOptions = {}): Tensor {
  const op = 'attentionWeights';
  checkOptions(op, options, ATTENTION_OPTIONS);
  checkQueryAndKey(op, query, key);
  const [batch, heads, queryTime] = query.shape;
  const [, , keyTime] = key.shape;
  checkAttentionSettings(op, options, [batch, heads, queryTime, keyTime]);
  return plainWeights(query, key, options);
}

function plainWeights(query: Tensor, key: Tensor, options: AttentionOptions): Tensor {
  const [, , , headSize] = query.shape;
  const { causal = false, mask, scale = 1 / Math.sqrt(headSize), dropout = 0, generator } = options;
  const products = mul(
    perKeyHead(query, key, (queries) => matMul(queries, key, false, true)),
    scale,
  );
  const scores = mask?.dtype === 'float32' ? add(products, mask) : products; // [batch, heads, queryTime, keyTime]
  const allowed = noGrad(() => allowedScores(scores.shape, causal, mask));
  const largest = max(where(allowed, scores, fill(scores.shape, LEAST)), -1, true); // finite where nothing is allowed
  const centred = where(allowed, sub(scores, largest), zerosLike(scores));
  const shown = cast(allowed, 'float32');
  const weights = mul(exp(centred), shown);
  const nothing = sub(1, max(shown, -1, true)); // [batch, heads, queryTime, 1]
  const softmax = div(weights, add(sum(weights, -1, true), nothing));
  if (generator === undefined || dropout === 0) return softmax;
  const kept = cast(greaterEqual(generator.uniform(scores.shape), dropout), 'float32');
  return mul(softmax, mul(kept, 1 / (1 - dropout)));
}

const LEAST = -3.4028234663852886e38; // of float32

/** bool `[batch, heads, queryTime, keyTime]`: where a query may attend to a key. */
function allowedScores(shape: number[], causal: boolean, mask: Tensor | undefined): Tensor {
  const [queryTime, keyTime] = shape.slice(2);
  const seen = causal ? lessEqual(range(0, keyTime), reshape(range(0, queryTime), [queryTime, 1])) : ones([1], 'bool');
  const every = broadcastTo(seen, shape);
  if (mask === undefined) return every;
  const finite = mask.dtype === 'bool' ? mask : notEqual(mask, -Infinity);
  return logicalAnd(every, broadcastTo(finite, shape));
}

/** A product of x `[batch, heads, time, size]` with what has keyHeads heads: the heads that share one are its rows. */
function perKeyHead(x: Tensor, { shape }: Tensor, product: (x: Tensor) => Tensor): Tensor {
  const [batch, heads, time, size] = x.shape;
  const [, keyHeads] = shape;
  if (keyHeads === heads) return product(x);
  const result = product(reshape(x, [batch, keyHeads, (heads / keyHeads) * time, size]));
  const [, , , columns] = result.shape;
  return reshape(result, [batch, heads, time, columns]);
}

defineGradient<AttentionAttributes>({
  kernelName: 'NablaAttention',
  savedInputs: 'all',
  savedOutputs: [true, true],
  gradient: (gradOut, saved, attributes) => {
    const inputs = [gradOut, ...saved.slice(-2), ...saved.slice(0, -2)]; // outputs before inputs
    const [gradQuery, gradKey, gradValue] = runKernel('NablaAttentionGrad', inputs, attributes);
    // As large as all the scores, so only where somebody needs it.
    const gradMask = (): Tensor => {
      const [gradScores] = runKernel('NablaAttentionScoresGrad', inputs, attributes);
      return sumTo(gradScores, saved[3].shape);
    };
    return { 0: gradQuery, 1: gradKey, 2: gradValue, 3: gradMask };
  },
  plain:
    (attributes) =>
    ({ 0: query, 1: key, 2: value, 3: mask }) =>
      plainAttention(query, key, value, optionsOf(attributes, mask)),
});
