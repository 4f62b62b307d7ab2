// SPDX-License-Identifier: Apache-2.0
// CLIP: a text tower and a vision tower whose vectors are close where text and image belong together.

import {
  type Generator,
  type Tensor,
  div,
  exp,
  linear,
  mul,
  neg,
  noGrad,
  scalar,
  scope,
  softmax,
  transpose,
  vectorNorm,
} from '@nabla/core';
import { Linear, Module, type Parameter, infoNceLoss, parameter } from '@nabla/layers';

import type { Architecture, PretrainedModel } from '../pretrained/architecture.ts';
import { initialize } from '../pretrained/initialize.ts';
import type { ImageInputs } from '../pretrained/patches.ts';
import { type CLIPConfig, clipSchema } from './config.ts';
import { towerDeviation } from './encoder.ts';
import { CLIPTextTransformer, type TextInputs, type TowerOutput, textAnchors } from './text.ts';
import { CLIPVisionTransformer, visionAnchors } from './vision.ts';

/** What CLIP is told beside tokens and images. */
export type CLIPInputs = TextInputs & ImageInputs;

/** What CLIP makes of texts and images. */
export interface CLIPOutput {
  /** `[images, texts]`: how well each image fits each text. */
  readonly logitsPerImage: Tensor;
  /** `[texts, images]`. */
  readonly logitsPerText: Tensor;
  /** `[texts, projection_dim]`, of length 1. */
  readonly textEmbeddings: Tensor;
  /** `[images, projection_dim]`, of length 1. */
  readonly imageEmbeddings: Tensor;
  /** Of the text tower, before the projection. */
  readonly text: TowerOutput;
  /** Of the vision tower, before the projection. */
  readonly vision: TowerOutput;
}

/**
 * CLIP. Its answer to images and texts is `exp(logit_scale) · image · textᵀ` of their vectors of length 1.
 *
 * @see Radford et al. 2021, https://arxiv.org/abs/2103.00020
 * @example
 * const tower = { hidden_size: 4, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
 * const text_config = { ...tower, vocab_size: 9, eos_token_id: 8 };
 * const vision_config = { ...tower, image_size: 8, patch_size: 4 };
 * const model = new CLIPModel({ text_config, vision_config, projection_dim: 6 }, new Generator(1));
 * model.forward(tensor2d([[1, 8], [2, 8]], [2, 2], 'int32'), zeros([3, 8, 8, 3])).logitsPerImage.shape; // [3, 2]
 */
export class CLIPModel extends Module implements PretrainedModel<CLIPConfig> {
  static readonly architecture: Architecture<CLIPConfig> = {
    name: 'CLIPModel',
    modelType: 'clip',
    schema: clipSchema,
    prefix: 'clip',
    anchors: ({ text_config, vision_config, projection_dim }) => ({
      ...textAnchors(text_config),
      ...visionAnchors(vision_config),
      'text_projection.weight': [projection_dim, text_config.hidden_size],
      'visual_projection.weight': [projection_dim, vision_config.hidden_size],
    }),
  };

  readonly text_model: CLIPTextTransformer;
  readonly vision_model: CLIPVisionTransformer;
  readonly visual_projection: Linear;
  readonly text_projection: Linear;
  readonly logit_scale: Parameter; // [], its logarithm
  readonly config: CLIPConfig;

  constructor(config: CLIPSettings, generator: Generator) {
    super();
    this.config = clipSchema.parse(config);
    const { text_config: text, vision_config: vision, projection_dim, logit_scale_init_value } = this.config;
    this.text_model = new CLIPTextTransformer(text, generator);
    this.vision_model = new CLIPVisionTransformer(vision, generator);
    this.visual_projection = new Linear(vision.hidden_size, projection_dim, { generator, bias: false });
    this.text_projection = new Linear(text.hidden_size, projection_dim, { generator, bias: false });
    this.logit_scale = parameter(scalar(logit_scale_init_value));
    initialize(this, generator, (name) => {
      const tower = name.startsWith('text') ? text : vision;
      return towerDeviation(`.${name}`, tower) * tower.initializer_factor;
    });
  }

  /** Texts int32 `[texts, time]` → `[texts, projection_dim]`, not normalized. */
  textFeatures(tokens: Tensor, inputs: TextInputs = {}): Tensor {
    return this.text_projection.forward(this.text_model.forward(tokens, inputs).pooled);
  }

  /** Images `[images, height, width, channels]` → `[images, projection_dim]`, not normalized. */
  imageFeatures(images: Tensor, inputs: ImageInputs = {}): Tensor {
    return this.visual_projection.forward(this.vision_model.forward(images, inputs).pooled);
  }

  /** Texts int32 `[texts, time]` and images `[images, height, width, channels]` → how well each fits each. */
  override forward(tokens: Tensor, images: Tensor, inputs: CLIPInputs = {}): CLIPOutput {
    const text = this.text_model.forward(tokens, inputs);
    const vision = this.vision_model.forward(images, inputs);
    const textEmbeddings = normalized(this.text_projection.forward(text.pooled));
    const imageEmbeddings = normalized(this.visual_projection.forward(vision.pooled));
    const logitsPerText = this.compare(textEmbeddings, imageEmbeddings);
    return { logitsPerImage: transpose(logitsPerText), logitsPerText, textEmbeddings, imageEmbeddings, text, vision };
  }

  /**
   * The contrastive loss of pairs, text i belonging to image i: the mean of the cross entropies of finding each text's image and each
   * image's text, in nats. See {@link infoNceLoss}; its temperature is `exp(-logit_scale)`.
   */
  loss(tokens: Tensor, images: Tensor, inputs: CLIPInputs = {}): Tensor {
    const temperature = exp(neg(this.logit_scale));
    const features = [this.textFeatures(tokens, inputs), this.imageFeatures(images, inputs)] as const;
    return infoNceLoss(...features, { temperature, symmetric: true });
  }

  /**
   * How likely each of some labels is for each image, none of which the model was trained on.
   *
   * @param labels  int32 `[labels, time]`: texts such as "a photo of a cat"
   * @param images  `[images, height, width, channels]`
   * @returns       `[images, labels]`; the rows add up to 1
   */
  zeroShot(labels: Tensor, images: Tensor, inputs: CLIPInputs = {}): Tensor {
    return noGrad(() => scope(() => softmax(this.forward(labels, images, inputs).logitsPerImage)));
  }

  /** `exp(logit_scale) · texts · imagesᵀ`. */
  private compare(texts: Tensor, images: Tensor): Tensor {
    return mul(linear(texts, images), exp(this.logit_scale));
  }
}

/** What a {@link CLIPModel} is made from: its towers' fields and its own, where they are not to be the defaults. */
export interface CLIPSettings extends Partial<Omit<CLIPConfig, 'text_config' | 'vision_config'>> {
  readonly text_config?: Partial<CLIPConfig['text_config']>;
  readonly vision_config?: Partial<CLIPConfig['vision_config']>;
}

/** `[rows, features]` → the same, each row of length 1. */
function normalized(x: Tensor): Tensor {
  return div(x, vectorNorm(x, { axis: -1, keepDims: true }));
}
