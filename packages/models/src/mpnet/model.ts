// SPDX-License-Identifier: Apache-2.0
// MPNet, read from top to bottom: RoBERTa's positions, and in every layer a bias of distances. Names are those of transformers' checkpoints.

import {
  type Generator,
  type Tensor,
  add,
  embedding,
  fill,
  reshape,
  selfAttention,
  transpose,
  where,
} from '@nabla/core';
import { Dropout, Embedding, LayerNorm, Linear, Module, ModuleList } from '@nabla/layers';

import type { BertConfig } from '../bert/config.ts';
import { BertIntermediate, type BertModelOptions, BertOutput, BertPooler, positionsAfter } from '../bert/model.ts';
import { checkEncoderInputs } from '../heads/check-encoder-inputs.ts';
import type { EncoderInputs, EncoderModel } from '../heads/encoder-model.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { jointLinear } from '../pretrained/joint-linear.ts';
import { shownKeys } from '../pretrained/shown-keys.ts';
import { bucketTable } from '../t5/relative-positions.ts';
import { BUCKETS, PADDING, mpnetSchema } from './config.ts';

class MPNetEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { vocab_size, hidden_size: features, max_position_embeddings, layer_norm_eps: epsilon } = config;
    this.word_embeddings = new Embedding(vocab_size, features, { generator, paddingIndex: PADDING });
    this.position_embeddings = new Embedding(max_position_embeddings, features, { generator, paddingIndex: PADDING });
    this.LayerNorm = new LayerNorm(features, { epsilon });
    this.dropout = new Dropout(config.hidden_dropout_prob, { generator });
  }

  /** int32 `[batch, time]`, both → `[batch, time, features]`. */
  override forward(tokens: Tensor, positions: Tensor): Tensor {
    const sum = add(this.word_embeddings.forward(tokens), this.position_embeddings.forward(positions));
    return this.dropout.forward(this.LayerNorm.forward(sum));
  }
}

class MPNetSelfAttention extends Module {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  readonly config: BertConfig;
  readonly generator: Generator;

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { hidden_size: features } = config;
    this.q = new Linear(features, features, { generator });
    this.k = new Linear(features, features, { generator });
    this.v = new Linear(features, features, { generator });
    this.o = new Linear(features, features, { generator });
    this.config = config;
    this.generator = generator;
  }

  /** `[batch, time, features]` → the same shape; `bias`, `[1 or batch, heads, time, time]`, is added to the products. */
  override forward(x: Tensor, bias: Tensor): Tensor {
    const { num_attention_heads: heads, attention_probs_dropout_prob: dropout } = this.config;
    const projected = jointLinear(x, [this.q, this.k, this.v]); // [batch, time, 3 * features]
    const dropping = this.training && dropout > 0 && { dropout, generator: this.generator };
    return this.o.forward(selfAttention(projected, heads, { causal: false, mask: bias, ...dropping }));
  }
}

class MPNetAttention extends Module {
  readonly attn: MPNetSelfAttention;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.attn = new MPNetSelfAttention(config, generator);
    this.LayerNorm = new LayerNorm(config.hidden_size, { epsilon: config.layer_norm_eps });
    this.dropout = new Dropout(config.hidden_dropout_prob, { generator });
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, bias: Tensor): Tensor {
    return this.LayerNorm.forward(add(this.dropout.forward(this.attn.forward(x, bias)), x));
  }
}

class MPNetLayer extends Module {
  readonly attention: MPNetAttention;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutput;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.attention = new MPNetAttention(config, generator);
    this.intermediate = new BertIntermediate(config, generator);
    this.output = new BertOutput(config.intermediate_size, config, generator);
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, bias: Tensor): Tensor {
    const attended = this.attention.forward(x, bias);
    return this.output.forward(this.intermediate.forward(attended), attended);
  }
}

class MPNetEncoder extends Module {
  readonly layer: ModuleList<MPNetLayer>;
  readonly relative_attention_bias: Embedding; // [buckets, heads]

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { num_hidden_layers: layers, num_attention_heads: heads } = config;
    this.layer = new ModuleList(Array.from({ length: layers }, () => new MPNetLayer(config, generator)));
    this.relative_attention_bias = new Embedding(BUCKETS, heads, { generator });
  }

  /** What goes in, then what each layer makes of it, `[batch, time, features]`. */
  override forward(x: Tensor, mask?: Tensor): Tensor[] {
    const bias = this.bias(x.shape[1] ?? 0, mask);
    const states = [x];
    for (const layer of this.layer) states.push(layer.forward(states.at(-1) as Tensor, bias));
    return states;
  }

  /** The bias of distances, as T5's, once for all layers; -Infinity where a key is hidden: `[1 or batch, heads, time, time]`. */
  private bias(time: number, mask?: Tensor): Tensor {
    const table = bucketTable(0, time, time, { buckets: BUCKETS, maximumDistance: 128, bidirectional: true });
    const byPair = embedding(this.relative_attention_bias.weight, table); // [time, time, heads]
    const bias = reshape(transpose(byPair, [2, 0, 1]), [1, -1, time, time]);
    return mask === undefined ? bias : where(mask, bias, fill([1], -Infinity));
  }
}

/**
 * MPNet without a head. Positions count tokens alone and begin after that of padding; to each product of attention a number is added that
 * the distance of both tokens has.
 *
 * @see Song et al. 2020, https://arxiv.org/abs/2004.09297
 * @example
 * const sizes = { hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8 };
 * const model = new MPNetModel({ ...sizes, vocab_size: 9, max_position_embeddings: 10 }, new Generator(1));
 * [model.context, model.forward(tensor2d([[0, 5, 2]], [1, 3], 'int32')).shape]; // [8, [1, 3, 4]]
 */
export class MPNetModel extends Module implements EncoderModel<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    name: 'MPNetModel',
    modelType: 'mpnet',
    schema: mpnetSchema,
    prefix: 'mpnet',
    anchors: mpnetAnchors(''),
  };

  readonly embeddings: MPNetEmbeddings;
  readonly encoder: MPNetEncoder;
  readonly pooler: BertPooler | undefined;
  readonly config: BertConfig;

  constructor(config: Partial<BertConfig>, generator: Generator, { pooler = true }: BertModelOptions = {}) {
    super();
    this.config = mpnetSchema.parse(config);
    this.embeddings = new MPNetEmbeddings(this.config, generator);
    this.encoder = new MPNetEncoder(this.config, generator);
    this.pooler = pooler ? new BertPooler(this.config, generator) : undefined;
  }

  get features(): number {
    return this.config.hidden_size;
  }

  get context(): number {
    return this.config.max_position_embeddings - PADDING - 1;
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
    checkEncoderInputs('MPNetModel', tokens, inputs, this.context);
    const mask = inputs.attentionMask && shownKeys(inputs.attentionMask);
    return this.encoder.forward(
      this.embeddings.forward(tokens, inputs.positions ?? positionsAfter(tokens, PADDING)),
      mask,
    );
  }
}

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
export function mpnetAnchors(prefix: string): (config: BertConfig) => Record<string, number[]> {
  return ({ hidden_size: features, num_hidden_layers: layers, intermediate_size, ...config }) => ({
    [`${prefix}embeddings.word_embeddings.weight`]: [config.vocab_size, features],
    [`${prefix}embeddings.position_embeddings.weight`]: [config.max_position_embeddings, features],
    [`${prefix}encoder.relative_attention_bias.weight`]: [BUCKETS, config.num_attention_heads],
    [`${prefix}encoder.layer.${layers - 1}.intermediate.dense.weight`]: [intermediate_size, features],
  });
}
