// SPDX-License-Identifier: Apache-2.0
// What the model of a recipe, or of a run, is made of.

import { existsSync } from 'node:fs';

import { Generator, scope } from '@nabla/core';
import { type ModuleSummary, summarize } from '@nabla/layers';

import { findRecipe, recipes } from '../registry.ts';
import { type RawConfiguration, resolveConfiguration } from './configuration.ts';
import type { ResolveData } from './recipe.ts';
import { readRunConfiguration } from './run-folder.ts';
import type { TrainingSettings } from './settings.ts';

export interface SummarizeOptions {
  /** Layers of options over the recipe's defaults, or over the run's options, the later ones winning. */
  readonly overrides: readonly RawConfiguration[];
  /** Finds the data: sizes of a model follow from them. */
  readonly resolveData: ResolveData;
}

/**
 * The modules of a recipe's model, with what each costs for one example: from the input to the loss.
 *
 * @param of  name of a recipe, or folder of a run
 * @throws {ArgumentError} neither of them, or an unknown option (codes `RECIPE`, `RUN`, `OPTION`, `CONFIG` …)
 */
export async function summarizeRecipe(
  of: string,
  { overrides, resolveData }: SummarizeOptions,
): Promise<ModuleSummary> {
  const isRun = existsSync(of) && !recipes.some(({ name }) => name === of);
  const saved = isRun ? readRunConfiguration(of) : undefined;
  const recipe = findRecipe(saved?.recipe ?? of);
  const layers = [saved?.config ?? {}, ...overrides, { batchSize: 1 }];
  const config = resolveConfiguration(recipe.name, recipe.schema, recipe.defaults, ...layers) as TrainingSettings;
  const task = await recipe.prepare(config, new Generator(config.seed), resolveData);
  try {
    return scope(() => {
      const batch = task.loader.next();
      return summarize(task.model, () => task.loss(batch));
    });
  } finally {
    task.model.dispose();
  }
}
