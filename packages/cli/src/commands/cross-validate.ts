// SPDX-License-Identifier: Apache-2.0
// nabla cross-validate: every part of the data is held out once, each for a training of its own; the mean of what they measure.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Command } from '@commander-js/extra-typings';
import { ArgumentError } from '@nabla/core';
import {
  type Metrics,
  type RawConfiguration,
  findRecipe,
  readRunConfiguration,
  recipes,
  resolveConfiguration,
} from '@nabla/models';

import { dataResolver } from '../data.ts';
import { Exit } from '../exit.ts';
import { BEST, withModel } from '../model.ts';
import type { Output } from '../output.ts';
import { formatNumber } from '../render/format.ts';
import { table } from '../render/table.ts';
import { addTrainingOptions } from '../training-options.ts';
import { type TrainOptions, freeFolder, layersOf, train } from './train.ts';

type CrossValidateOptions = Omit<TrainOptions, 'resume'> & { best?: true | undefined };

export function addCrossValidateCommand(program: Command, output: Output): void {
  addTrainingOptions(program.command('cross-validate'))
    .description('train once for each fold of the data, that fold held out, and print the mean of the metrics')
    .argument('<recipe>', `what to train: ${recipesWithFolds().join(', ')}`)
    .option('--data <path|name>', 'a file, a data set by name, or a folder in which to look for it')
    .option('--out <folder>', 'folder of the runs; those that are there are gone on with (default: runs/RECIPE-N)')
    .option('--best', BEST)
    .action((recipe, options) => crossValidate(recipe, options, output));
}

/** Recipes whose data can be dealt into folds. */
function recipesWithFolds(): string[] {
  const has = (shape: object): boolean => 'folds' in shape && 'fold' in shape;
  return recipes.filter(({ schema }) => has(schema.shape)).map(({ name }) => name);
}

async function crossValidate(recipe: string, options: CrossValidateOptions, output: Output): Promise<void> {
  const { name, schema, defaults } = findRecipe(recipe);
  const known = recipesWithFolds();
  if (!known.includes(name)) {
    const expected = `to deal its data into folds, as ${known.join(', ')} does`;
    throw new ArgumentError({ op: 'cross-validate', argument: 'the recipe', expected, received: name }, 'RECIPE');
  }
  const folder = options.out ?? freeFolder(name);
  const config: RawConfiguration = resolveConfiguration(name, schema, defaults, ...layersOf(options));
  const measured: Metrics[] = [];
  for (let fold = 0; fold < Number(config['folds']); fold++) {
    const run = join(folder, `fold-${fold}`);
    try {
      measured.push(await measureFold(name, run, { ...options, set: { ...options.set, fold } }, output));
    } catch (error) {
      if (error instanceof Exit) output.note(`To go on with all folds: the same command with --out ${folder}`);
      throw error;
    }
  }
  report(folder, measured, options, output);
}

/** Trains with one fold held out, or goes on with that training, and measures on the fold. */
async function measureFold(
  recipe: string,
  run: string,
  { best, ...options }: CrossValidateOptions,
  output: Output,
): Promise<Metrics> {
  const { data, device, json } = options;
  const isThere = existsSync(join(run, 'config.json'));
  if (isThere) checkSame(recipe, run, options);
  const asked = isThere ? { data, device, json, resume: run } : { ...options, out: run };
  const { metrics } = await train(recipe, asked, output);
  if (best !== true) return metrics;
  return withModel(run, { device, best }, output, (model) => model.evaluate(dataResolver(output, data)));
}

/** @throws {ArgumentError} the run that is there has other options (code `EXISTS`) */
function checkSame(recipe: string, run: string, options: TrainOptions): void {
  const { schema, defaults } = findRecipe(recipe);
  const saved = readRunConfiguration(run);
  const wanted: RawConfiguration = resolveConfiguration(recipe, schema, defaults, ...layersOf(options));
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(saved.config)])];
  const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
  const other = names.find((option) => text(wanted[option]) !== text(saved.config[option]));
  if (saved.recipe === recipe && other === undefined) return;
  const [expected, received] =
    other === undefined || saved.recipe !== recipe
      ? [`to be of the recipe ${recipe}`, saved.recipe]
      : [`to have ${other} ${text(wanted[other])}`, text(saved.config[other])];
  const hint = 'To start anew, name another folder.';
  throw new ArgumentError({ op: 'cross-validate', argument: `the run ${run}`, expected, received, hint }, 'EXISTS');
}

/** Each fold, then mean and standard deviation of each metric: that of a sample, which divides by folds - 1. */
function report(folder: string, folds: readonly Metrics[], { json }: CrossValidateOptions, output: Output): void {
  const names = Object.keys(folds[0] ?? {});
  const mean = over(names, (name) => folds.reduce((total, { [name]: value = NaN }) => total + value / folds.length, 0));
  const deviation = over(names, (name) => {
    const squares = folds.map(({ [name]: value = NaN }) => (value - (mean[name] ?? NaN)) ** 2);
    return Math.sqrt(squares.reduce((total, square) => total + square, 0) / (folds.length - 1));
  });
  if (json === true) {
    output.result(JSON.stringify({ event: 'cross-validate', folder, folds, mean, deviation }));
    return;
  }
  const cells = (metrics: Metrics): string[] => names.map((name) => formatNumber(metrics[name] ?? NaN));
  const row = (title: string, metrics: Metrics): string[] => [title, ...cells(metrics)];
  const rows = folds.map((metrics, fold) => row(String(fold), metrics));
  output.result(table(['fold', ...names], [...rows, row('mean', mean), row('deviation', deviation)]));
}

function over(names: readonly string[], value: (name: string) => number): Metrics {
  return Object.fromEntries(names.map((name) => [name, value(name)]));
}
