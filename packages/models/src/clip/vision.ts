// SPDX-License-Identifier: Apache-2.0
// CLIP's vision tower, read from top to bottom. Names are those of transformers' checkpoints.

import { type Generator, type Tensor, add, broadcastTo, concat, normal, reshape, slice, squeeze } from '@nabla/core';
import { Conv2d, Embedding, LayerNorm, Linear, Module, type Parameter, parameter } from '@nabla/layers';

import type { Architecture, PretrainedModel } from '../pretrained/architecture.ts';
import { initialize } from '../pretrained/initialize.ts';
import {
  type HeightAndWidth,
  type ImageInputs,
  checkImages,
  heightAndWidth,
  interpolatePositions,
  patchCount,
  patchGrid,
} from '../pretrained/patches.ts';
import { type CLIPVisionConfig, type CLIPVisionSettings, clipVisionSchema } from './config.ts';
import { CLIPEncoder, towerDeviation } from './encoder.ts';
import type { TowerOutput } from './text.ts';

class CLIPVisionEmbeddings extends Module {
  readonly class_embedding: Parameter; // [features]: what the image as a whole is read from
  readonly patch_embedding: Conv2d;
  readonly position_embedding: Embedding;
  readonly config: CLIPVisionConfig;

  constructor(config: CLIPVisionConfig, generator: Generator) {
    super();
    const { hidden_size: features, num_channels, patch_size, initializer_factor } = config;
    const patch = heightAndWidth(patch_size);
    const standardDeviation = initializer_factor / Math.sqrt(features);
    this.class_embedding = parameter(normal([features], generator, { standardDeviation }));
    this.patch_embedding = new Conv2d(num_channels, features, patch, { stride: patch, bias: false, generator });
    this.position_embedding = new Embedding(1 + patchCount(config), features, { generator });
    this.config = config;
  }

  /** `[batch, height, width, channels]` → `[batch, 1 + patches, features]`. */
  override forward(images: Tensor, inputs: ImageInputs): Tensor {
    const grid = checkImages('CLIPVisionModel', images, this.config, inputs);
    const map = this.patch_embedding.forward(images); // [batch, rows, columns, features]
    const [batch = 0, rows = 0, columns = 0, features = 0] = map.shape;
    const whole = broadcastTo(this.class_embedding, [batch, 1, features]);
    const tokens = concat([whole, reshape(map, [batch, rows * columns, features])], 1);
    return add(tokens, this.positions(grid));
  }

  /** `[1 + patches, features]` of a grid of patches. */
  private positions(grid: HeightAndWidth): Tensor {
    const learned = this.position_embedding.weight;
    const own = patchGrid(this.config, heightAndWidth(this.config.image_size));
    if (grid[0] === own[0] && grid[1] === own[1]) return learned;
    const [count = 0, features = 0] = learned.shape;
    const ofPatches = slice(learned, [1, 0], [count - 1, features]);
    return concat([slice(learned, [0, 0], [1, features]), interpolatePositions(ofPatches, own, grid)], 0);
  }
}

/** Patches of an image with a token for the whole of it, positions, a norm, attention; an image is read from the first token. */
export class CLIPVisionTransformer extends Module {
  readonly embeddings: CLIPVisionEmbeddings;
  readonly pre_layrnorm: LayerNorm; // spelled so in all checkpoints
  readonly encoder: CLIPEncoder;
  readonly post_layernorm: LayerNorm;

  constructor(config: CLIPVisionConfig, generator: Generator) {
    super();
    const { hidden_size: features, layer_norm_eps: epsilon } = config;
    this.embeddings = new CLIPVisionEmbeddings(config, generator);
    this.pre_layrnorm = new LayerNorm(features, { epsilon });
    this.encoder = new CLIPEncoder(config, generator);
    this.post_layernorm = new LayerNorm(features, { epsilon });
  }

  /** Images `[batch, height, width, channels]` → the states of all tokens, and of each image as a whole. */
  override forward(images: Tensor, inputs: ImageInputs = {}): TowerOutput {
    const lastHiddenState = this.hiddenStates(images, inputs).at(-1) as Tensor;
    const [batch = 0, , features = 0] = lastHiddenState.shape;
    const whole = squeeze(slice(lastHiddenState, [0, 0, 0], [batch, 1, features]), [1]); // [batch, features]
    return { lastHiddenState, pooled: this.post_layernorm.forward(whole) };
  }

  /** The sum of the embeddings after its norm, then what each block makes of it, `[batch, 1 + patches, features]`. */
  hiddenStates(images: Tensor, inputs: ImageInputs = {}): Tensor[] {
    return this.encoder.forward(this.pre_layrnorm.forward(this.embeddings.forward(images, inputs)));
  }
}

/**
 * CLIP's vision tower by itself. It loads from its own folder, and from one of both towers.
 *
 * @see Radford et al. 2021, https://arxiv.org/abs/2103.00020
 * @example
 * const config = { hidden_size: 4, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
 * const model = new CLIPVisionModel({ ...config, image_size: 8, patch_size: 4 }, new Generator(1));
 * model.forward(zeros([2, 8, 8, 3])).pooled.shape; // [2, 4]
 */
export class CLIPVisionModel extends Module implements PretrainedModel<CLIPVisionConfig> {
  static readonly architecture: Architecture<CLIPVisionConfig> = {
    name: 'CLIPVisionModel',
    modelType: 'clip_vision_model',
    schema: clipVisionSchema,
    prefix: 'vision_model',
    anchors: visionAnchors,
  };

  readonly vision_model: CLIPVisionTransformer;
  readonly config: CLIPVisionConfig;

  constructor(config: CLIPVisionSettings, generator: Generator) {
    super();
    this.config = clipVisionSchema.parse(config);
    this.vision_model = new CLIPVisionTransformer(this.config, generator);
    initialize(this, generator, (name) => towerDeviation(name, this.config) * this.config.initializer_factor);
  }

  /** Images `[batch, height, width, channels]` → the states of all tokens, and of each image as a whole. */
  override forward(images: Tensor, inputs: ImageInputs = {}): TowerOutput {
    return this.vision_model.forward(images, inputs);
  }
}

/** CLIP's vision tower with the projection to where texts and images are compared. */
export class CLIPVisionModelWithProjection extends Module implements PretrainedModel<CLIPVisionConfig> {
  static readonly architecture: Architecture<CLIPVisionConfig> = {
    ...CLIPVisionModel.architecture,
    name: 'CLIPVisionModelWithProjection',
    anchors: (config) => ({
      ...visionAnchors(config),
      'visual_projection.weight': [config.projection_dim, config.hidden_size],
    }),
  };

  readonly vision_model: CLIPVisionTransformer;
  readonly visual_projection: Linear;
  readonly config: CLIPVisionConfig;

  constructor(config: CLIPVisionSettings, generator: Generator) {
    super();
    this.config = clipVisionSchema.parse(config);
    const { hidden_size, projection_dim } = this.config;
    this.vision_model = new CLIPVisionTransformer(this.config, generator);
    this.visual_projection = new Linear(hidden_size, projection_dim, { generator, bias: false });
    initialize(this, generator, (name) => towerDeviation(name, this.config) * this.config.initializer_factor);
  }

  /** Images `[batch, height, width, channels]` → `[batch, projection_dim]`, not normalized. */
  override forward(images: Tensor, inputs: ImageInputs = {}): Tensor {
    return this.visual_projection.forward(this.vision_model.forward(images, inputs).pooled);
  }
}

/** Tensors that fix all sizes of a vision tower; see {@link Architecture}. */
export function visionAnchors(config: CLIPVisionConfig): Record<string, number[]> {
  const { hidden_size: features, num_channels, patch_size, num_hidden_layers, intermediate_size } = config;
  const patch = heightAndWidth(patch_size);
  return {
    'vision_model.embeddings.position_embedding.weight': [1 + patchCount(config), features],
    'vision_model.embeddings.patch_embedding.weight': [features, num_channels, ...patch],
    [`vision_model.encoder.layers.${num_hidden_layers - 1}.mlp.fc1.weight`]: [intermediate_size, features],
  };
}
