// SPDX-License-Identifier: Apache-2.0
// Attention over several heads with learned projections.

import {
  ArgumentError,
  type AttentionOptions,
  type Generator,
  type Tensor,
  attentionWeights,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  checkShape,
  linear,
  matMul,
  mean,
  reshape,
  scaledDotProductAttention,
  scope,
  selfAttention,
  slice,
  transpose,
  xavierUniform,
  zeros,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import { type Parameter, parameter } from '../parameter.ts';
import { type AttentionMasks, MASKS, combineMasks } from './masks.ts';

export interface MultiHeadAttentionOptions {
  /** Draws the initial values, and while training what dropout drops. */
  generator: Generator;
  /** Whether projections have a bias; default true. */
  bias?: boolean;
  /** Probability of dropping an attention weight while training; default 0. */
  dropout?: number;
  /** Features of a key; default those of a query. */
  keySize?: number;
  /** Features of a value; default those of a query. */
  valueSize?: number;
}

export interface AttentionWeightsOptions extends AttentionMasks {
  /** Whether weights are returned for each head instead of their mean; default false. */
  perHead?: boolean;
}

/** @throws {ArgumentError} `heads` does not divide `features` */
export function checkHeads(op: string, features: number, heads: number): void {
  checkInteger(op, 'features', features, { minimum: 1 });
  checkInteger(op, 'heads', heads, { minimum: 1 });
  if (features % heads === 0) return;
  const expected = `to divide the ${features} features`;
  throw new ArgumentError({ op, argument: 'heads', expected, received: String(heads) });
}

const OPTIONS = ['bias', 'dropout', 'keySize', 'valueSize'];

/**
 * `concat(head₁ … headₙ) · Woᵀ + bo`, `headᵢ = attention(query · Wqᵢᵀ, key · Wkᵢᵀ, value · Wvᵢᵀ)`.
 * See {@link scaledDotProductAttention}. As in PyTorch (`batch_first`), the three input projections are one matrix, or three
 * where keys or values have another size (`kdim`, `vdim`); they start Xavier uniform and biases at 0. A mask is true where
 * attention is forbidden, and a float mask is added to the scores.
 *
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
 * @example
 * const attention = new MultiHeadAttention(8, 2, { generator: new Generator(1) });
 * const x = ones([3, 5, 8]);
 * attention.forward(x, x, x, { causal: true }).shape; // [3, 5, 8]
 */
export class MultiHeadAttention extends Module {
  readonly in_proj_weight: Parameter | undefined; // [3 * features, features]: query, key, value
  readonly q_proj_weight: Parameter | undefined; // [features, features]; the three only where sizes differ
  readonly k_proj_weight: Parameter | undefined; // [features, keySize]
  readonly v_proj_weight: Parameter | undefined; // [features, valueSize]
  readonly in_proj_bias: Parameter | undefined; // [3 * features]
  readonly out_proj: Linear;
  readonly features: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly heads: number;
  readonly dropout: number;
  readonly generator: Generator;

  constructor(features: number, heads: number, options: MultiHeadAttentionOptions) {
    super();
    checkDrawingOptions('MultiHeadAttention', options, OPTIONS);
    checkHeads('MultiHeadAttention', features, heads);
    const { generator, bias = true, dropout = 0, keySize = features, valueSize = features } = options;
    checkBoolean('MultiHeadAttention', 'bias', bias);
    checkNumber('MultiHeadAttention', 'dropout', dropout, { minimum: 0, below: 1 });
    checkInteger('MultiHeadAttention', 'keySize', keySize, { minimum: 1 });
    checkInteger('MultiHeadAttention', 'valueSize', valueSize, { minimum: 1 });
    this.features = features;
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.heads = heads;
    this.dropout = dropout;
    this.generator = generator;
    if (keySize === features && valueSize === features) {
      this.in_proj_weight = parameter(xavierUniform([3 * features, features], generator));
    } else {
      this.q_proj_weight = parameter(xavierUniform([features, features], generator));
      this.k_proj_weight = parameter(xavierUniform([features, keySize], generator));
      this.v_proj_weight = parameter(xavierUniform([features, valueSize], generator));
    }
    this.in_proj_bias = bias ? parameter(zeros([3 * features])) : undefined;
    this.out_proj = new Linear(features, features, { generator, bias });
    scope(() => this.out_proj.bias?.assign(zeros([features])));
  }

  /**
   * @param query `[batch, queryTime, features]`
   * @param key   `[batch, keyTime, keySize]`
   * @param value `[batch, keyTime, valueSize]`
   * @returns `[batch, queryTime, features]`
   */
  override forward(query: Tensor, key: Tensor, value: Tensor, masks: AttentionMasks = {}): Tensor {
    checkOptions('MultiHeadAttention', masks, MASKS);
    this.checkInputs(query, key, value);
    const settings = this.settings(masks, query, key);
    const weight = this.in_proj_weight;
    if (weight !== undefined && query === key && key === value) {
      // Self-attention: the three projections in one product.
      return this.out_proj.forward(selfAttention(linear(query, weight, this.in_proj_bias), this.heads, settings));
    }
    return this.join(scaledDotProductAttention(...this.projectAll(query, key, value), settings));
  }

  /**
   * {@link forward}, and how much each query attended to each key, after dropout. Takes the memory of all scores, several times.
   *
   * @param query `[batch, queryTime, features]`
   * @param key   `[batch, keyTime, keySize]`
   * @param value `[batch, keyTime, valueSize]`
   * @param options masks as in forward, and `perHead`
   * @returns `output` `[batch, queryTime, features]`; `weights` `[batch, queryTime, keyTime]`, the mean of the heads, or
   * `[batch, heads, queryTime, keyTime]`
   */
  forwardWithWeights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: AttentionWeightsOptions = {},
  ): { output: Tensor; weights: Tensor } {
    checkOptions('MultiHeadAttention', options, [...MASKS, 'perHead']);
    const { perHead = false, ...masks } = options;
    checkBoolean('MultiHeadAttention', 'perHead', perHead);
    this.checkInputs(query, key, value);
    const [q, k, v] = this.projectAll(query, key, value);
    const weights = attentionWeights(q, k, this.settings(masks, query, key)); // [batch, heads, queryTime, keyTime]
    return { output: this.join(matMul(weights, v)), weights: perHead ? weights : mean(weights, 1) };
  }

  private settings(masks: AttentionMasks, query: Tensor, key: Tensor): AttentionOptions {
    const [batch = 0, queryTime = 0] = query.shape;
    const [, keyTime = 0] = key.shape;
    const mask = combineMasks('MultiHeadAttention', masks, { batch, heads: this.heads, queryTime, keyTime });
    return {
      causal: masks.causal ?? false,
      ...(mask && { mask }),
      ...(this.training && this.dropout > 0 && { dropout: this.dropout, generator: this.generator }),
    };
  }

  /** The last projection, of the heads `[batch, heads, queryTime, headSize]` side by side. */
  private join(attended: Tensor): Tensor {
    const [batch = 0, , queryTime = 0] = attended.shape;
    return this.out_proj.forward(reshape(transpose(attended, [0, 2, 1, 3]), [batch, queryTime, this.features]));
  }

  private checkInputs(query: Tensor, key: Tensor, value: Tensor): void {
    checkShape('MultiHeadAttention', 'query', query, ['batch', 'time', this.features]);
    checkShape('MultiHeadAttention', 'key', key, ['batch', 'time', this.keySize]);
    checkShape('MultiHeadAttention', 'value', value, ['batch', 'time', this.valueSize]);
  }

  /** Queries, keys and values of all heads: three of `[batch, heads, time, headSize]`. */
  private projectAll(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const weights = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight];
    const project = (x: Tensor, part: number): Tensor => this.project(x, part, weights[part]);
    return [project(query, 0), project(key, 1), project(value, 2)];
  }

  /** One projection; `part` 0, 1, 2: query, key, value. Its weight is the given one, or a part of the common one. */
  private project(x: Tensor, part: number, own: Tensor | undefined): Tensor {
    const { features, heads } = this;
    const weight = own ?? slice(this.in_proj_weight as Tensor, [part * features, 0], [features, features]);
    const bias = this.in_proj_bias && slice(this.in_proj_bias, [part * features], [features]);
    const [batch = 0, time = 0] = x.shape;
    return transpose(reshape(linear(x, weight, bias), [batch, time, heads, features / heads]), [0, 2, 1, 3]);
  }
}
