// SPDX-License-Identifier: Apache-2.0
// All recipes, one line each.

import { ArgumentError, suggest } from '@nabla/core';

import { attentionRecipe } from './attention/recipe.ts';
import { cnnRecipe } from './cnn/recipe.ts';
import { finetuneRecipe } from './finetune/recipe.ts';
import { fnnRecipe } from './fnn/recipe.ts';
import { rnnRecipe } from './rnn/recipe.ts';
import { textCnnRecipe } from './text-cnn/recipe.ts';
import type { Recipe } from './training/recipe.ts';
import { transformerRecipe } from './transformer/recipe.ts';
import { vitRecipe } from './vit/recipe.ts';
import { translationRecipe } from './translation/recipe.ts';

export const recipes: readonly Recipe[] = [
  fnnRecipe,
  cnnRecipe,
  rnnRecipe,
  textCnnRecipe,
  attentionRecipe,
  transformerRecipe,
  finetuneRecipe,
  vitRecipe,
  translationRecipe,
];

/** @throws {ArgumentError} there is no such recipe (code `RECIPE`); the nearest spelling is offered */
export function findRecipe(name: string): Recipe {
  const found = recipes.find((recipe) => recipe.name === name);
  if (found !== undefined) return found;
  const hint = suggest(
    name,
    recipes.map((recipe) => recipe.name),
  );
  throw new ArgumentError(
    { op: 'train', argument: 'the recipe', expected: 'to be a known name', received: `"${name}"`, hint },
    'RECIPE',
  );
}
