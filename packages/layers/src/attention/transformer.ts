// SPDX-License-Identifier: Apache-2.0
// A transformer from one sequence to another: an encoder of the source, a decoder of the target.

import { type Generator, type Tensor, checkInteger, checkOptions, scope, xavierUniform } from '@nabla/core';

import { LayerNorm } from '../layer-norm.ts';
import { Module } from '../module.ts';
import type { AttentionMasks } from './masks.ts';
import { TransformerDecoder } from './transformer-decoder.ts';
import { type DecoderMasks, TransformerDecoderLayer } from './transformer-decoder-layer.ts';
import { TransformerEncoder } from './transformer-encoder.ts';
import { TransformerEncoderLayer } from './transformer-encoder-layer.ts';
import { type TransformerLayerOptions, completeOptions } from './transformer-options.ts';

export interface TransformerOptions extends TransformerLayerOptions {
  /** Layers of the encoder; default 6. */
  encoderLayers?: number;
  /** Layers of the decoder; default 6. */
  decoderLayers?: number;
}

export interface TransformerMasks extends DecoderMasks {
  /** Of the attention of the source to itself. */
  source?: AttentionMasks;
}

/**
 * `decoder(target, encoder(source))`, both with a norm at their end. Embeddings, positions and the output layer are the
 * caller's. Defaults and state names are PyTorch's (`batch_first`), and all matrices start Xavier uniform as there. Padding of
 * the source is to be hidden twice: in `source` and in `memory`.
 *
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
 * @example
 * const options = { encoderLayers: 1, decoderLayers: 2, feedForward: 16, generator: new Generator(1) };
 * const transformer = new Transformer(8, 2, options);
 * transformer.forward(ones([3, 7, 8]), ones([3, 5, 8]), { target: { causal: true } }).shape; // [3, 5, 8]
 */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;

  constructor(features: number, heads: number, options: TransformerOptions) {
    super();
    const settings = completeOptions('Transformer', [features, heads], options, ['encoderLayers', 'decoderLayers']);
    const { encoderLayers = 6, decoderLayers = 6 } = options;
    checkInteger('Transformer', 'encoderLayers', encoderLayers, { minimum: 1 });
    checkInteger('Transformer', 'decoderLayers', decoderLayers, { minimum: 1 });
    const makeEncoderLayer = (): TransformerEncoderLayer => new TransformerEncoderLayer(features, heads, settings);
    const makeDecoderLayer = (): TransformerDecoderLayer => new TransformerDecoderLayer(features, heads, settings);
    const { epsilon, generator } = settings;
    this.encoder = new TransformerEncoder(makeEncoderLayer, encoderLayers, {
      norm: new LayerNorm(features, { epsilon }),
    });
    this.decoder = new TransformerDecoder(makeDecoderLayer, decoderLayers, {
      norm: new LayerNorm(features, { epsilon }),
    });
    this.drawMatrices(generator);
  }

  /**
   * @param source `[batch, sourceTime, features]`
   * @param target `[batch, targetTime, features]`
   * @returns `[batch, targetTime, features]`
   */
  override forward(source: Tensor, target: Tensor, masks: TransformerMasks = {}): Tensor {
    checkOptions('Transformer', masks, ['source', 'target', 'memory']);
    const { source: sourceMasks, ...decoderMasks } = masks;
    return this.decoder.forward(target, this.encoder.forward(source, sourceMasks), decoderMasks);
  }

  /** Those of the linear layers too, which start otherwise when they stand alone. */
  private drawMatrices(generator: Generator): void {
    scope(() => {
      for (const parameter of this.parameters()) {
        if (parameter.rank > 1) parameter.assign(xavierUniform(parameter.shape, generator));
      }
    });
  }
}
