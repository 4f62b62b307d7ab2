// SPDX-License-Identifier: Apache-2.0
// GPT-2, read from top to bottom. Names are those of transformers' checkpoints.

import { type Generator, type Tensor, add, linear, normal, range, reshape, selfAttention, zeros } from '@nabla/core';
import { Dropout, Embedding, LayerNorm, Linear, Module, ModuleList, type Parameter, parameter } from '@nabla/layers';

import { KeyValueCache } from '../generation/cache.ts';
import type { CausalModel } from '../generation/causal-model.ts';
import { nextTokenLoss } from '../generation/causal-model.ts';
import { type DecoderInputs, type VisibleKeys, decoderMask } from '../generation/decoder-mask.ts';
import { type LayeredPass, finishPass, statesOf } from '../generation/layered-pass.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture, PretrainedModel } from '../pretrained/architecture.ts';
import { type GPT2Config, gpt2Schema } from './config.ts';

/** `x · weight + bias`: a linear map whose weight GPT-2 stores as `[inputs, outputs]`. */
export class Conv1D extends Module {
  readonly weight: Parameter; // [inputs, outputs]
  readonly bias: Parameter; // [outputs]
  readonly inputsFirst = true;

  constructor(inputs: number, outputs: number, generator: Generator) {
    super();
    this.weight = parameter(normal([inputs, outputs], generator, { standardDeviation: 0.02 }));
    this.bias = parameter(zeros([outputs]));
  }

  /** `[batch, time, inputs]` → `[batch, time, outputs]`. */
  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias, { inputsFirst: true });
  }
}

/** What a block knows of the pass that it is part of. */
interface Pass extends VisibleKeys {
  readonly layer: number;
  readonly cache?: KeyValueCache | undefined;
}

class GPT2Attention extends Module {
  readonly c_attn: Conv1D; // queries, keys, values
  readonly c_proj: Conv1D;
  readonly resid_dropout: Dropout;
  readonly config: GPT2Config;
  readonly generator: Generator;

  constructor(config: GPT2Config, generator: Generator) {
    super();
    const { n_embd: features } = config;
    this.c_attn = new Conv1D(features, 3 * features, generator);
    this.c_proj = new Conv1D(features, features, generator);
    this.resid_dropout = new Dropout(config.resid_pdrop, { generator });
    this.config = config;
    this.generator = generator;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, { layer, cache, causal, mask }: Pass): Tensor {
    const { n_head: heads, attn_pdrop: dropout } = this.config;
    const settings = {
      causal,
      ...(mask && { mask }),
      scale: this.scale(layer),
      ...(this.training && dropout > 0 && { dropout, generator: this.generator }),
    };
    const projected = this.c_attn.forward(x); // [batch, time, 3 * features]
    const attended =
      cache?.selfAttention(layer, projected, heads, settings) ?? selfAttention(projected, heads, settings);
    return this.resid_dropout.forward(this.c_proj.forward(attended));
  }

  private scale(layer: number): number {
    const { n_embd, n_head, scale_attn_weights, scale_attn_by_inverse_layer_idx } = this.config;
    return (scale_attn_weights ? Math.sqrt(n_head / n_embd) : 1) / (scale_attn_by_inverse_layer_idx ? layer + 1 : 1);
  }
}

class GPT2MLP extends Module {
  readonly c_fc: Conv1D;
  readonly c_proj: Conv1D;
  readonly dropout: Dropout;
  readonly config: GPT2Config;

  constructor(config: GPT2Config, generator: Generator) {
    super();
    const { n_embd: features, n_inner } = config;
    const inner = n_inner ?? 4 * features;
    this.c_fc = new Conv1D(features, inner, generator);
    this.c_proj = new Conv1D(inner, features, generator);
    this.dropout = new Dropout(config.resid_pdrop, { generator });
    this.config = config;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    const hidden = activatedLinear(x, this.c_fc, this.config.activation_function); // [batch, time, inner]
    return this.dropout.forward(this.c_proj.forward(hidden));
  }
}

class GPT2Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: GPT2Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: GPT2MLP;

  constructor(config: GPT2Config, generator: Generator) {
    super();
    const { n_embd: features, layer_norm_epsilon: epsilon } = config;
    this.ln_1 = new LayerNorm(features, { epsilon });
    this.attn = new GPT2Attention(config, generator);
    this.ln_2 = new LayerNorm(features, { epsilon });
    this.mlp = new GPT2MLP(config, generator);
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, pass: Pass): Tensor {
    const attended = add(x, this.attn.forward(this.ln_1.forward(x), pass));
    return add(attended, this.mlp.forward(this.ln_2.forward(attended)));
  }
}

/**
 * GPT-2 without a head: token and position embeddings, pre-norm blocks of causal attention and a feed-forward network, a last norm.
 *
 * @see Radford et al. 2019, https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf
 * @example
 * const model = new GPT2Model({ vocab_size: 9, n_positions: 8, n_embd: 4, n_layer: 1, n_head: 2 }, new Generator(1));
 * model.forward(tensor2d([[1, 2, 3]], [1, 3], 'int32')).shape; // [1, 3, 4]
 */
export class GPT2Model extends Module implements PretrainedModel<GPT2Config> {
  static readonly architecture: Architecture<GPT2Config> = {
    name: 'GPT2Model',
    modelType: 'gpt2',
    schema: gpt2Schema,
    prefix: 'transformer',
    anchors: gpt2Anchors(''),
  };

  readonly wte: Embedding; // of tokens
  readonly wpe: Embedding; // of positions
  readonly drop: Dropout;
  readonly h: ModuleList<GPT2Block>;
  readonly ln_f: LayerNorm;
  readonly config: GPT2Config;

  constructor(config: Partial<GPT2Config>, generator: Generator) {
    super();
    this.config = gpt2Schema.parse(config);
    const { vocab_size, n_positions, n_embd: features, n_layer, embd_pdrop, layer_norm_epsilon: epsilon } = this.config;
    this.wte = new Embedding(vocab_size, features, { generator });
    this.wpe = new Embedding(n_positions, features, { generator });
    this.drop = new Dropout(embd_pdrop, { generator });
    this.h = new ModuleList(Array.from({ length: n_layer }, () => new GPT2Block(this.config, generator)));
    this.ln_f = new LayerNorm(features, { epsilon });
  }

  /** int32 `[batch, time]` → `[batch, time, features]`. */
  override forward(tokens: Tensor, inputs: DecoderInputs = {}): Tensor {
    return finishPass(this.byLayer(tokens, inputs));
  }

  /** The sum of the embeddings, then what each block makes of it, `[batch, time, features]`; the last after the last norm. */
  hiddenStates(tokens: Tensor, inputs: DecoderInputs = {}): Tensor[] {
    return statesOf(this.byLayer(tokens, inputs));
  }

  /** What {@link forward} computes, block by block. */
  *byLayer(tokens: Tensor, inputs: DecoderInputs = {}): LayeredPass {
    const [batch = 0, time = 0] = tokens.shape;
    const { cache } = inputs;
    const past = cache?.time ?? 0;
    const positions = inputs.positions ?? reshape(range(past, past + time, 1, 'int32'), [1, time]);
    const visible = decoderMask(batch, time, inputs);
    let x = this.drop.forward(add(this.wte.forward(tokens), this.wpe.forward(positions))); // [batch, time, features]
    yield { x, rest: [visible.mask] };
    for (const [layer, block] of [...this.h].entries()) {
      x = block.forward(x, { ...visible, layer, cache });
      yield { x, rest: [visible.mask] };
    }
    cache?.advance(time);
    return this.ln_f.forward(x);
  }
}

/** GPT-2 that predicts the next token: its output matrix is that of the token embedding, unless the configuration unties them. */
export class GPT2LMHeadModel extends Module implements CausalModel<GPT2Config> {
  static readonly architecture: Architecture<GPT2Config> = {
    ...GPT2Model.architecture,
    name: 'GPT2LMHeadModel',
    anchors: gpt2Anchors('transformer.'),
  };

  readonly transformer: GPT2Model;
  readonly lm_head: Linear | undefined; // only where it is not tied
  readonly config: GPT2Config;

  constructor(config: Partial<GPT2Config>, generator: Generator) {
    super();
    this.transformer = new GPT2Model(config, generator);
    this.config = this.transformer.config;
    const { n_embd, vocab_size, tie_word_embeddings: tied } = this.config;
    this.lm_head = tied ? undefined : new Linear(n_embd, vocab_size, { generator, bias: false });
  }

  get vocabulary(): number {
    return this.config.vocab_size;
  }

  get context(): number {
    return this.config.n_positions;
  }

  newCache(): KeyValueCache {
    return new KeyValueCache(this.config.n_layer);
  }

  hidden(tokens: Tensor, inputs: DecoderInputs = {}): Tensor {
    return this.transformer.forward(tokens, inputs);
  }

  byLayer(tokens: Tensor, inputs: DecoderInputs = {}): LayeredPass {
    return this.transformer.byLayer(tokens, inputs);
  }

  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.lm_head?.weight ?? this.transformer.wte.weight);
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

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
export function gpt2Anchors(prefix: string): (config: GPT2Config) => Record<string, number[]> {
  return ({ vocab_size, n_positions, n_embd: features, n_layer, n_inner }) => ({
    [`${prefix}wte.weight`]: [vocab_size, features],
    [`${prefix}wpe.weight`]: [n_positions, features],
    [`${prefix}h.${n_layer - 1}.mlp.c_fc.weight`]: [features, n_inner ?? 4 * features],
  });
}
