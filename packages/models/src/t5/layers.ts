// SPDX-License-Identifier: Apache-2.0
// The layers of T5's blocks: attention without a scale, feed-forward networks with or without a gate. Names are those of checkpoints.

import {
  type Generator,
  type Tensor,
  add,
  embedding,
  linear,
  mul,
  reshape,
  scaledDotProductAttention,
  transpose,
} from '@nabla/core';
import { Dropout, Embedding, Linear, Module, ModuleList, RMSNorm } from '@nabla/layers';

import type { KeysAndValues } from '../generation/cache.ts';
import type { VisibleKeys } from '../generation/decoder-mask.ts';
import type { EncoderDecoderPass } from '../generation/encoder-decoder-model.ts';
import { activate, fusedActivation } from '../pretrained/activations.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';
import { type T5Config, feedForwardOf } from './config.ts';
import { type RelativeBuckets, bucketTable } from './relative-positions.ts';

export class T5Attention extends Module {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  readonly relative_attention_bias: Embedding | undefined; // [buckets, heads]; of a stack's first block, for all
  readonly config: T5Config;
  readonly generator: Generator;

  constructor(config: T5Config, generator: Generator, hasRelativeBias: boolean) {
    super();
    const { d_model: features, d_kv, num_heads: heads, relative_attention_num_buckets: buckets } = config;
    const options = { generator, bias: false };
    this.q = new Linear(features, heads * d_kv, options);
    this.k = new Linear(features, heads * d_kv, options);
    this.v = new Linear(features, heads * d_kv, options);
    this.o = new Linear(heads * d_kv, features, options);
    this.relative_attention_bias = hasRelativeBias ? new Embedding(buckets, heads, { generator }) : undefined;
    this.config = config;
    this.generator = generator;
  }

  /** Each of `[batch, time, features]` attends to the keys → the same shape. */
  override forward(x: Tensor, { keys, values }: KeysAndValues, visible: VisibleKeys): Tensor {
    const { num_heads: heads, dropout_rate: dropout } = this.config;
    const query = splitHeads(this.q.forward(x), heads); // [batch, heads, time, headSize]
    const attended = scaledDotProductAttention(query, keys, values, {
      causal: visible.causal,
      ...(visible.mask && { mask: visible.mask }),
      scale: 1,
      ...(this.training && dropout > 0 && { dropout, generator: this.generator }),
    });
    return this.o.forward(joinHeads(attended));
  }

  /** Keys and values of `[batch, time, features]`: each `[batch, heads, time, headSize]`. */
  keysAndValues(x: Tensor): KeysAndValues {
    const { num_heads: heads } = this.config;
    return { keys: splitHeads(this.k.forward(x), heads), values: splitHeads(this.v.forward(x), heads) };
  }

  /**
   * What is added to the scores of `time` queries from position `past` on: learned, for each head and bucket of distances.
   *
   * @returns `[1, heads, time, keyTime]`; undefined where the block is not the first of its stack
   */
  relativeBias(past: number, time: number, keyTime: number, bidirectional: boolean): Tensor | undefined {
    if (this.relative_attention_bias === undefined) return undefined;
    const { relative_attention_num_buckets: buckets, relative_attention_max_distance: maximumDistance } = this.config;
    const options: RelativeBuckets = { buckets, maximumDistance, bidirectional };
    const byPair = embedding(this.relative_attention_bias.weight, bucketTable(past, time, keyTime, options));
    return reshape(transpose(byPair, [2, 0, 1]), [1, -1, time, keyTime]); // byPair: [time, keyTime, heads]
  }
}

export class T5LayerSelfAttention extends Module {
  readonly SelfAttention: T5Attention;
  readonly layer_norm: RMSNorm;
  readonly dropout: Dropout;

  constructor(config: T5Config, generator: Generator, hasRelativeBias: boolean) {
    super();
    this.SelfAttention = new T5Attention(config, generator, hasRelativeBias);
    this.layer_norm = new RMSNorm(config.d_model, { epsilon: config.layer_norm_epsilon });
    this.dropout = new Dropout(config.dropout_rate, { generator });
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, pass: EncoderDecoderPass): Tensor {
    const normed = this.layer_norm.forward(x);
    const own = this.SelfAttention.keysAndValues(normed);
    const seen = pass.cache?.write(pass.layer, own.keys, own.values);
    const keys = seen === undefined || pass.causal ? own : seen; // causal: into an empty cache
    return add(x, this.dropout.forward(this.SelfAttention.forward(normed, keys, pass)));
  }
}

export class T5LayerCrossAttention extends Module {
  readonly EncDecAttention: T5Attention;
  readonly layer_norm: RMSNorm;
  readonly dropout: Dropout;

  constructor(config: T5Config, generator: Generator) {
    super();
    this.EncDecAttention = new T5Attention(config, generator, false);
    this.layer_norm = new RMSNorm(config.d_model, { epsilon: config.layer_norm_epsilon });
    this.dropout = new Dropout(config.dropout_rate, { generator });
  }

  /** `[batch, time, features]`, and what the encoder gave → the same shape. */
  override forward(x: Tensor, source: Tensor, { layer, cache, sourceMask }: EncoderDecoderPass): Tensor {
    const compute = (): KeysAndValues => this.EncDecAttention.keysAndValues(source);
    const keys = cache === undefined ? compute() : cache.once(layer, compute);
    const visible = { causal: false, ...(sourceMask && { mask: sourceMask }) };
    return add(x, this.dropout.forward(this.EncDecAttention.forward(this.layer_norm.forward(x), keys, visible)));
  }
}

/** `wo(activation(wi(x)))`, or with a gate `wo(activation(wi_0(x)) * wi_1(x))`. */
class T5DenseReluDense extends Module {
  readonly wi: Linear | undefined;
  readonly wi_0: Linear | undefined;
  readonly wi_1: Linear | undefined;
  readonly wo: Linear;
  readonly dropout: Dropout;
  readonly config: T5Config;

  constructor(config: T5Config, generator: Generator) {
    super();
    const { d_model: features, d_ff: inner } = config;
    const { isGated } = feedForwardOf(config);
    const options = { generator, bias: false };
    this.wi = isGated ? undefined : new Linear(features, inner, options);
    this.wi_0 = isGated ? new Linear(features, inner, options) : undefined;
    this.wi_1 = isGated ? new Linear(features, inner, options) : undefined;
    this.wo = new Linear(inner, features, options);
    this.dropout = new Dropout(config.dropout_rate, { generator });
    this.config = config;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    const { wi, wi_0, wi_1 } = this;
    const activated = this.activated(x, (wi ?? wi_0) as Linear); // [batch, time, inner]
    const hidden = wi_1 === undefined ? activated : mul(activated, wi_1.forward(x));
    return this.wo.forward(this.dropout.forward(hidden));
  }

  private activated(x: Tensor, { weight }: Linear): Tensor {
    const { activation } = feedForwardOf(this.config);
    const fused = fusedActivation(activation);
    if (fused !== undefined) return linear(x, weight, undefined, { activation: fused });
    return activate(activation, linear(x, weight));
  }
}

export class T5LayerFF extends Module {
  readonly DenseReluDense: T5DenseReluDense;
  readonly layer_norm: RMSNorm;
  readonly dropout: Dropout;

  constructor(config: T5Config, generator: Generator) {
    super();
    this.DenseReluDense = new T5DenseReluDense(config, generator);
    this.layer_norm = new RMSNorm(config.d_model, { epsilon: config.layer_norm_epsilon });
    this.dropout = new Dropout(config.dropout_rate, { generator });
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return add(x, this.dropout.forward(this.DenseReluDense.forward(this.layer_norm.forward(x))));
  }
}

/** Pre-norm: self-attention, in a decoder attention to the source, a feed-forward network. */
export class T5Block extends Module {
  readonly layer: ModuleList<Module>;
  readonly #attention: T5LayerSelfAttention;
  readonly #crossAttention: T5LayerCrossAttention | undefined;
  readonly #network: T5LayerFF;

  constructor(
    config: T5Config,
    generator: Generator,
    { isDecoder, isFirst }: { isDecoder: boolean; isFirst: boolean },
  ) {
    super();
    this.#attention = new T5LayerSelfAttention(config, generator, isFirst);
    this.#crossAttention = isDecoder ? new T5LayerCrossAttention(config, generator) : undefined;
    this.#network = new T5LayerFF(config, generator);
    const layers = [this.#attention, this.#crossAttention, this.#network];
    this.layer = new ModuleList(layers.filter((layer) => layer !== undefined));
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, pass: EncoderDecoderPass): Tensor {
    const attended = this.#attention.forward(x, pass);
    if (this.#crossAttention === undefined || pass.source === undefined) return this.#network.forward(attended);
    return this.#network.forward(this.#crossAttention.forward(attended, pass.source, pass));
  }

  /** See {@link T5Attention.relativeBias}. */
  relativeBias(past: number, time: number, keyTime: number, bidirectional: boolean): Tensor | undefined {
    return this.#attention.SelfAttention.relativeBias(past, time, keyTime, bidirectional);
  }
}
