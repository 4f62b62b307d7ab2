// SPDX-License-Identifier: Apache-2.0
// CLIP's text tower, read from top to bottom. Names are those of transformers' checkpoints.

import {
  type Generator,
  ShapeError,
  type Tensor,
  add,
  argMax,
  cast,
  checkRank,
  embedding,
  equal,
  range,
  reshape,
  scalar,
  slice,
} from '@nabla/core';
import { Embedding, LayerNorm, Linear, Module } from '@nabla/layers';

import { decoderMask } from '../generation/decoder-mask.ts';
import type { Architecture, PretrainedModel } from '../pretrained/architecture.ts';
import { initialize } from '../pretrained/initialize.ts';
import { type CLIPTextConfig, type CLIPTextSettings, clipTextSchema } from './config.ts';
import { CLIPEncoder, towerDeviation } from './encoder.ts';

/** What a text tower is told beside its tokens. */
export interface TextInputs {
  /** `[batch, time]`: 1 for a token, 0 for padding. Default: there is no padding. */
  readonly attentionMask?: Tensor | undefined;
}

/** What a tower makes of its input. */
export interface TowerOutput {
  /** `[batch, time, features]`: for text after the last norm, for images before it. */
  readonly lastHiddenState: Tensor;
  /** `[batch, features]`: one vector for each text or image, after the last norm. */
  readonly pooled: Tensor;
}

class CLIPTextEmbeddings extends Module {
  readonly token_embedding: Embedding;
  readonly position_embedding: Embedding;

  constructor({ vocab_size, hidden_size, max_position_embeddings }: CLIPTextConfig, generator: Generator) {
    super();
    this.token_embedding = new Embedding(vocab_size, hidden_size, { generator });
    this.position_embedding = new Embedding(max_position_embeddings, hidden_size, { generator });
  }

  /** int32 `[batch, time]` → `[batch, time, features]`. */
  override forward(tokens: Tensor): Tensor {
    checkRank('CLIPTextModel', 'tokens', tokens, 2);
    const [, time = 0] = tokens.shape;
    const { weight } = this.position_embedding;
    const [longest = 0, features = 0] = weight.shape;
    if (time < 1 || time > longest) {
      const expected = `[batch, 1 to ${longest}]`;
      const hint = 'Let the tokenizer cut longer texts off.';
      throw new ShapeError({ op: 'CLIPTextModel', argument: 'tokens', expected, received: tokens.shape, hint });
    }
    return add(this.token_embedding.forward(tokens), slice(weight, [0, 0], [time, features]));
  }
}

/** Token and position embeddings, causal attention, a last norm; a text is read where it ends. */
export class CLIPTextTransformer extends Module {
  readonly embeddings: CLIPTextEmbeddings;
  readonly encoder: CLIPEncoder;
  readonly final_layer_norm: LayerNorm;
  readonly config: CLIPTextConfig;

  constructor(config: CLIPTextConfig, generator: Generator) {
    super();
    this.embeddings = new CLIPTextEmbeddings(config, generator);
    this.encoder = new CLIPEncoder(config, generator);
    this.final_layer_norm = new LayerNorm(config.hidden_size, { epsilon: config.layer_norm_eps });
    this.config = config;
  }

  /** int32 `[batch, time]` → the states of all tokens, and of each text's end. */
  override forward(tokens: Tensor, inputs: TextInputs = {}): TowerOutput {
    const lastHiddenState = this.final_layer_norm.forward(this.hiddenStates(tokens, inputs).at(-1) as Tensor);
    const [batch = 0, time = 0, features = 0] = lastHiddenState.shape;
    const rows = add(range(0, batch * time, time, 'int32'), this.ends(tokens)); // [batch]
    return { lastHiddenState, pooled: embedding(reshape(lastHiddenState, [batch * time, features]), rows) };
  }

  /** The sum of the embeddings, then what each block makes of it, `[batch, time, features]`; all before the last norm. */
  hiddenStates(tokens: Tensor, { attentionMask }: TextInputs = {}): Tensor[] {
    const x = this.embeddings.forward(tokens);
    const [batch = 0, time = 0] = tokens.shape;
    return this.encoder.forward(x, decoderMask(batch, time, { attentionMask }));
  }

  /**
   * int32 `[batch]`: the place of each text's first end token; where there is none, 0. The first published models say that their end
   * token is 2, which it is not: theirs is the token of the largest id.
   */
  private ends(tokens: Tensor): Tensor {
    const { eos_token_id: end } = this.config;
    const isEnd = end === 2 ? tokens : cast(equal(tokens, scalar(end, 'int32')), 'int32');
    return cast(argMax(isEnd, -1), 'int32');
  }
}

/**
 * CLIP's text tower by itself. It loads from its own folder, and from one of both towers.
 *
 * @see Radford et al. 2021, https://arxiv.org/abs/2103.00020
 * @example
 * const config = { vocab_size: 9, hidden_size: 4, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
 * const model = new CLIPTextModel({ ...config, max_position_embeddings: 5, eos_token_id: 8 }, new Generator(1));
 * model.forward(tensor2d([[1, 3, 8]], [1, 3], 'int32')).pooled.shape; // [1, 4]
 */
export class CLIPTextModel extends Module implements PretrainedModel<CLIPTextConfig> {
  static readonly architecture: Architecture<CLIPTextConfig> = {
    name: 'CLIPTextModel',
    modelType: 'clip_text_model',
    schema: clipTextSchema,
    prefix: 'text_model',
    anchors: textAnchors,
  };

  readonly text_model: CLIPTextTransformer;
  readonly config: CLIPTextConfig;

  constructor(config: CLIPTextSettings, generator: Generator) {
    super();
    this.config = clipTextSchema.parse(config);
    this.text_model = new CLIPTextTransformer(this.config, generator);
    initialize(this, generator, (name) => towerDeviation(name, this.config) * this.config.initializer_factor);
  }

  /** int32 `[batch, time]` → the states of all tokens, and of each text's end. */
  override forward(tokens: Tensor, inputs: TextInputs = {}): TowerOutput {
    return this.text_model.forward(tokens, inputs);
  }
}

/** CLIP's text tower with the projection to where texts and images are compared. */
export class CLIPTextModelWithProjection extends Module implements PretrainedModel<CLIPTextConfig> {
  static readonly architecture: Architecture<CLIPTextConfig> = {
    ...CLIPTextModel.architecture,
    name: 'CLIPTextModelWithProjection',
    anchors: (config) => ({
      ...textAnchors(config),
      'text_projection.weight': [config.projection_dim, config.hidden_size],
    }),
  };

  readonly text_model: CLIPTextTransformer;
  readonly text_projection: Linear;
  readonly config: CLIPTextConfig;

  constructor(config: CLIPTextSettings, generator: Generator) {
    super();
    this.config = clipTextSchema.parse(config);
    const { hidden_size, projection_dim } = this.config;
    this.text_model = new CLIPTextTransformer(this.config, generator);
    this.text_projection = new Linear(hidden_size, projection_dim, { generator, bias: false });
    initialize(this, generator, (name) => towerDeviation(name, this.config) * this.config.initializer_factor);
  }

  /** int32 `[batch, time]` → `[batch, projection_dim]`, not normalized. */
  override forward(tokens: Tensor, inputs: TextInputs = {}): Tensor {
    return this.text_projection.forward(this.text_model.forward(tokens, inputs).pooled);
  }
}

/** Tensors that fix all sizes of a text tower; see {@link Architecture}. */
export function textAnchors(config: CLIPTextConfig): Record<string, number[]> {
  const { vocab_size, hidden_size: features, max_position_embeddings, num_hidden_layers, intermediate_size } = config;
  return {
    'text_model.embeddings.token_embedding.weight': [vocab_size, features],
    'text_model.embeddings.position_embedding.weight': [max_position_embeddings, features],
    [`text_model.encoder.layers.${num_hidden_layers - 1}.mlp.fc1.weight`]: [intermediate_size, features],
  };
}
