// SPDX-License-Identifier: Apache-2.0
// The recipe `transformer`: a character language model of any text.

import type { Generator } from '@nabla/core';
import type { TextBatch } from '@nabla/data';

import { TOKENIZER_FILE, prepareText, restoreText } from '../text/language-model.ts';
import type { Recipe } from '../training/recipe.ts';
import { type TransformerConfig, transformerDefaults, transformerSchema } from './config.ts';
import { CharacterTransformer } from './model.ts';

/** Makes the model of a configuration for any vocabulary. */
function modelOf(config: TransformerConfig): (vocabulary: number, generator: Generator) => CharacterTransformer {
  return (vocabulary, generator) => new CharacterTransformer({ ...config, vocabulary }, generator);
}

export const transformerRecipe: Recipe<typeof transformerSchema, TextBatch> = {
  name: 'transformer',
  title: 'a transformer that learns to write from any text, character by character',
  schema: transformerSchema,
  defaults: transformerDefaults,
  fileNames: () => [TOKENIZER_FILE],
  prepare: (config, generator, resolveData) => prepareText(config, modelOf(config), generator, resolveData),
  restore: (config, files, folder) => restoreText(config, modelOf(config), files, folder),
};
