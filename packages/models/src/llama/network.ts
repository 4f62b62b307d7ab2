// SPDX-License-Identifier: Apache-2.0
// The network of Llama, read from top to bottom; Mistral and Qwen2 are the same with other options. Names are those of
// transformers' checkpoints.

import { type Generator, type Tensor, add, linear, mul, scaledDotProductAttention } from '@nabla/core';
import { Embedding, Linear, Module, ModuleList, RMSNorm } from '@nabla/layers';

import { KeyValueCache } from '../generation/cache.ts';
import { type CausalModel, nextTokenLoss } from '../generation/causal-model.ts';
import { type DecoderInputs, type VisibleKeys, decoderMask } from '../generation/decoder-mask.ts';
import { type LayeredPass, finishPass, statesOf } from '../generation/layered-pass.ts';
import { activate, fusedActivation } from '../pretrained/activations.ts';
import type { PretrainedModel } from '../pretrained/architecture.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';
import { type DecoderConfig, headSizeOf, keyHeadsOf } from './config.ts';
import { type Rope, ropeOf } from './rope.ts';
import { type Rotation, rotate, rotationOf } from './rotation.ts';

/** What tells one family from another. */
export interface DecoderOptions {
  /** Which linear maps have a bias. */
  readonly biases: { readonly queryKeyValue?: boolean; readonly output?: boolean; readonly mlp?: boolean };
  /** Keys that a token sees in a layer, itself included: it and those right before it; Infinity: all. */
  readonly window: (layer: number) => number;
}

/** What a layer knows of the pass that it is part of. */
interface Pass extends VisibleKeys {
  readonly layer: number;
  readonly rotation: Rotation;
  readonly cache?: KeyValueCache | undefined;
}

class RotaryAttention extends Module {
  readonly q_proj: Linear;
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly o_proj: Linear;
  readonly config: DecoderConfig;
  readonly generator: Generator;

  constructor(config: DecoderConfig, { biases }: DecoderOptions, generator: Generator) {
    super();
    const { hidden_size: features, num_attention_heads: heads } = config;
    const [headSize, keyHeads] = [headSizeOf(config), keyHeadsOf(config)];
    const input = { generator, bias: biases.queryKeyValue ?? false };
    this.q_proj = new Linear(features, heads * headSize, input);
    this.k_proj = new Linear(features, keyHeads * headSize, input);
    this.v_proj = new Linear(features, keyHeads * headSize, input);
    this.o_proj = new Linear(heads * headSize, features, { generator, bias: biases.output ?? false });
    this.config = config;
    this.generator = generator;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, { layer, rotation, cache, causal, mask }: Pass): Tensor {
    const { num_attention_heads: heads, attention_dropout: dropout } = this.config;
    const keyHeads = keyHeadsOf(this.config);
    const query = rotate(splitHeads(this.q_proj.forward(x), heads), rotation); // [batch, heads, time, headSize]
    const key = rotate(splitHeads(this.k_proj.forward(x), keyHeads), rotation); // [batch, keyHeads, time, headSize]
    const value = splitHeads(this.v_proj.forward(x), keyHeads); // the same
    const seen = cache?.write(layer, key, value);
    const { keys, values } = causal || seen === undefined ? { keys: key, values: value } : seen; // causal: into an empty cache
    const attended = scaledDotProductAttention(query, keys, values, {
      causal,
      ...(mask && { mask }),
      ...(this.training && dropout > 0 && { dropout, generator: this.generator }),
    });
    return this.o_proj.forward(joinHeads(attended));
  }
}

/** `down(activation(gate(x)) * up(x))`. See Shazeer 2020, https://arxiv.org/abs/2002.05202. */
class GatedMLP extends Module {
  readonly gate_proj: Linear;
  readonly up_proj: Linear;
  readonly down_proj: Linear;
  readonly config: DecoderConfig;

  constructor(config: DecoderConfig, { biases }: DecoderOptions, generator: Generator) {
    super();
    const { hidden_size: features, intermediate_size: inner } = config;
    const options = { generator, bias: biases.mlp ?? false };
    this.gate_proj = new Linear(features, inner, options);
    this.up_proj = new Linear(features, inner, options);
    this.down_proj = new Linear(inner, features, options);
    this.config = config;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.down_proj.forward(mul(this.gate(x), this.up_proj.forward(x)));
  }

  /** `[batch, time, inner]` */
  private gate(x: Tensor): Tensor {
    const { hidden_act } = this.config;
    const activation = fusedActivation(hidden_act);
    if (activation === undefined) return activate(hidden_act, this.gate_proj.forward(x));
    return linear(x, this.gate_proj.weight, this.gate_proj.bias, { activation });
  }
}

class RotaryDecoderLayer extends Module {
  readonly self_attn: RotaryAttention;
  readonly mlp: GatedMLP;
  readonly input_layernorm: RMSNorm;
  readonly post_attention_layernorm: RMSNorm;

  constructor(config: DecoderConfig, options: DecoderOptions, generator: Generator) {
    super();
    const { hidden_size: features, rms_norm_eps: epsilon } = config;
    this.self_attn = new RotaryAttention(config, options, generator);
    this.mlp = new GatedMLP(config, options, generator);
    this.input_layernorm = new RMSNorm(features, { epsilon });
    this.post_attention_layernorm = new RMSNorm(features, { epsilon });
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, pass: Pass): Tensor {
    const attended = add(x, this.self_attn.forward(this.input_layernorm.forward(x), pass));
    return add(attended, this.mlp.forward(this.post_attention_layernorm.forward(attended)));
  }
}

/**
 * A decoder without a head: token embeddings, pre-norm layers of causal attention with rotary positions and a gated feed-forward
 * network, a last norm.
 */
export class RotaryDecoder<Config extends DecoderConfig> extends Module implements PretrainedModel<Config> {
  readonly embed_tokens: Embedding;
  readonly layers: ModuleList<RotaryDecoderLayer>;
  readonly norm: RMSNorm;
  readonly config: Config;
  readonly options: DecoderOptions;
  readonly rope: Rope;

  constructor(config: Config, options: DecoderOptions, generator: Generator) {
    super();
    const { vocab_size, hidden_size: features, num_hidden_layers: layers, rms_norm_eps: epsilon } = config;
    this.embed_tokens = new Embedding(vocab_size, features, { generator });
    this.layers = new ModuleList(
      Array.from({ length: layers }, () => new RotaryDecoderLayer(config, options, generator)),
    );
    this.norm = new RMSNorm(features, { epsilon });
    this.config = config;
    this.options = options;
    this.rope = ropeOf(config, headSizeOf(config));
  }

  /** int32 `[batch, time]` → `[batch, time, features]`. */
  override forward(tokens: Tensor, inputs: DecoderInputs = {}): Tensor {
    return finishPass(this.byLayer(tokens, inputs));
  }

  /** The embeddings, then what each layer makes of them, `[batch, time, features]`; the last after the last norm. */
  hiddenStates(tokens: Tensor, inputs: DecoderInputs = {}): Tensor[] {
    return statesOf(this.byLayer(tokens, inputs));
  }

  /** What {@link forward} computes, layer by layer. */
  *byLayer(tokens: Tensor, inputs: DecoderInputs = {}): LayeredPass {
    const [batch = 0, time = 0] = tokens.shape;
    const { cache, positions } = inputs;
    const rotation = rotationOf(this.rope, cache?.time ?? 0, time, positions);
    const masks = new Map<number, VisibleKeys>(); // by window: most models have one or two
    const passes = [...this.layers].map((block, layer) => {
      const window = this.options.window(layer);
      const visible = masks.get(window) ?? decoderMask(batch, time, inputs, window);
      masks.set(window, visible);
      return { block, pass: { ...visible, layer, rotation, cache } };
    });
    const rest = [rotation.cosines, rotation.sines, ...Array.from(masks.values(), ({ mask }) => mask)];
    let x = this.embed_tokens.forward(tokens); // [batch, time, features]
    yield { x, rest };
    for (const { block, pass } of passes) {
      x = block.forward(x, pass);
      yield { x, rest };
    }
    cache?.advance(time);
    return this.norm.forward(x);
  }
}

/** A {@link RotaryDecoder} that predicts the next token, by a matrix of its own or that of the token embedding. */
export class RotaryDecoderForCausalLM<Config extends DecoderConfig> extends Module implements CausalModel<Config> {
  readonly model: RotaryDecoder<Config>;
  readonly lm_head: Linear | undefined; // only where it is not tied
  readonly config: Config;

  constructor(model: RotaryDecoder<Config>, generator: Generator) {
    super();
    this.model = model;
    this.config = model.config;
    const { hidden_size, vocab_size, tie_word_embeddings: tied } = model.config;
    this.lm_head = tied ? undefined : new Linear(hidden_size, vocab_size, { generator, bias: false });
  }

  get vocabulary(): number {
    return this.config.vocab_size;
  }

  get context(): number {
    return this.config.max_position_embeddings;
  }

  newCache(): KeyValueCache {
    return new KeyValueCache(this.config.num_hidden_layers);
  }

  hidden(tokens: Tensor, inputs: DecoderInputs = {}): Tensor {
    return this.model.forward(tokens, inputs);
  }

  byLayer(tokens: Tensor, inputs: DecoderInputs = {}): LayeredPass {
    return this.model.byLayer(tokens, inputs);
  }

  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.lm_head?.weight ?? this.model.embed_tokens.weight);
  }

  /** int32 `[batch, time]` → logits `[batch, time, vocabulary]`. */
  override forward(tokens: Tensor, inputs: DecoderInputs = {}): Tensor {
    return this.logits(this.hidden(tokens, inputs));
  }

  /** Mean cost in nats of predicting each next token; labels of -100 do not count. See {@link nextTokenLoss}. */
  loss(tokens: Tensor, labels: Tensor, inputs: DecoderInputs = {}): Tensor {
    return nextTokenLoss(this.forward(tokens, inputs), labels);
  }
}
