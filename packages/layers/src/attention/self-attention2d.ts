// SPDX-License-Identifier: Apache-2.0
// Attention over the positions of a feature map.

import {
  type Generator,
  type Tensor,
  matMul,
  mul,
  reshape,
  scaledDotProductAttention,
  scope,
  softmax,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import { Conv2d } from '../conv/conv.ts';
import { Module } from '../module.ts';

export interface SelfAttention2dOptions {
  /** Draws the initial values. */
  generator: Generator;
}

/**
 * Every position of a feature map looks at all of them: `softmax(Q · Kᵀ / sqrt(features)) · V` over the height · width positions,
 * queries, keys and values being 1 by 1 convolutions of the map. State names are those of three `Conv2d` in PyTorch.
 *
 * @see Zhang et al. 2018, https://arxiv.org/abs/1805.08318
 * @example
 * const layer = new SelfAttention2d(3, 8, { generator: new Generator(1) });
 * layer.forward(ones([2, 4, 5, 3])).shape; // [2, 4, 5, 8]
 */
export class SelfAttention2d extends Module {
  readonly query_conv: Conv2d;
  readonly key_conv: Conv2d;
  readonly value_conv: Conv2d;

  constructor(inChannels: number, features: number, options: SelfAttention2dOptions) {
    super();
    checkDrawingOptions('SelfAttention2d', options);
    const { generator } = options;
    this.query_conv = new Conv2d(inChannels, features, 1, { generator });
    this.key_conv = new Conv2d(inChannels, features, 1, { generator });
    this.value_conv = new Conv2d(inChannels, features, 1, { generator });
  }

  /** `[batch, height, width, inChannels]` → `[batch, height, width, features]`. */
  override forward(x: Tensor): Tensor {
    const values = this.value_conv.forward(x);
    const [batch = 0, height = 0, width = 0, features = 0] = values.shape;
    const oneHead = (map: Tensor): Tensor => reshape(map, [batch, 1, height * width, features]);
    const [query, key] = [this.query_conv.forward(x), this.key_conv.forward(x)];
    return reshape(scaledDotProductAttention(oneHead(query), oneHead(key), oneHead(values)), values.shape);
  }

  /** Where each position looks: `[batch, height, width, inChannels]` → `[batch, positions, positions]`; rows add up to 1. */
  weights(x: Tensor): Tensor {
    return scope(() => {
      const [query, key] = [this.query_conv.forward(x), this.key_conv.forward(x)];
      const [batch = 0, height = 0, width = 0, features = 0] = query.shape;
      const positions = (map: Tensor): Tensor => reshape(map, [batch, height * width, features]);
      const scores = matMul(positions(query), positions(key), false, true); // [batch, positions, positions]
      return softmax(mul(scores, 1 / Math.sqrt(features)));
    });
  }
}
