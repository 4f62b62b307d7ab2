// SPDX-License-Identifier: Apache-2.0
// Attention of a sequence to itself, from one tensor of queries, keys and values: checks, the plain formula, the fused kernel and
// its gradient.

import type { SelfAttentionAttributes } from '../backend/definitions/self-attention.ts';
import { checkFloat, checkInteger, checkOptions, checkRank } from '../check.ts';
import { ShapeError } from '../errors.ts';
import { type Tensor, reshape, transpose, unstack } from '../tf.ts';
import {
  ATTENTION_OPTIONS,
  type AttentionOptions,
  attentionAttributes,
  checkAttentionSettings,
  optionsOf,
  plainAttention,
  scaledDotProductAttention,
} from './attention.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

/**
 * {@link scaledDotProductAttention} of every head of a sequence to itself, from queries, keys and values as one linear map
 * gives them, side by side, to the heads side by side, as the next linear map takes them. Nothing is rearranged in memory,
 * and the gradient is one tensor too.
 *
 * @param x        `[batch, time, 3 * heads * headSize]`, float32: the queries of all heads, their keys, their values
 * @param heads    how many there are
 * @param options  as of {@link scaledDotProductAttention}; `mask` broadcasts to `[batch, heads, time, time]`
 * @returns        `[batch, time, heads * headSize]`
 * @throws {ShapeError} the last axis of x is no multiple of 3 * heads or is empty, or `mask` does not broadcast
 * @throws {DTypeError} x is not float32, or `mask` neither bool nor float32
 * @throws {ArgumentError} heads is no positive integer, an option is out of range, or dropout without a generator
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
 * @example
 * const x = tensor3d([[[0, 0, 1], [0, 0, 3]]]); // queries and keys 0, values 1 and 3
 * selfAttention(x, 1, { causal: true }); // [[[1], [2]]]
 */
export function selfAttention(x: Tensor, heads: number, options: AttentionOptions = {}): Tensor {
  const op = 'selfAttention';
  checkOptions(op, options, ATTENTION_OPTIONS);
  checkFloat(op, { x });
  const headSize = checkSideBySide(op, x, heads);
  const [batch, time] = x.shape;
  const scoresShape = [batch, heads, time, time];
  checkAttentionSettings(op, options, scoresShape);
  const { mask } = options;
  // The gradient of a float mask is as large as all the scores: that of attention to another sequence finds it.
  if (mask?.dtype === 'float32') return ofParts(x, heads, (...parts) => scaledDotProductAttention(...parts, options));
  const attributes: SelfAttentionAttributes = {
    ...attentionAttributes(options, scoresShape, headSize),
    heads,
  };
  return runFused('NablaSelfAttention', mask === undefined ? { x } : { x, mask }, attributes);
}

/**
 * Checks queries, keys and values side by side.
 *
 * @returns the size of a head
 * @throws {ShapeError} x has not three axes, or its last one is no multiple of 3 * heads or is empty
 * @throws {ArgumentError} heads is no positive integer
 */
export function checkSideBySide(op: string, x: Tensor, heads: number): number {
  checkRank(op, 'x', x, 3);
  checkInteger(op, 'heads', heads, { minimum: 1 });
  const [, , features] = x.shape;
  if (features > 0 && features % (3 * heads) === 0) return features / 3 / heads;
  const expected = `[batch, time, a multiple of ${3 * heads}]`;
  const hint = 'It holds queries, keys and values.';
  throw new ShapeError({ op, argument: 'x', expected, received: x.shape, hint });
}

/** The formula of {@link selfAttention}, op by op; draws the same dropout. */
export function plainSelfAttention(x: Tensor, heads: number, options: AttentionOptions = {}): Tensor {
  return ofParts(x, heads, (...parts) => plainAttention(...parts, options));
}

/** The attention of queries, keys and values `[batch, heads, time, headSize]`, taken apart and put together again. */
export function ofParts(
  x: Tensor,
  heads: number,
  attend: (query: Tensor, key: Tensor, value: Tensor) => Tensor,
): Tensor {
  const [batch, time, all] = x.shape;
  const features = all / 3;
  const parts = transpose(reshape(x, [batch, time, 3, heads, features / heads]), [2, 0, 3, 1, 4]);
  const [query, key, value] = unstack(parts);
  return reshape(transpose(attend(query, key, value), [0, 2, 1, 3]), [batch, time, features]);
}

defineGradient<SelfAttentionAttributes>({
  kernelName: 'NablaSelfAttention',
  savedInputs: ['x', 'mask'],
  savedOutputs: [true, true],
  gradient: (gradOut, saved, attributes) => {
    const [x, mask] = saved;
    const [out, logSumExp] = saved.slice(-2);
    const inputs = { gradOut, x, out, logSumExp, ...(saved.length === 4 && { mask }) };
    return { x: () => runKernelForOne('NablaSelfAttentionGrad', inputs, attributes) };
  },
  plain:
    ({ heads, ...attributes }) =>
    ({ x, mask }) =>
      plainSelfAttention(x, heads, optionsOf(attributes, mask)),
});
