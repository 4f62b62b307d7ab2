// SPDX-License-Identifier: Apache-2.0
// The layers of BART's encoder and decoder. Names are those of checkpoints.

import { type Generator, type Tensor, add, linear, scaledDotProductAttention } from '@nabla/core';
import { Dropout, LayerNorm, Linear, Module } from '@nabla/layers';

import type { KeysAndValues } from '../generation/cache.ts';
import type { VisibleKeys } from '../generation/decoder-mask.ts';
import type { EncoderDecoderPass } from '../generation/encoder-decoder-model.ts';
import { activate, fusedActivation } from '../pretrained/activations.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';
import type { BartConfig, BartStackShape } from './config.ts';

export class BartAttention extends Module {
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly q_proj: Linear;
  readonly out_proj: Linear;
  readonly heads: number;
  readonly dropout: number;
  readonly generator: Generator;

  constructor({ d_model: features, attention_dropout }: BartConfig, heads: number, generator: Generator) {
    super();
    this.k_proj = new Linear(features, features, { generator });
    this.v_proj = new Linear(features, features, { generator });
    this.q_proj = new Linear(features, features, { generator });
    this.out_proj = new Linear(features, features, { generator });
    this.heads = heads;
    this.dropout = attention_dropout;
    this.generator = generator;
  }

  /** Each of `[batch, time, features]` attends to the keys → the same shape. */
  override forward(x: Tensor, { keys, values }: KeysAndValues, { causal, mask }: VisibleKeys): Tensor {
    const query = splitHeads(this.q_proj.forward(x), this.heads); // [batch, heads, time, headSize]
    const attended = scaledDotProductAttention(query, keys, values, {
      causal,
      ...(mask && { mask }),
      ...(this.training && this.dropout > 0 && { dropout: this.dropout, generator: this.generator }),
    });
    return this.out_proj.forward(joinHeads(attended));
  }

  /** Keys and values of `[batch, time, features]`: each `[batch, heads, time, headSize]`. */
  keysAndValues(x: Tensor): KeysAndValues {
    return {
      keys: splitHeads(this.k_proj.forward(x), this.heads),
      values: splitHeads(this.v_proj.forward(x), this.heads),
    };
  }
}

/**
 * Self-attention, in a decoder attention to the source, a feed-forward network; each is added to what it was given, then normalized. With
 * `normalize_before`, what each is given is normalized instead.
 */
export class BartLayer extends Module {
  readonly self_attn: BartAttention;
  readonly self_attn_layer_norm: LayerNorm;
  readonly encoder_attn: BartAttention | undefined; // to the source
  readonly encoder_attn_layer_norm: LayerNorm | undefined;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly final_layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly activationDropout: Dropout;
  readonly config: BartConfig;

  constructor(config: BartConfig, { heads, inner, isDecoder }: BartStackShape, generator: Generator) {
    super();
    const { d_model: features } = config;
    this.self_attn = new BartAttention(config, heads, generator);
    this.self_attn_layer_norm = new LayerNorm(features);
    this.encoder_attn = isDecoder ? new BartAttention(config, heads, generator) : undefined;
    this.encoder_attn_layer_norm = isDecoder ? new LayerNorm(features) : undefined;
    this.fc1 = new Linear(features, inner, { generator });
    this.fc2 = new Linear(inner, features, { generator });
    this.final_layer_norm = new LayerNorm(features);
    this.dropout = new Dropout(config.dropout, { generator });
    this.activationDropout = new Dropout(config.activation_dropout, { generator });
    this.config = config;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, pass: EncoderDecoderPass): Tensor {
    const attended = this.addTo(x, this.self_attn_layer_norm, (y) => this.attend(y, pass));
    const { encoder_attn_layer_norm: norm } = this;
    const read = norm === undefined ? attended : this.addTo(attended, norm, (y) => this.attendToSource(y, pass));
    return this.addTo(read, this.final_layer_norm, (y) => this.network(y));
  }

  /** `norm(x + f(x))`, or `x + f(norm(x))`. */
  private addTo(x: Tensor, norm: LayerNorm, f: (y: Tensor) => Tensor): Tensor {
    if (this.config.normalize_before) return add(x, this.dropout.forward(f(norm.forward(x))));
    return norm.forward(add(x, this.dropout.forward(f(x))));
  }

  private attend(x: Tensor, pass: EncoderDecoderPass): Tensor {
    const own = this.self_attn.keysAndValues(x);
    const seen = pass.cache?.write(pass.layer, own.keys, own.values);
    return this.self_attn.forward(x, seen === undefined || pass.causal ? own : seen, pass); // causal: into an empty cache
  }

  private attendToSource(x: Tensor, { layer, cache, source, sourceMask }: EncoderDecoderPass): Tensor {
    const attention = this.encoder_attn;
    if (attention === undefined || source === undefined) throw new TypeError('the decoder of BART reads a source');
    const compute = (): KeysAndValues => attention.keysAndValues(source);
    const keys = cache === undefined ? compute() : cache.once(layer, compute);
    return attention.forward(x, keys, { causal: false, ...(sourceMask && { mask: sourceMask }) });
  }

  private network(x: Tensor): Tensor {
    return this.fc2.forward(this.activationDropout.forward(this.activated(x)));
  }

  /** `[batch, time, features]` → `[batch, time, inner]` */
  private activated(x: Tensor): Tensor {
    const { activation_function: name } = this.config;
    const activation = fusedActivation(name);
    if (activation === undefined) return activate(name, this.fc1.forward(x));
    return linear(x, this.fc1.weight, this.fc1.bias, { activation });
  }
}
