// SPDX-License-Identifier: Apache-2.0
// The recipe `rnn`: a recurrent network that learns to write, or to forecast a time series.

import type { Generator } from '@nabla/core';

import { TOKENIZER_FILE, prepareText, restoreText } from '../text/language-model.ts';
import type { Recipe } from '../training/recipe.ts';
import { type RnnConfig, forecastDefaults, rnnDefaults, rnnSchema } from './config.ts';
import { SERIES_FILE, prepareForecast, restoreForecast } from './forecast.ts';
import { CharacterRNN } from './model.ts';

/** Makes the language model of a configuration for any vocabulary. */
function modelOf(config: RnnConfig): (vocabulary: number, generator: Generator) => CharacterRNN {
  return (vocabulary, generator) => new CharacterRNN({ ...config, vocabulary }, generator);
}

export const rnnRecipe: Recipe<typeof rnnSchema> = {
  name: 'rnn',
  title: 'a recurrent network that learns to write, or with task=forecast to forecast a time series',
  schema: rnnSchema,
  defaults: rnnDefaults,
  taskDefaults: { forecast: forecastDefaults },
  fileNames: ({ task }) => [task === 'forecast' ? SERIES_FILE : TOKENIZER_FILE],

  prepare: (config, generator, resolveData) =>
    config.task === 'forecast'
      ? prepareForecast(config, generator, resolveData)
      : prepareText(config, modelOf(config), generator, resolveData),

  restore: (config, files, folder) =>
    config.task === 'forecast'
      ? restoreForecast(config, files, folder)
      : restoreText(config, modelOf(config), files, folder),
};
