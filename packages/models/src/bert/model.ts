// SPDX-License-Identifier: Apache-2.0
// BERT, read from top to bottom. Names are those of transformers' checkpoints.

import {
  ArgumentError,
  type Generator,
  type Tensor,
  add,
  cast,
  cumsum,
  mul,
  notEqual,
  scalar,
  selfAttention,
  slice,
  squeeze,
} from '@nabla/core';
import { Dropout, Embedding, LayerNorm, Linear, Module, ModuleList } from '@nabla/layers';

import { checkEncoderInputs } from '../heads/check-encoder-inputs.ts';
import type { EncoderInputs, EncoderModel } from '../heads/encoder-model.ts';
import { activatedLinear } from '../pretrained/activated-linear.ts';
import type { Architecture } from '../pretrained/architecture.ts';
import { jointLinear } from '../pretrained/joint-linear.ts';
import { shownKeys } from '../pretrained/shown-keys.ts';
import { type BertConfig, bertSchema, paddingOf } from './config.ts';

/** What BERT is told beside its tokens. */
export type BertInputs = EncoderInputs;

/** Which keys a query sees. */
interface Visible {
  readonly causal: boolean;
  readonly mask?: Tensor; // bool [batch, 1, 1, time]
}

class BertEmbeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(config: BertConfig, generator: Generator, afterPadding: boolean) {
    super();
    const { vocab_size, hidden_size: features, max_position_embeddings, type_vocab_size } = config;
    const padding = paddingOf(config);
    const padded = { generator, ...(padding !== undefined && { paddingIndex: padding }) };
    this.word_embeddings = new Embedding(vocab_size, features, padded);
    this.position_embeddings = new Embedding(max_position_embeddings, features, afterPadding ? padded : { generator });
    this.token_type_embeddings = new Embedding(type_vocab_size, features, { generator });
    this.LayerNorm = new LayerNorm(features, { epsilon: config.layer_norm_eps });
    this.dropout = new Dropout(config.hidden_dropout_prob, { generator });
  }

  /** int32 `[batch, time]` → `[batch, time, features]`. */
  override forward(tokens: Tensor, { tokenTypeIds, positions }: BertInputs): Tensor {
    const [, time = 0] = tokens.shape;
    const places = positions
      ? this.position_embeddings.forward(positions) // [batch, time, features]
      : rowsOf(this.position_embeddings, time); // [time, features]
    const types = tokenTypeIds
      ? this.token_type_embeddings.forward(tokenTypeIds) // [batch, time, features]
      : rowsOf(this.token_type_embeddings, 1); // [1, features]
    const sum = add(this.word_embeddings.forward(tokens), add(places, types)); // [batch, time, features]
    return this.dropout.forward(this.LayerNorm.forward(sum));
  }
}

/** The embeddings of 0 to count - 1: `[count, features]`. */
function rowsOf({ weight }: Embedding, count: number): Tensor {
  const [, features = 0] = weight.shape;
  return slice(weight, [0, 0], [count, features]);
}

class BertSelfAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly config: BertConfig;
  readonly generator: Generator;

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { hidden_size: features } = config;
    this.query = new Linear(features, features, { generator });
    this.key = new Linear(features, features, { generator });
    this.value = new Linear(features, features, { generator });
    this.config = config;
    this.generator = generator;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, visible: Visible): Tensor {
    const { num_attention_heads: heads, attention_probs_dropout_prob: dropout } = this.config;
    const projected = jointLinear(x, [this.query, this.key, this.value]); // [batch, time, 3 * features]
    const dropping = this.training && dropout > 0 && { dropout, generator: this.generator };
    return selfAttention(projected, heads, { ...visible, ...dropping });
  }
}

/** Ends both halves of a layer: a linear map, the sum with what the half was given, a norm. */
export class BertOutput extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(inputs: number, config: BertConfig, generator: Generator) {
    super();
    this.dense = new Linear(inputs, config.hidden_size, { generator });
    this.LayerNorm = new LayerNorm(config.hidden_size, { epsilon: config.layer_norm_eps });
    this.dropout = new Dropout(config.hidden_dropout_prob, { generator });
  }

  /** `[batch, time, inputs]` and `[batch, time, features]` → `[batch, time, features]`. */
  override forward(x: Tensor, given: Tensor): Tensor {
    return this.LayerNorm.forward(add(this.dropout.forward(this.dense.forward(x)), given));
  }
}

class BertAttention extends Module {
  readonly self: BertSelfAttention;
  readonly output: BertOutput;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.self = new BertSelfAttention(config, generator);
    this.output = new BertOutput(config.hidden_size, config, generator);
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, visible: Visible): Tensor {
    return this.output.forward(this.self.forward(x, visible), x);
  }
}

export class BertIntermediate extends Module {
  readonly dense: Linear;
  readonly config: BertConfig;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.dense = new Linear(config.hidden_size, config.intermediate_size, { generator });
    this.config = config;
  }

  /** `[batch, time, features]` → `[batch, time, inner]`. */
  override forward(x: Tensor): Tensor {
    return activatedLinear(x, this.dense, this.config.hidden_act);
  }
}

class BertLayer extends Module {
  readonly attention: BertAttention;
  readonly intermediate: BertIntermediate;
  readonly output: BertOutput;

  constructor(config: BertConfig, generator: Generator) {
    super();
    this.attention = new BertAttention(config, generator);
    this.intermediate = new BertIntermediate(config, generator);
    this.output = new BertOutput(config.intermediate_size, config, generator);
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, visible: Visible): Tensor {
    const attended = this.attention.forward(x, visible);
    return this.output.forward(this.intermediate.forward(attended), attended);
  }
}

class BertEncoder extends Module {
  readonly layer: ModuleList<BertLayer>;

  constructor(config: BertConfig, generator: Generator) {
    super();
    const { num_hidden_layers: layers } = config;
    this.layer = new ModuleList(Array.from({ length: layers }, () => new BertLayer(config, generator)));
  }

  /** What goes in, then what each layer makes of it, `[batch, time, features]`. */
  override forward(x: Tensor, visible: Visible): Tensor[] {
    const states = [x];
    for (const layer of this.layer) states.push(layer.forward(states.at(-1) as Tensor, visible));
    return states;
  }
}

export class BertPooler extends Module {
  readonly dense: Linear;

  constructor({ hidden_size: features }: BertConfig, generator: Generator) {
    super();
    this.dense = new Linear(features, features, { generator });
  }

  /** `tanh(x[:, 0] · weightᵀ + bias)`: `[batch, time, features]` → `[batch, features]`. */
  override forward(x: Tensor): Tensor {
    const [batch = 0, , features = 0] = x.shape;
    const first = squeeze(slice(x, [0, 0, 0], [batch, 1, features]), [1]); // [batch, features]
    return activatedLinear(first, this.dense, 'tanh');
  }
}

export interface BertModelOptions {
  /** Whether it has a pooler, which makes one vector of a sequence; default true. */
  pooler?: boolean;
  /**
   * Whether positions count tokens alone and begin after that of padding, `pad_token_id`, as in RoBERTa; default false: they count all
   * from 0.
   */
  positionsAfterPadding?: boolean;
}

/**
 * BERT without a head: embeddings of tokens, their positions and types, post-norm layers in which every token sees all, and a pooler.
 *
 * @see Devlin et al. 2018, https://arxiv.org/abs/1810.04805
 * @example
 * const config = { vocab_size: 9, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8 };
 * const model = new BertModel(config, new Generator(1));
 * const hidden = model.forward(tensor2d([[1, 2, 3]], [1, 3], 'int32'));
 * [hidden.shape, model.pool(hidden).shape]; // [[1, 3, 4], [1, 4]]
 */
export class BertModel extends Module implements EncoderModel<BertConfig> {
  static readonly architecture: Architecture<BertConfig> = {
    name: 'BertModel',
    modelType: 'bert',
    schema: bertSchema,
    prefix: 'bert',
    anchors: bertAnchors(''),
  };

  readonly embeddings: BertEmbeddings;
  readonly encoder: BertEncoder;
  readonly pooler: BertPooler | undefined;
  readonly config: BertConfig;
  /** The position of padding, where positions begin after it. */
  readonly paddingPosition: number | undefined;

  constructor(config: Partial<BertConfig>, generator: Generator, options: BertModelOptions = {}) {
    super();
    const { pooler = true, positionsAfterPadding = false } = options;
    this.config = bertSchema.parse(config);
    this.paddingPosition = positionsAfterPadding ? (paddingOf(this.config) ?? 0) : undefined;
    this.embeddings = new BertEmbeddings(this.config, generator, positionsAfterPadding);
    this.encoder = new BertEncoder(this.config, generator);
    this.pooler = pooler ? new BertPooler(this.config, generator) : undefined;
  }

  get features(): number {
    return this.config.hidden_size;
  }

  get context(): number {
    const { max_position_embeddings: positions } = this.config;
    return this.paddingPosition === undefined ? positions : positions - this.paddingPosition - 1;
  }

  /**
   * int32 `[batch, time]` → `[batch, time, features]`.
   *
   * @throws {ShapeError} tokens are not `[batch, time]`, or the mask is not of their shape
   * @throws {ArgumentError} more tokens than positions
   */
  override forward(tokens: Tensor, inputs: BertInputs = {}): Tensor {
    return this.hiddenStates(tokens, inputs).at(-1) as Tensor;
  }

  /** The embeddings after their norm, then what each layer makes of them, `[batch, time, features]`. */
  hiddenStates(tokens: Tensor, inputs: BertInputs = {}): Tensor[] {
    checkEncoderInputs('BertModel', tokens, inputs, this.context);
    const { is_decoder: causal } = this.config;
    const mask = inputs.attentionMask && shownKeys(inputs.attentionMask);
    const counted = this.paddingPosition === undefined ? undefined : positionsAfter(tokens, this.paddingPosition);
    const embedded = this.embeddings.forward(tokens, { ...inputs, positions: inputs.positions ?? counted });
    return this.encoder.forward(embedded, { causal, ...(mask && { mask }) });
  }

  /**
   * The vector of a sequence, from what {@link forward} makes of its first token: `[batch, time, features]` → `[batch, features]`.
   *
   * @throws {ArgumentError} the model was made without a pooler
   */
  pool(hidden: Tensor): Tensor {
    if (this.pooler !== undefined) return this.pooler.forward(hidden);
    throw new ArgumentError({ op: 'BertModel', argument: 'pooler', expected: 'to be there', received: 'none' });
  }
}

/** Positions that count tokens alone, and begin after that of padding, which all padding has: `padding + number of tokens so far`. */
export function positionsAfter(tokens: Tensor, padding: number): Tensor {
  const isToken = cast(notEqual(tokens, scalar(padding, 'int32')), 'int32'); // [batch, time]
  return add(mul(cumsum(isToken, 1), isToken), scalar(padding, 'int32'));
}

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
export function bertAnchors(prefix: string): (config: BertConfig) => Record<string, number[]> {
  return ({ hidden_size: features, num_hidden_layers: layers, intermediate_size, ...config }) => ({
    [`${prefix}embeddings.word_embeddings.weight`]: [config.vocab_size, features],
    [`${prefix}embeddings.position_embeddings.weight`]: [config.max_position_embeddings, features],
    [`${prefix}embeddings.token_type_embeddings.weight`]: [config.type_vocab_size, features],
    [`${prefix}encoder.layer.${layers - 1}.intermediate.dense.weight`]: [intermediate_size, features],
  });
}
