// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention: checks, the plain formula, the fused kernel and its gradient.

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
import { type Generator, blocksFor } from '../random.ts';
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
  /** bool, broadcastable to `[batch, heads, queryTime, keyTime]`: true where a query may attend to a key. */
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
 * may attend to nothing gives zeros, and gets no gradient. The scores of all heads are never in memory at once.
 *
 * @param query    `[batch, heads, queryTime, headSize]`, float32
 * @param key      `[batch, heads, keyTime, headSize]`
 * @param value    `[batch, heads, keyTime, valueSize]`
 * @param options  see {@link AttentionOptions}
 * @returns        `[batch, heads, queryTime, valueSize]`
 * @throws {ShapeError} key or value does not match query, or `mask` does not broadcast
 * @throws {DTypeError} a tensor is not float32, or `mask` is not bool
 * @throws {ArgumentError} an option is out of range, or dropout without a generator
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
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
  checkOptions(op, options, ['causal', 'mask', 'scale', 'dropout', 'generator']);
  checkFloat(op, { query, key, value });
  checkRank(op, 'query', query, 4);
  const [batch, heads, queryTime, headSize] = query.shape;
  const matching = `It must match query, whose shape is ${formatShape(query.shape)}.`;
  checkShape(op, 'key', key, [batch, heads, 'keyTime', headSize], matching);
  const [, , keyTime] = key.shape;
  checkShape(
    op,
    'value',
    value,
    [batch, heads, keyTime, 'valueSize'],
    `It must match key, whose shape is ${formatShape(key.shape)}.`,
  );
  const { causal = false, mask, scale = 1 / Math.sqrt(headSize), dropout = 0, generator } = options;
  checkBoolean(op, 'causal', causal);
  checkNumber(op, 'scale', scale);
  checkNumber(op, 'dropout', dropout, { minimum: 0, maximum: 1 });
  const scoresShape = [batch, heads, queryTime, keyTime];
  if (mask !== undefined) checkMask(op, mask, scoresShape);
  const attributes: AttentionAttributes = { causal, scale, dropout, ...drawFrom(op, generator, dropout, scoresShape) };
  return runFused('NablaAttention', mask === undefined ? [query, key, value] : [query, key, value, mask], attributes);
}

function checkMask(op: string, mask: Tensor, scoresShape: readonly number[]): void {
  checkTensor(op, 'mask', mask);
  checkDtype(op, 'mask', mask, 'bool');
  if (broadcastsTo(mask.shape, scoresShape)) return;
  const expected = `that broadcasts to ${formatShape(scoresShape)}`;
  throw new ShapeError({ op, argument: 'mask', expected, received: mask.shape }, 'BROADCAST');
}

/** Where in the generator's stream this call draws. */
function drawFrom(
  op: string,
  generator: Generator | undefined,
  dropout: number,
  scoresShape: readonly number[],
): Pick<AttentionAttributes, 'seed' | 'offset'> {
  if (dropout === 0) return { seed: 0, offset: 0 };
  if (generator === undefined) {
    const expected = 'to be given where dropout > 0';
    throw new ArgumentError({ op, argument: 'generator', expected, received: 'none' });
  }
  return { seed: generator.seed, offset: generator.next(blocksFor(sizeOf(scoresShape))) };
}

/** The formula of {@link scaledDotProductAttention}, op by op; draws the same dropout. */
export function plainAttention(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor {
  const [, , , headSize] = query.shape;
  const { causal = false, mask, scale = 1 / Math.sqrt(headSize), dropout = 0, generator } = options;
  const scores = mul(matMul(query, key, false, true), scale); // [batch, heads, queryTime, keyTime]
  const [queryTime, keyTime] = scores.shape.slice(2);
  const seen = causal ? lessEqual(range(0, keyTime), reshape(range(0, queryTime), [queryTime, 1])) : ones([1], 'bool');
  const every = broadcastTo(seen, scores.shape);
  const allowed = mask === undefined ? every : logicalAnd(every, broadcastTo(mask, scores.shape));
  const largest = max(where(allowed, scores, fill(scores.shape, -3e38)), -1, true); // finite where nothing is allowed
  const centred = where(allowed, sub(scores, largest), zerosLike(scores));
  const shown = cast(allowed, 'float32');
  const weights = mul(exp(centred), shown);
  const nothing = sub(1, max(shown, -1, true)); // [batch, heads, queryTime, 1]
  const softmax = div(weights, add(sum(weights, -1, true), nothing));
  if (generator === undefined || dropout === 0) return matMul(softmax, value);
  const kept = cast(greaterEqual(generator.uniform(scores.shape), dropout), 'float32');
  return matMul(mul(softmax, mul(kept, 1 / (1 - dropout))), value);
}

defineGradient<AttentionAttributes>({
  kernelName: 'NablaAttention',
  savedInputs: 'all',
  savedOutputs: [true, true],
  gradient: (gradOut, saved, attributes) => {
    const [out, logSumExp] = saved.slice(-2);
    const gradients = runKernel('NablaAttentionGrad', [gradOut, out, logSumExp, ...saved.slice(0, -2)], attributes);
    return Object.fromEntries(gradients.map((gradient, input) => [input, gradient]));
  },
});
