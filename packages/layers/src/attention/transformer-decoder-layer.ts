// SPDX-License-Identifier: Apache-2.0
// One block of a transformer that reads another sequence: self-attention, attention to the memory, a feed-forward network.

import { type LinearActivation, type Tensor, add, checkOptions } from '@nabla/core';

import { Dropout } from '../dropout.ts';
import { LayerNorm } from '../layer-norm.ts';
import { Linear } from '../linear.ts';
import { Module } from '../module.ts';
import type { AttentionMasks } from './masks.ts';
import { MultiHeadAttention } from './multi-head-attention.ts';
import { type TransformerLayerOptions, completeOptions, feedForward } from './transformer-options.ts';

export interface DecoderMasks {
  /** Of the attention of the target to itself. */
  target?: AttentionMasks;
  /** Of the attention of the target to the memory. */
  memory?: AttentionMasks;
}

/**
 * Post-norm: `y = norm1(x + attention(x, x))`, `z = norm2(y + attention(y, memory))`, `norm3(z + network(z))`.
 * Pre-norm (`normFirst`): `y = x + attention(norm1(x), norm1(x))`, `z = y + attention(norm2(y), memory)`,
 * `z + network(norm3(z))`. `network(x) = linear2(activation(linear1(x)))`. Defaults and state names are PyTorch's.
 *
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; pre-norm: Xiong et al. 2020, https://arxiv.org/abs/2002.04745
 * @example
 * const layer = new TransformerDecoderLayer(8, 2, { feedForward: 16, generator: new Generator(1) });
 * layer.forward(ones([3, 5, 8]), ones([3, 7, 8]), { target: { causal: true } }).shape; // [3, 5, 8]
 */
export class TransformerDecoderLayer extends Module {
  readonly self_attn: MultiHeadAttention;
  readonly multihead_attn: MultiHeadAttention; // to the memory
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout: Dropout; // inside the network
  readonly dropout1: Dropout; // after self-attention
  readonly dropout2: Dropout; // after attention to the memory
  readonly dropout3: Dropout; // after the network
  readonly activation: LinearActivation;
  readonly normFirst: boolean;

  constructor(features: number, heads: number, options: TransformerLayerOptions) {
    super();
    const settings = completeOptions('TransformerDecoderLayer', [features, heads], options);
    const { generator, dropout, epsilon } = settings;
    this.self_attn = new MultiHeadAttention(features, heads, { dropout, generator });
    this.multihead_attn = new MultiHeadAttention(features, heads, { dropout, generator });
    this.linear1 = new Linear(features, settings.feedForward, { generator });
    this.linear2 = new Linear(settings.feedForward, features, { generator });
    this.norm1 = new LayerNorm(features, { epsilon });
    this.norm2 = new LayerNorm(features, { epsilon });
    this.norm3 = new LayerNorm(features, { epsilon });
    this.dropout = new Dropout(dropout, { generator });
    this.dropout1 = new Dropout(dropout, { generator });
    this.dropout2 = new Dropout(dropout, { generator });
    this.dropout3 = new Dropout(dropout, { generator });
    this.activation = settings.activation;
    this.normFirst = settings.normFirst;
  }

  /**
   * @param x      the target, `[batch, time, features]`
   * @param memory what an encoder made of the source, `[batch, sourceTime, features]`
   * @returns `[batch, time, features]`
   */
  override forward(x: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    checkOptions('TransformerDecoderLayer', masks, ['target', 'memory']);
    if (this.normFirst) {
      const y = add(x, this.attend(this.norm1.forward(x), masks.target));
      const z = add(y, this.attendTo(memory, this.norm2.forward(y), masks.memory));
      return add(z, this.network(this.norm3.forward(z)));
    }
    const y = this.norm1.forward(add(x, this.attend(x, masks.target)));
    const z = this.norm2.forward(add(y, this.attendTo(memory, y, masks.memory)));
    return this.norm3.forward(add(z, this.network(z)));
  }

  private attend(x: Tensor, masks: AttentionMasks | undefined): Tensor {
    return this.dropout1.forward(this.self_attn.forward(x, x, x, masks));
  }

  private attendTo(memory: Tensor, x: Tensor, masks: AttentionMasks | undefined): Tensor {
    return this.dropout2.forward(this.multihead_attn.forward(x, memory, memory, masks));
  }

  private network(x: Tensor): Tensor {
    return this.dropout3.forward(feedForward(this, x));
  }
}
