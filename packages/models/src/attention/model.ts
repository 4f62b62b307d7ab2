// SPDX-License-Identifier: Apache-2.0
// A network that looks at a picture with attention, read from top to bottom.

import { type Generator, type Tensor, add, mean, normal } from '@nabla/core';
import {
  Conv2d,
  Dropout,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  type Parameter,
  SelfAttention2d,
  parameter,
} from '@nabla/layers';

/** The shape of an {@link ImageAttention}. */
export interface ImageAttentionShape {
  readonly height: number;
  readonly width: number;
  /** Of the images. */
  readonly channels: number;
  /** Channels of the feature map. */
  readonly features: number;
  readonly classes: number;
  readonly dropout: number;
}

/**
 * Two convolutions, each with a maximum over 2 by 2, make a feature map; every position of it attends to all others (queries, keys and values are
 * 1 by 1 convolutions) and adds what it found to itself; the mean over all positions is classified.
 *
 * @see Zhang et al. 2018, https://arxiv.org/abs/1805.08318 (attention over a feature map)
 * @example
 * const shape = { height: 8, width: 8, channels: 1, features: 4, classes: 3, dropout: 0 };
 * new ImageAttention(shape, new Generator(1)).forward(zeros([2, 8, 8, 1])).shape; // [2, 3]
 */
export class ImageAttention extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly pool = new MaxPool2d(2);
  readonly positions: Parameter; // [height / 4, width / 4, features], added to the feature map
  readonly attention: SelfAttention2d;
  readonly norm: LayerNorm;
  readonly dropout: Dropout;
  readonly fc: Linear;

  constructor({ height, width, channels, features, classes, dropout }: ImageAttentionShape, generator: Generator) {
    super();
    const map = [Math.floor(height / 4), Math.floor(width / 4), features]; // after two poolings
    this.conv1 = new Conv2d(channels, features, 3, { padding: 1, activation: 'relu', generator });
    this.conv2 = new Conv2d(features, features, 3, { padding: 1, activation: 'relu', generator });
    this.positions = parameter(normal(map, generator, { standardDeviation: 0.02 }));
    this.attention = new SelfAttention2d(features, features, { generator });
    this.norm = new LayerNorm(features);
    this.dropout = new Dropout(dropout, { generator });
    this.fc = new Linear(features, classes, { generator });
  }

  /** `[batch, height, width, channels]` → logits `[batch, classes]`. */
  override forward(images: Tensor): Tensor {
    const map = this.featureMap(images);
    const seen = this.norm.forward(add(map, this.attention.forward(map))); // [batch, height / 4, width / 4, features]
    return this.fc.forward(this.dropout.forward(mean(seen, [1, 2])));
  }

  /** Where each position looks: `[batch, height, width, channels]` → `[batch, positions, positions]`, rows adding up to 1. */
  attentionWeights(images: Tensor): Tensor {
    return this.attention.weights(this.featureMap(images));
  }

  private featureMap(images: Tensor): Tensor {
    const x = this.pool.forward(this.conv1.forward(images)); // [batch, height / 2, width / 2, features]
    return add(this.pool.forward(this.conv2.forward(x)), this.positions); // [batch, height / 4, width / 4, features]
  }
}
