// SPDX-License-Identifier: Apache-2.0
// The vision transformer, read from top to bottom. Names are those of transformers' checkpoints.

import {
  type Generator,
  type Tensor,
  add,
  broadcastTo,
  concat,
  reshape,
  scaledDotProductAttention,
  slice,
  squeeze,
  zeros,
} from '@nabla/core';
import { Conv2d, Dropout, LayerNorm, Linear, Module, ModuleList, type Parameter, parameter } from '@nabla/layers';

import { activate } from '../pretrained/activations.ts';
import type { Architecture, PretrainedModel } from '../pretrained/architecture.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';
import { initialize } from '../pretrained/initialize.ts';
import { classificationLoss, labelCount } from '../pretrained/labels.ts';
import {
  type ImageInputs,
  checkImages,
  heightAndWidth,
  interpolatePositions,
  patchCount,
  patchGrid,
} from '../pretrained/patches.ts';
import { type ViTConfig, vitSchema } from './config.ts';

/** A linear map of each patch of an image: a convolution that steps from patch to patch. */
class ViTPatchEmbeddings extends Module {
  readonly projection: Conv2d;

  constructor({ num_channels, hidden_size, patch_size }: ViTConfig, generator: Generator) {
    super();
    const patch = heightAndWidth(patch_size);
    this.projection = new Conv2d(num_channels, hidden_size, patch, { stride: patch, generator });
  }

  /** `[batch, height, width, channels]` → `[batch, patches, features]`, row by row. */
  override forward(images: Tensor): Tensor {
    const map = this.projection.forward(images); // [batch, rows, columns, features]
    const [batch = 0, rows = 0, columns = 0, features = 0] = map.shape;
    return reshape(map, [batch, rows * columns, features]);
  }
}

class ViTEmbeddings extends Module {
  readonly cls_token: Parameter; // [1, 1, features]: what the image as a whole is read from
  readonly position_embeddings: Parameter; // [1, 1 + patches, features]
  readonly patch_embeddings: ViTPatchEmbeddings;
  readonly dropout: Dropout;
  readonly config: ViTConfig;

  constructor(config: ViTConfig, generator: Generator) {
    super();
    const { hidden_size: features, hidden_dropout_prob } = config;
    this.cls_token = parameter(zeros([1, 1, features]));
    this.position_embeddings = parameter(zeros([1, 1 + patchCount(config), features]));
    this.patch_embeddings = new ViTPatchEmbeddings(config, generator);
    this.dropout = new Dropout(hidden_dropout_prob, { generator });
    this.config = config;
  }

  /** `[batch, height, width, channels]` → `[batch, 1 + patches, features]`. */
  override forward(images: Tensor, inputs: ImageInputs): Tensor {
    const grid = checkImages('ViTModel', images, this.config, inputs);
    const patches = this.patch_embeddings.forward(images); // [batch, patches, features]
    const [batch = 0, , features = 0] = patches.shape;
    const tokens = concat([broadcastTo(this.cls_token, [batch, 1, features]), patches], 1);
    return this.dropout.forward(add(tokens, this.positions(grid)));
  }

  /** `[1, 1 + patches, features]` of a grid of patches. */
  private positions(grid: readonly [number, number]): Tensor {
    const learned = this.position_embeddings;
    const own = patchGrid(this.config, heightAndWidth(this.config.image_size));
    if (grid[0] === own[0] && grid[1] === own[1]) return learned;
    const [, count = 0, features = 0] = learned.shape;
    const ofPatches = reshape(slice(learned, [0, 1, 0], [1, count - 1, features]), [count - 1, features]);
    const stretched = reshape(interpolatePositions(ofPatches, own, grid), [1, grid[0] * grid[1], features]);
    return concat([slice(learned, [0, 0, 0], [1, 1, features]), stretched], 1);
  }
}

class ViTSelfAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly config: ViTConfig;
  readonly generator: Generator;

  constructor(config: ViTConfig, generator: Generator) {
    super();
    const { hidden_size: features, qkv_bias: bias } = config;
    this.query = new Linear(features, features, { generator, bias });
    this.key = new Linear(features, features, { generator, bias });
    this.value = new Linear(features, features, { generator, bias });
    this.config = config;
    this.generator = generator;
  }

  /** `[batch, tokens, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    const { num_attention_heads: heads, attention_probs_dropout_prob: dropout } = this.config;
    const settings = this.training && dropout > 0 ? { dropout, generator: this.generator } : {};
    const query = splitHeads(this.query.forward(x), heads); // [batch, heads, tokens, headSize]
    const key = splitHeads(this.key.forward(x), heads);
    const value = splitHeads(this.value.forward(x), heads);
    return joinHeads(scaledDotProductAttention(query, key, value, settings));
  }
}

/** A linear map under the name that checkpoints have for it. */
class ViTDense extends Module {
  readonly dense: Linear;

  constructor(inputs: number, outputs: number, generator: Generator) {
    super();
    this.dense = new Linear(inputs, outputs, { generator });
  }

  /** `[...batch, inputs]` → `[...batch, outputs]`. */
  override forward(x: Tensor): Tensor {
    return this.dense.forward(x);
  }
}

class ViTAttention extends Module {
  readonly attention: ViTSelfAttention;
  readonly output: ViTDense;

  constructor(config: ViTConfig, generator: Generator) {
    super();
    this.attention = new ViTSelfAttention(config, generator);
    this.output = new ViTDense(config.hidden_size, config.hidden_size, generator);
  }

  /** `[batch, tokens, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    return this.output.forward(this.attention.forward(x));
  }
}

class ViTLayer extends Module {
  readonly attention: ViTAttention;
  readonly intermediate: ViTDense;
  readonly output: ViTDense;
  readonly layernorm_before: LayerNorm;
  readonly layernorm_after: LayerNorm;
  readonly dropout: Dropout;
  readonly config: ViTConfig;

  constructor(config: ViTConfig, generator: Generator) {
    super();
    const { hidden_size: features, intermediate_size: inner, layer_norm_eps: epsilon } = config;
    this.attention = new ViTAttention(config, generator);
    this.intermediate = new ViTDense(features, inner, generator);
    this.output = new ViTDense(inner, features, generator);
    this.layernorm_before = new LayerNorm(features, { epsilon });
    this.layernorm_after = new LayerNorm(features, { epsilon });
    this.dropout = new Dropout(config.hidden_dropout_prob, { generator });
    this.config = config;
  }

  /** `[batch, tokens, features]` → the same shape. */
  override forward(x: Tensor): Tensor {
    const attended = add(x, this.dropout.forward(this.attention.forward(this.layernorm_before.forward(x))));
    const inner = this.intermediate.forward(this.layernorm_after.forward(attended)); // [batch, tokens, inner]
    return add(attended, this.dropout.forward(this.output.forward(activate(this.config.hidden_act, inner))));
  }
}

class ViTEncoder extends Module {
  readonly layer: ModuleList<ViTLayer>;

  constructor(config: ViTConfig, generator: Generator) {
    super();
    const layers = Array.from({ length: config.num_hidden_layers }, () => new ViTLayer(config, generator));
    this.layer = new ModuleList(layers);
  }

  /** `[batch, tokens, features]` → what comes in and what each layer makes of it, the same shape. */
  override forward(x: Tensor): Tensor[] {
    const states = [x];
    for (const layer of this.layer) states.push(layer.forward(states.at(-1) as Tensor));
    return states;
  }
}

/**
 * The vision transformer without a head: patches of an image with a token for the whole of it, positions, pre-norm blocks of attention
 * and a feed-forward network, a last norm.
 *
 * @see Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
 * @example
 * const config = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };
 * const model = new ViTModel({ ...config, image_size: [8, 12], patch_size: 4 }, new Generator(1));
 * model.forward(zeros([2, 8, 12, 3])).shape; // [2, 7, 8]
 */
export class ViTModel extends Module implements PretrainedModel<ViTConfig> {
  static readonly architecture: Architecture<ViTConfig> = {
    name: 'ViTModel',
    modelType: 'vit',
    schema: vitSchema,
    prefix: 'vit',
    anchors: anchors(''),
  };

  readonly embeddings: ViTEmbeddings;
  readonly encoder: ViTEncoder;
  readonly layernorm: LayerNorm;
  readonly pooler: ViTDense | undefined; // only where it is asked for
  readonly config: ViTConfig;

  constructor(config: Partial<ViTConfig>, generator: Generator, { pooler = true }: { pooler?: boolean } = {}) {
    super();
    this.config = vitSchema.parse(config);
    const { hidden_size: features, layer_norm_eps: epsilon, pooler_output_size, initializer_range } = this.config;
    this.embeddings = new ViTEmbeddings(this.config, generator);
    this.encoder = new ViTEncoder(this.config, generator);
    this.layernorm = new LayerNorm(features, { epsilon });
    this.pooler = pooler ? new ViTDense(features, pooler_output_size ?? features, generator) : undefined;
    initialize(this, generator, () => initializer_range);
  }

  /** Images `[batch, height, width, channels]` → `[batch, 1 + patches, features]`: the token of the whole comes first. */
  override forward(images: Tensor, inputs: ImageInputs = {}): Tensor {
    return this.layernorm.forward(this.hiddenStates(images, inputs).at(-1) as Tensor);
  }

  /** The sum of the embeddings, then what each block makes of it, `[batch, 1 + patches, features]`; all before the last norm. */
  hiddenStates(images: Tensor, inputs: ImageInputs = {}): Tensor[] {
    return this.encoder.forward(this.embeddings.forward(images, inputs));
  }

  /**
   * One vector for each image, from what {@link forward} gives.
   *
   * @param hidden `[batch, 1 + patches, features]`
   * @returns      `[batch, pooler_output_size]`; without a pooler, the token of the whole, `[batch, features]`
   */
  pool(hidden: Tensor): Tensor {
    const whole = firstToken(hidden); // [batch, features]
    return this.pooler === undefined ? whole : activate(this.config.pooler_act, this.pooler.forward(whole));
  }
}

/**
 * The vision transformer that says what an image shows.
 *
 * @example
 * const config = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16, num_labels: 3 };
 * const model = new ViTForImageClassification({ ...config, image_size: 8, patch_size: 4 }, new Generator(1));
 * model.forward(zeros([2, 8, 8, 3])).shape; // [2, 3]
 */
export class ViTForImageClassification extends Module implements PretrainedModel<ViTConfig> {
  static readonly architecture: Architecture<ViTConfig> = {
    ...ViTModel.architecture,
    name: 'ViTForImageClassification',
    anchors: anchors('vit.'),
  };

  readonly vit: ViTModel;
  readonly classifier: Linear;
  readonly config: ViTConfig;

  constructor(config: Partial<ViTConfig>, generator: Generator) {
    super();
    this.vit = new ViTModel(config, generator, { pooler: false });
    this.config = this.vit.config;
    const { hidden_size, initializer_range } = this.config;
    this.classifier = new Linear(hidden_size, labelCount(this.config), { generator });
    initialize(this.classifier, generator, () => initializer_range);
  }

  /** Images `[batch, height, width, channels]` → logits `[batch, labels]`. */
  override forward(images: Tensor, inputs: ImageInputs = {}): Tensor {
    return this.classifier.forward(this.vit.pool(this.vit.forward(images, inputs)));
  }

  /** What predictions cost, by the configuration's `problem_type`; see {@link classificationLoss}. */
  loss(images: Tensor, labels: Tensor, inputs: ImageInputs = {}): Tensor {
    return classificationLoss(this.forward(images, inputs), labels, this.config);
  }
}

/** `[batch, tokens, features]` → `[batch, features]` of the first token. */
function firstToken(hidden: Tensor): Tensor {
  const [batch = 0, , features = 0] = hidden.shape;
  return squeeze(slice(hidden, [0, 0, 0], [batch, 1, features]), [1]);
}

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
function anchors(prefix: string): (config: ViTConfig) => Record<string, number[]> {
  return (config) => {
    const { hidden_size: features, num_hidden_layers: layers, intermediate_size: inner, num_channels } = config;
    return {
      [`${prefix}embeddings.position_embeddings`]: [1, 1 + patchCount(config), features],
      [`${prefix}embeddings.patch_embeddings.projection.weight`]: [
        features,
        num_channels,
        ...heightAndWidth(config.patch_size),
      ],
      [`${prefix}encoder.layer.${layers - 1}.intermediate.dense.weight`]: [inner, features],
    };
  };
}
