// SPDX-License-Identifier: Apache-2.0
// nabla train: parses, trains, shows.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Command } from '@commander-js/extra-typings';
import { ArgumentError, type MatmulPrecision } from '@nabla/core';
import {
  type Emit,
  EventLog,
  type RawConfiguration,
  type TrainingResult,
  findRecipe,
  readRunConfiguration,
  recipes,
  resumeRun,
  startRun,
} from '@nabla/models';

import { dataName, dataResolver, withFullPath } from '../data.ts';
import { type DeviceChoiceName, chooseDevice } from '../device.ts';
import { Exit, INTERRUPTED } from '../exit.ts';
import { Interrupt } from '../interrupt.ts';
import { readConfigurationFile } from '../options.ts';
import type { Output } from '../output.ts';
import { writeChart } from '../render/chart-svg.ts';
import { lossChart } from '../render/loss-chart.ts';
import { TrainingView } from '../render/training-view.ts';
import { addTrainingOptions } from '../training-options.ts';

export interface TrainOptions {
  data?: string | undefined;
  out?: string | undefined;
  device?: DeviceChoiceName | undefined;
  precision?: MatmulPrecision | undefined;
  seed?: number | undefined;
  steps?: number | undefined;
  epochs?: number | undefined;
  config?: string | undefined;
  set?: RawConfiguration | undefined;
  resume?: string | undefined;
  json?: true | undefined;
}

export function addTrainCommand(program: Command, output: Output): void {
  addTrainingOptions(program.command('train'))
    .description('train a model')
    .argument('[recipe]', `what to train: ${recipes.map(({ name }) => name).join(', ')}`)
    .option(
      '--data <path|name>',
      'a file, a data set by name (see `nabla data list`), or a folder in which to look for it',
    )
    .option('--out <folder>', 'folder of the run (default: runs/RECIPE-N)')
    .option('--resume <run>', 'go on with a run from its last checkpoint')
    .action(async (recipe, options) => void (await train(recipe, options, output)));
}

/** Starts a run, or goes on with one, and shows it. */
export async function train(
  recipe: string | undefined,
  options: TrainOptions,
  output: Output,
): Promise<TrainingResult> {
  const begin = options.resume === undefined ? start(recipe, options) : resume(options.resume, recipe, options);
  chooseDevice(options.device ?? begin.device, output);
  const view = options.json === true ? undefined : new TrainingView(output);
  const interrupt = new Interrupt(output, () => view?.stop());
  const emit: Emit = (event) => {
    if (event.event === 'start') interrupt.watch(); // until then there is nothing to save
    if (event.event === 'chart') writeChart(event.run, event.chart);
    if (event.event === 'end' || event.event === 'interrupt')
      writeChart(event.run, lossChart(EventLog.read(event.run)));
    if (view === undefined) output.result(JSON.stringify(event));
    else view.show(event);
  };
  try {
    const resolveData = dataResolver(output, options.data);
    const result = await begin.run({ emit, signal: interrupt.signal, resolveData });
    if (!result.finished) throw new Exit(INTERRUPTED);
    return result;
  } finally {
    view?.stop();
    interrupt.stop();
  }
}

type Common = Pick<Parameters<typeof startRun>[0], 'emit' | 'signal' | 'resolveData'>;

/** A training that is ready to run. */
interface Beginning {
  readonly device?: DeviceChoiceName;
  readonly run: (common: Common) => ReturnType<typeof startRun>;
}

function start(recipe: string | undefined, options: TrainOptions): Beginning {
  if (recipe === undefined) {
    const hint = `Known: ${recipes.map(({ name }) => name).join(', ')}. To go on with a run: nabla train --resume RUN`;
    const mismatch = { op: 'train', argument: 'a recipe', expected: 'to be named', received: 'none', hint };
    throw new ArgumentError(mismatch, 'RECIPE');
  }
  const { name } = findRecipe(recipe);
  const folder = options.out ?? freeFolder(name);
  const overrides = layersOf(options);
  return { run: (common) => startRun({ ...common, recipe, folder, overrides }) };
}

/** What is asked for besides the recipe's defaults: the file, then `--set`, then the flags. */
export function layersOf(options: TrainOptions): RawConfiguration[] {
  const file = options.config === undefined ? {} : readConfigurationFile(options.config);
  return [withFullPath(file), withFullPath(options.set ?? {}), flags(options)];
}

function resume(folder: string, recipe: string | undefined, options: TrainOptions): Beginning {
  const fixed = (['out', 'config', 'set', 'seed'] as const).find((name) => options[name] !== undefined);
  if (fixed !== undefined) {
    const hint =
      'A run keeps the options that it was started with. --data, --device, --precision, --steps, --epochs and --json may be given.';
    const mismatch = {
      op: 'train',
      argument: `--${fixed}`,
      expected: 'not to be given with --resume',
      received: 'it',
      hint,
    };
    throw new ArgumentError(mismatch, 'OPTION');
  }
  const saved = readRunConfiguration(folder);
  if (recipe !== undefined && recipe !== saved.recipe) {
    const hint = 'Leave the recipe out: the run knows it.';
    const expected = `to be ${saved.recipe}, the one of ${folder}`;
    throw new ArgumentError({ op: 'train', argument: 'the recipe', expected, received: recipe, hint }, 'RECIPE');
  }
  const device = saved.device as DeviceChoiceName;
  return { device, run: (common) => resumeRun({ ...common, folder, overrides: flags(options) }) };
}

/** Options that have a flag of their own. */
function flags({ data, seed, steps, epochs, precision }: TrainOptions): RawConfiguration {
  const named = { data: dataName(data), seed, steps, epochs, precision };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** A folder in `runs` that is not there yet. */
export function freeFolder(recipe: string): string {
  for (let number = 1; ; number++) {
    const folder = join('runs', `${recipe}-${number}`);
    if (!existsSync(folder)) return folder;
  }
}
