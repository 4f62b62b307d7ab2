// SPDX-License-Identifier: Apache-2.0
// One block of a transformer: self-attention and a feed-forward network, each with a residual connection and a norm.

import { type LinearActivation, type Tensor, add } from '@nabla/core';

import { Dropout } from '../dropout.ts';
import { LayerNorm } from '../layer-norm.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import type { AttentionMasks } from './masks.ts';
import { MultiHeadAttention } from './multi-head-attention.ts';
import { type TransformerLayerOptions, completeOptions, feedForward } from './transformer-options.ts';

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

  constructor(features: number, heads: number, options: TransformerLayerOptions) {
    super();
    const settings = completeOptions('TransformerEncoderLayer', [features, heads], options);
    const { generator, dropout, epsilon } = settings;
    this.self_attn = new MultiHeadAttention(features, heads, { dropout, generator });
    this.linear1 = new Linear(features, settings.feedForward, { generator });
    this.linear2 = new Linear(settings.feedForward, features, { generator });
    this.norm1 = new LayerNorm(features, { epsilon });
    this.norm2 = new LayerNorm(features, { epsilon });
    this.dropout = new Dropout(dropout, { generator });
    this.dropout1 = new Dropout(dropout, { generator });
    this.dropout2 = new Dropout(dropout, { generator });
    this.activation = settings.activation;
    this.normFirst = settings.normFirst;
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
    return this.dropout2.forward(feedForward(this, x));
  }
}
