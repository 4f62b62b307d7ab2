// SPDX-License-Identifier: Apache-2.0
// A stack of encoder layers.

import { type Tensor, checkInstance, checkInteger, checkOptions } from '@nabla/core';

import { type Layer, Module } from '../module.ts';
import { ModuleList } from '../module-list.ts';
import type { AttentionMasks } from './masks.ts';
import type { TransformerEncoderLayer } from './transformer-encoder-layer.ts';

export interface TransformerStackOptions {
  /** After the last layer, such as `new LayerNorm(features)` for pre-norm layers; default none. */
  norm?: Layer;
}

/** As many layers as asked for, each made by a call of its own. Checks everything that a stack is given first. */
export function stackOf<Item extends Module>(
  op: string,
  makeLayer: () => Item,
  layers: number,
  options: TransformerStackOptions,
): ModuleList<Item> {
  checkOptions(op, options, ['norm']);
  if (options.norm !== undefined) checkInstance(op, 'norm', options.norm, Module);
  checkInstance(op, 'makeLayer', makeLayer, Function, 'Pass a function that makes one layer.');
  checkInteger(op, 'layers', layers, { minimum: 1 });
  return new ModuleList(Array.from({ length: layers }, () => makeLayer()));
}

/**
 * `norm(layerₙ(… layer₁(x)))`. State names are PyTorch's; where PyTorch copies one layer, initial values too, here each layer
 * is made by a call and draws its own.
 *
 * @example
 * const generator = new Generator(1);
 * const makeLayer = () => new TransformerEncoderLayer(8, 2, { generator, feedForward: 16, normFirst: true });
 * const encoder = new TransformerEncoder(makeLayer, 3, { norm: new LayerNorm(8) });
 * encoder.forward(ones([2, 5, 8]), { causal: true }).shape; // [2, 5, 8]
 */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<TransformerEncoderLayer>;
  readonly norm: Layer | undefined;

  constructor(makeLayer: () => TransformerEncoderLayer, layers: number, options: TransformerStackOptions = {}) {
    super();
    this.layers = stackOf('TransformerEncoder', makeLayer, layers, options);
    this.norm = options.norm;
  }

  /** `[batch, time, features]` → the same shape. */
  override forward(x: Tensor, masks: AttentionMasks = {}): Tensor {
    let y = x;
    for (const layer of this.layers) y = layer.forward(y, masks);
    return this.norm === undefined ? y : this.norm.forward(y);
  }
}
