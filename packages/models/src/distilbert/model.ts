// SPDX-License-Identifier: Apache-2.0
// DistilBERT, read from top to bottom: half of BERT's layers, and no types of tokens. Names are those of transformers' checkpoints.

import { type Generator, type Tensor, add, selfAttention, slice } from '@nabla/core';
import { Dropout, Embedding, LayerNorm, Linear, Module, ModuleList } from '@nabla/layers';

import { paddingOf } from '../bert/config.ts';
import { checkEncoderInputs } from '../heads/check-encoder-inputs.ts';
import type { EncoderInputs, EncoderModel } from '../heads/encoder-model.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { jointLinear } from '../pretrained/joint-linear.ts';
import { shownKeys } from '../pretrained/shown-keys.ts';
import { type DistilBertConfig, distilBertSchema } from './config.ts';

/** What all norms add to the variance: no field of the configuration says it. */
export const EPSILON = 1e-12;

class DistilBertEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: DistilBertConfig, generator: Generator) {
    super();
    const { vocab_size, dim, max_position_embeddings, dropout } = config;
    const padding = paddingOf(config);
    const padded = { generator, ...(padding !== undefined && { paddingIndex: padding }) };
    this.word_embeddings = new Embedding(vocab_size, dim, padded);
    this.position_embeddings = new Embedding(max_position_embeddings, dim, { generator });
    this.LayerNorm = new LayerNorm(dim, { epsilon: EPSILON });
    this.dropout = new Dropout(dropout, { generator });
  }

  /** int32 `[batch, time]` → `[batch, time, features]`. */
  override forward(tokens: Tensor, positions?: Tensor): Tensor {
    const [, time = 0] = tokens.shape;
    const { weight } = this.position_embeddings;
    const places = positions
      ? this.position_embeddings.forward(positions) // [batch, time, features]
      : slice(weight, [0, 0], [time, weight.shape[1] ?? 0]); // [time, features]
    return this.dropout.forward(this.LayerNorm.forward(add(this.word_embeddings.forward(tokens), places)));
  }
}

class DistilBertSelfAttention extends Module {
  readonly q_lin: Linear;
  readonly k_lin: Linear;
  readonly v_lin: Linear;
  readonly out_lin: Linear;
  readonly config: DistilBertConfig;
  readonly generator: Generator;

  constructor(config: DistilBertConfig, generator: Generator) {
    super();
    const { dim } = config;
    this.q_lin = new Linear(dim, dim, { generator });
    this.k_lin = new Linear(dim, dim, { generator });
    this.v_lin = new Linear(dim, dim, { generator });
    this.out_lin = new Linear(dim, dim, { generator });
    this.config = config;
    this.generator = generator;
  }

  /** `[batch, time, features]` → the same shape; `mask`, bool `[batch, 1, 1, time]`, is true where a key is no padding. */
  override forward(x: Tensor, mask?: Tensor): Tensor {
    const { n_heads: heads, attention_dropout: dropout } = this.config;
    const projected = jointLinear(x, [this.q_lin, this.k_lin, this.v_lin]); // [batch, time, 3 * features]
    const dropping = this.training && dropout > 0 && { dropout, generator: this.generator };
    return this.out_lin.forward(selfAttention(projected, heads, { causal: false, ...(mask && { mask }), ...dropping }));
  }
}

class DistilBertFeedForward extends Module {
  readonly lin1: Linear;
  readonly lin2: Linear;
  readonly dropout: Dropout;
  readonly config: DistilBertConfig;

  constructor(config: DistilBertConfig, generator: Generator) {
    super();
    this.lin1 = new Linear(config.dim, config.hidden_dim, { generator });
    this.lin2 = new Linear(config.hidden_dim, config.dim, { generator });
    this.dropout = new Dropout(config.dropout, { generator });
    this.config = config;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    const inner = activatedLinear(x, this.lin1, this.config.activation); // [batch, time, inner]
    return this.dropout.forward(this.lin2.forward(inner));
  }
}

class DistilBertLayer extends Module {
  readonly attention: DistilBertSelfAttention;
  readonly sa_layer_norm: LayerNorm;
  readonly ffn: DistilBertFeedForward;
  readonly output_layer_norm: LayerNorm;

  constructor(config: DistilBertConfig, generator: Generator) {
    super();
    this.attention = new DistilBertSelfAttention(config, generator);
    this.sa_layer_norm = new LayerNorm(config.dim, { epsilon: EPSILON });
    this.ffn = new DistilBertFeedForward(config, generator);
    this.output_layer_norm = new LayerNorm(config.dim, { epsilon: EPSILON });
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, mask?: Tensor): Tensor {
    const attended = this.sa_layer_norm.forward(add(this.attention.forward(x, mask), x));
    return this.output_layer_norm.forward(add(this.ffn.forward(attended), attended));
  }
}

class DistilBertLayers extends Module {
  readonly layer: ModuleList<DistilBertLayer>;

  constructor(config: DistilBertConfig, generator: Generator) {
    super();
    const { n_layers: layers } = config;
    this.layer = new ModuleList(Array.from({ length: layers }, () => new DistilBertLayer(config, generator)));
  }

  /** What goes in, then what each layer makes of it, `[batch, time, features]`. */
  override forward(x: Tensor, mask?: Tensor): Tensor[] {
    const states = [x];
    for (const layer of this.layer) states.push(layer.forward(states.at(-1) as Tensor, mask));
    return states;
  }
}

/**
 * DistilBERT without a head: embeddings of tokens and their positions, post-norm layers in which every token sees all.
 *
 * @see Sanh et al. 2019, https://arxiv.org/abs/1910.01108
 * @example
 * const model = new DistilBertModel({ vocab_size: 9, dim: 4, n_layers: 1, n_heads: 2, hidden_dim: 8 }, new Generator(1));
 * model.forward(tensor2d([[1, 2, 3]], [1, 3], 'int32')).shape; // [1, 3, 4]
 */
export class DistilBertModel extends Module implements EncoderModel<DistilBertConfig> {
  static readonly architecture: Architecture<DistilBertConfig> = {
    name: 'DistilBertModel',
    modelType: 'distilbert',
    schema: distilBertSchema,
    prefix: 'distilbert',
    anchors: distilBertAnchors(''),
  };

  readonly embeddings: DistilBertEmbeddings;
  readonly transformer: DistilBertLayers;
  readonly config: DistilBertConfig;

  constructor(config: Partial<DistilBertConfig>, generator: Generator) {
    super();
    this.config = distilBertSchema.parse(config);
    this.embeddings = new DistilBertEmbeddings(this.config, generator);
    this.transformer = new DistilBertLayers(this.config, generator);
  }

  get features(): number {
    return this.config.dim;
  }

  get context(): number {
    return this.config.max_position_embeddings;
  }

  /**
   * int32 `[batch, time]` → `[batch, time, features]`.
   *
   * @throws {ShapeError} tokens are not `[batch, time]`, or the mask is not of their shape
   * @throws {ArgumentError} more tokens than positions
   */
  override forward(tokens: Tensor, inputs: EncoderInputs = {}): Tensor {
    return this.hiddenStates(tokens, inputs).at(-1) as Tensor;
  }

  /** The embeddings after their norm, then what each layer makes of them, `[batch, time, features]`. */
  hiddenStates(tokens: Tensor, inputs: EncoderInputs = {}): Tensor[] {
    checkEncoderInputs('DistilBertModel', tokens, inputs, this.context);
    const mask = inputs.attentionMask && shownKeys(inputs.attentionMask);
    return this.transformer.forward(this.embeddings.forward(tokens, inputs.positions), mask);
  }
}

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
export function distilBertAnchors(prefix: string): (config: DistilBertConfig) => Record<string, number[]> {
  return ({ vocab_size, dim, n_layers, hidden_dim, max_position_embeddings }) => ({
    [`${prefix}embeddings.word_embeddings.weight`]: [vocab_size, dim],
    [`${prefix}embeddings.position_embeddings.weight`]: [max_position_embeddings, dim],
    [`${prefix}transformer.layer.${n_layers - 1}.ffn.lin1.weight`]: [hidden_dim, dim],
  });
}
