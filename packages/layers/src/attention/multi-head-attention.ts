// SPDX-License-Identifier: Apache-2.0
// Attention over several heads with learned projections.

import {
  ArgumentError,
  type Generator,
  type Tensor,
  checkDtype,
  checkInteger,
  checkNumber,
  checkOptions,
  checkShape,
  linear,
  logicalAnd,
  logicalNot,
  reshape,
  scaledDotProductAttention,
  scope,
  slice,
  transpose,
  unstack,
  xavierUniform,
  zeros,
} from '@nabla/core';

import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import { type Parameter, parameter } from '../parameter.ts';

export interface MultiHeadAttentionOptions {
  /** Draws the initial values, and while training what dropout drops. */
  generator: Generator;
  /** Whether projections have a bias; default true. */
  bias?: boolean;
  /** Probability of dropping an attention weight while training; default 0. */
  dropout?: number;
}

export interface AttentionMasks {
  /** Position t sees positions 0 to t only; default false. */
  causal?: boolean;
  /** bool `[batch, keyTime]`, true where a key is padding and is not seen. */
  keyPaddingMask?: Tensor | undefined;
  /** bool `[queryTime, keyTime]`, true where a query must not see a key. */
  attentionMask?: Tensor | undefined;
}

/**
 * `concat(head₁ … headₙ) · Woᵀ + bo`, `headᵢ = attention(query · Wqᵢᵀ, key · Wkᵢᵀ, value · Wvᵢᵀ)`.
 * See {@link scaledDotProductAttention}. As in PyTorch (`batch_first`), the three input projections are one matrix that starts
 * Xavier uniform; biases start at 0; a mask is true where attention is forbidden.
 *
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
 * @example
 * const attention = new MultiHeadAttention(8, 2, { generator: new Generator(1) });
 * const x = ones([3, 5, 8]);
 * attention.forward(x, x, x, { causal: true }).shape; // [3, 5, 8]
 */
export class MultiHeadAttention extends Module {
  readonly in_proj_weight: Parameter; // [3 * features, features]: query, key, value
  readonly in_proj_bias: Parameter | undefined; // [3 * features]
  readonly out_proj: Linear;
  readonly features: number;
  readonly heads: number;
  readonly dropout: number;
  readonly generator: Generator;

  constructor(features: number, heads: number, options: MultiHeadAttentionOptions) {
    super();
    checkOptions('MultiHeadAttention', options, ['generator', 'bias', 'dropout']);
    checkInteger('MultiHeadAttention', 'features', features, { minimum: 1 });
    checkInteger('MultiHeadAttention', 'heads', heads, { minimum: 1 });
    const { generator, bias = true, dropout = 0 } = options;
    checkNumber('MultiHeadAttention', 'dropout', dropout, { minimum: 0, below: 1 });
    if (features % heads !== 0) {
      const expected = `to divide the ${features} features`;
      throw new ArgumentError({ op: 'MultiHeadAttention', argument: 'heads', expected, received: String(heads) });
    }
    this.features = features;
    this.heads = heads;
    this.dropout = dropout;
    this.generator = generator;
    this.in_proj_weight = parameter(xavierUniform([3 * features, features], generator));
    this.in_proj_bias = bias ? parameter(zeros([3 * features])) : undefined;
    this.out_proj = new Linear(features, features, { generator, bias });
    scope(() => this.out_proj.bias?.assign(zeros([features])));
  }

  /**
   * @param query `[batch, queryTime, features]`
   * @param key   `[batch, keyTime, features]`
   * @param value `[batch, keyTime, features]`
   * @returns `[batch, queryTime, features]`
   */
  override forward(query: Tensor, key: Tensor, value: Tensor, masks: AttentionMasks = {}): Tensor {
    checkOptions('MultiHeadAttention', masks, ['causal', 'keyPaddingMask', 'attentionMask']);
    for (const [name, input] of Object.entries({ query, key, value })) {
      checkShape('MultiHeadAttention', name, input, ['batch', 'time', this.features]);
    }
    const [q, k, v] =
      query === key && key === value
        ? this.projectTogether(query)
        : ([query, key, value].map((input, part) => this.project(input, part)) as [Tensor, Tensor, Tensor]);
    const mask = this.combine(masks, query, key);
    const attended = scaledDotProductAttention(q, k, v, {
      causal: masks.causal ?? false,
      ...(mask && { mask }),
      ...(this.training && this.dropout > 0 && { dropout: this.dropout, generator: this.generator }),
    }); // [batch, heads, queryTime, headSize]
    return this.out_proj.forward(reshape(transpose(attended, [0, 2, 1, 3]), query.shape));
  }

  /** Self-attention: the three projections in one product. → three of `[batch, heads, time, headSize]` */
  private projectTogether(x: Tensor): [Tensor, Tensor, Tensor] {
    const [batch = 0, time = 0] = x.shape;
    const projected = linear(x, this.in_proj_weight, this.in_proj_bias); // [batch, time, 3 * features]
    const split = reshape(projected, [batch, time, 3, this.heads, this.features / this.heads]);
    return unstack(transpose(split, [2, 0, 3, 1, 4])) as [Tensor, Tensor, Tensor];
  }

  /** One projection; `part` 0, 1, 2: query, key, value. → `[batch, heads, time, headSize]` */
  private project(x: Tensor, part: number): Tensor {
    const { features, heads } = this;
    const weight = slice(this.in_proj_weight, [part * features, 0], [features, features]);
    const bias = this.in_proj_bias && slice(this.in_proj_bias, [part * features], [features]);
    const [batch = 0, time = 0] = x.shape;
    return transpose(reshape(linear(x, weight, bias), [batch, time, heads, features / heads]), [0, 2, 1, 3]);
  }

  /** The masks as one that is true where attention is allowed, or undefined. */
  private combine({ keyPaddingMask, attentionMask }: AttentionMasks, query: Tensor, key: Tensor): Tensor | undefined {
    const [batch = 0, keyTime = 0] = key.shape;
    let mask: Tensor | undefined;
    if (keyPaddingMask !== undefined) {
      checkShape('MultiHeadAttention', 'keyPaddingMask', keyPaddingMask, [batch, keyTime]);
      checkDtype('MultiHeadAttention', 'keyPaddingMask', keyPaddingMask, 'bool');
      mask = logicalNot(reshape(keyPaddingMask, [batch, 1, 1, keyTime]));
    }
    if (attentionMask !== undefined) {
      checkShape('MultiHeadAttention', 'attentionMask', attentionMask, [query.shape[1] ?? 0, keyTime]);
      checkDtype('MultiHeadAttention', 'attentionMask', attentionMask, 'bool');
      const allowed = logicalNot(attentionMask);
      mask = mask === undefined ? allowed : logicalAnd(mask, allowed);
    }
    return mask;
  }
}
