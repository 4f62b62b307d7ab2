// SPDX-License-Identifier: Apache-2.0
// A stack of decoder layers that read the same memory.

import type { Tensor } from '@nabla/core';

import { type Layer, Module } from '../module.ts';
import type { ModuleList } from '../module-list.ts';
import type { DecoderMasks, TransformerDecoderLayer } from './transformer-decoder-layer.ts';
import { type TransformerStackOptions, stackOf } from './transformer-encoder.ts';

/**
 * `norm(layerₙ(… layer₁(x, memory) …, memory))`. State names are PyTorch's; where PyTorch copies one layer, initial values too,
 * here each layer is made by a call and draws its own.
 *
 * @example
 * const generator = new Generator(1);
 * const makeLayer = () => new TransformerDecoderLayer(8, 2, { generator, feedForward: 16 });
 * const decoder = new TransformerDecoder(makeLayer, 3);
 * decoder.forward(ones([2, 5, 8]), ones([2, 7, 8]), { target: { causal: true } }).shape; // [2, 5, 8]
 */
export class TransformerDecoder extends Module {
  readonly layers: ModuleList<TransformerDecoderLayer>;
  readonly norm: Layer | undefined;

  constructor(makeLayer: () => TransformerDecoderLayer, layers: number, options: TransformerStackOptions = {}) {
    super();
    this.layers = stackOf('TransformerDecoder', makeLayer, layers, options);
    this.norm = options.norm;
  }

  /**
   * @param x      the target, `[batch, time, features]`
   * @param memory what an encoder made of the source, `[batch, sourceTime, features]`
   * @returns `[batch, time, features]`
   */
  override forward(x: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    let y = x;
    for (const layer of this.layers) y = layer.forward(y, memory, masks);
    return this.norm === undefined ? y : this.norm.forward(y);
  }
}
