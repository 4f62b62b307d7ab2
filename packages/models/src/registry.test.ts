// SPDX-License-Identifier: Apache-2.0
// Tests of the list of recipes: every recipe keeps what all of them promise.

import '@nabla/testing';

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { findRecipe, recipes } from './registry.ts';
import { resolveConfiguration } from './training/configuration.ts';
import { version } from './version.ts';

describe.each(recipes.map((recipe) => [recipe.name, recipe] as const))('recipe %s', (name, recipe) => {
  it('is found by its name', () => expect(findRecipe(name)).toBe(recipe));

  it('has defaults that fit its schema', () => {
    const required = name === 'finetune' ? { model: 'a-folder' } : {}; // only you can say which
    const all = { ...recipe.defaults, ...required };
    expect(resolveConfiguration(name, recipe.schema, all)).toEqual(all);
  });

  it('describes every option', () => {
    for (const option of Object.values(recipe.schema.shape)) {
      expect((option as { description?: string }).description).toMatch(/\w/);
    }
  });

  it('logs every 10 steps and can save checkpoints', () => {
    expect(recipe.defaults).toMatchObject({ logEvery: 10, checkpointEvery: expect.any(Number) });
  });
});

it('offers the nearest spelling of an unknown recipe', () => {
  expect(() => findRecipe('transfomer')).toThrow('received "transfomer". Did you mean "transformer"?');
  expect(() => findRecipe('resnet50')).toThrow(`Known: ${recipes.map(({ name }) => name).join(', ')}.`);
  expect(() => findRecipe('x')).toThrowCode('RECIPE');
});

it('has the version of the package', () => {
  const { version: published } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as {
    version: string;
  };
  expect(version).toBe(published);
});
