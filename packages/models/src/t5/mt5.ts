// SPDX-License-Identifier: Apache-2.0
// mT5: T5 1.1 of a hundred languages, under its own name.

import type { Generator } from '@nabla/core';

import type { Architecture } from '../pretrained/architecture.ts';
import { type T5Config, mt5Schema } from './config.ts';
import { T5EncoderModel, T5ForConditionalGeneration } from './model.ts';

/** mT5's encoder alone. See {@link T5EncoderModel}. */
export class MT5EncoderModel extends T5EncoderModel {
  static override readonly architecture: Architecture<T5Config> = {
    ...T5EncoderModel.architecture,
    name: 'MT5EncoderModel',
    modelType: 'mt5',
    schema: mt5Schema,
  };

  constructor(config: Partial<T5Config>, generator: Generator) {
    super(mt5Schema.parse(config), generator);
  }
}

/**
 * mT5 that writes a text for one that it reads. Its output matrix is its own; a checkpoint that lacks it and says that it is tied gives
 * it the values of the embedding.
 *
 * @see Xue et al. 2020, https://arxiv.org/abs/2010.11934
 */
export class MT5ForConditionalGeneration extends T5ForConditionalGeneration {
  static override readonly architecture: Architecture<T5Config> = {
    ...T5ForConditionalGeneration.architecture,
    name: 'MT5ForConditionalGeneration',
    modelType: 'mt5',
    schema: mt5Schema,
  };

  constructor(config: Partial<T5Config>, generator: Generator) {
    super(mt5Schema.parse(config), generator);
  }
}
