// SPDX-License-Identifier: Apache-2.0
// One block of a transformer: self-attention and a feed-forward network, each with a residual connection and a norm.

import {
  type Generator,
  type LinearActivation,
  type Tensor,
  add,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  linear,
} from '@nabla/core';

import { Dropout } from '../dropout.ts';
import { LayerNorm } from '../layer-norm.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import { type AttentionMasks, MultiHeadAttention } from './multi-head-attention.ts';

export interface TransformerEncoderLayerOptions {
  /** Draws the initial values, and while training what dropout drops. */
  generator: Generator;
  /** Width of the hidden layer of the feed-forward network; default 2048. */
  feedForward?: number;
  /** Probability of dropping an element while training; default 0.1. */
  dropout?: number;
  /** Between the two linear layers; default `relu`. */
  activation?: 'relu' | 'gelu' | 'geluTanh';
  /** Normalize before attention and network (pre-norm) instead of after the residual sum (post-norm); default false. */
  normFirst?: boolean;
  /** Added to the variance of the norms; default 1e-5. */
  epsilon?: number;
}

const OPTIONS = ['generator', 'feedForward', 'dropout', 'activation', 'normFirst', 'epsilon'];

/**
 * Post-norm: `y = norm1(x + attention(x))`, `z = norm2(y + network(y))`.
 * Pre-norm (`normFirst`): `y = x + attention(norm1(x))`, `z = y + network(norm2(y))`.
 * `network(x) = linear2(activation(linear1(x)))`. Defaults and state names are PyTorch's.
 *
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; pre-norm: Xiong et al. 2020, https://arxiv.org/abs/2002.04745
 * @example
 * const layer = new TransformerEncoderLayer(8, 2, { feedForward: 16, generator: new Generator(1) });
 * layer.forward(ones([3, 5, 8])).shape; // [3, 5, 8]
 */
export class TransformerEncoderLayer extends Module {
  readonly self_attn: MultiHeadAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout: Dropout; // inside the network
  readonly dropout1: Dropout; // after attention
  readonly dropout2: Dropout; // after the network
  readonly activation: LinearActivation;
  readonly normFirst: boolean;

  constructor(features: number, heads: number, options: TransformerEncoderLayerOptions) {
    super();
    checkOptions('TransformerEncoderLayer', options, OPTIONS);
    const {
      generator,
      feedForward = 2048,
      dropout = 0.1,
      activation = 'relu',
      normFirst = false,
      epsilon = 1e-5,
    } = options;
    // All before the first tensor is made, which nobody could free.
    checkInteger('TransformerEncoderLayer', 'feedForward', feedForward, { minimum: 1 });
    checkNumber('TransformerEncoderLayer', 'dropout', dropout, { minimum: 0, below: 1 });
    checkNumber('TransformerEncoderLayer', 'epsilon', epsilon, { minimum: 0 });
    checkOneOf('TransformerEncoderLayer', 'activation', activation, ['relu', 'gelu', 'geluTanh']);
    this.self_attn = new MultiHeadAttention(features, heads, { dropout, generator });
    this.linear1 = new Linear(features, feedForward, { generator });
    this.linear2 = new Linear(feedForward, features, { generator });
    this.norm1 = new LayerNorm(features, { epsilon });
    this.norm2 = new LayerNorm(features, { epsilon });
    this.dropout = new Dropout(dropout, { generator });
    this.dropout1 = new Dropout(dropout, { generator });
    this.dropout2 = new Dropout(dropout, { generator });
    this.activation = activation;
    this.normFirst = normFirst;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, masks: AttentionMasks = {}): Tensor {
    if (this.normFirst) {
      const y = add(x, this.attend(this.norm1.forward(x), masks));
      return add(y, this.network(this.norm2.forward(y)));
    }
    const y = this.norm1.forward(add(x, this.attend(x, masks)));
    return this.norm2.forward(add(y, this.network(y)));
  }

  private attend(x: Tensor, masks: AttentionMasks): Tensor {
    return this.dropout1.forward(this.self_attn.forward(x, x, x, masks));
  }

  private network(x: Tensor): Tensor {
    const hidden = linear(x, this.linear1.weight, this.linear1.bias, { activation: this.activation }); // [batch, time, feedForward]
    return this.dropout2.forward(this.linear2.forward(this.dropout.forward(hidden)));
  }
}
