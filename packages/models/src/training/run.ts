// SPDX-License-Identifier: Apache-2.0
// A whole run: from a recipe and a configuration to a folder with a trained model, or from such a folder on.

import { join } from 'node:path';

import {
  Generator,
  type MatmulPrecision,
  NablaError,
  type Tensor,
  dispose,
  getActivationStorage,
  getDevice,
  getMatmulPrecision,
  setActivationStorage,
  setMatmulPrecision,
} from '@nabla/core';
import type { Module } from '@nabla/layers';

import { findRecipe } from '../registry.ts';
import { version } from '../version.ts';
import { type Checkpoint, WEIGHTS_FILES, loadCheckpoint, readWeights } from './checkpoint.ts';
import { type RawConfiguration, resolveConfiguration } from './configuration.ts';
import { EventLog } from './event-log.ts';
import type { Emit, TrainingEvent } from './events.ts';
import type { Batch, Recipe, ResolveData, RestoredModel, Task } from './recipe.ts';
import {
  type RunConfiguration,
  checkNewFolder,
  createRunFolder,
  readRunConfiguration,
  readRunFiles,
  writeRunConfiguration,
} from './run-folder.ts';
import type { TrainingSettings } from './settings.ts';
import { Trainer, type TrainingResult } from './trainer.ts';

interface RunOptions {
  /** The run's folder. */
  readonly folder: string;
  readonly resolveData: ResolveData;
  /** Receives every event, after it was written to the run's events.jsonl. */
  readonly emit: Emit;
  /** Ends training after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface NewRunOptions extends RunOptions {
  /** Name of the recipe. */
  readonly recipe: string;
  /** Layers of options over the recipe's defaults, the later ones winning. */
  readonly overrides: readonly RawConfiguration[];
}

export interface ResumeOptions extends RunOptions {
  /** Another length, another place of the data, or another precision than the run was started with. */
  readonly overrides: Readonly<Partial<Pick<TrainingSettings, 'steps' | 'epochs' | 'data' | 'precision'>>>;
}

/**
 * Trains a recipe in a new folder.
 *
 * @throws {ArgumentError} unknown recipe or option, bad data, or the folder exists (codes `RECIPE`, `OPTION`, `CONFIG`, `EXISTS` …)
 * @throws {DeviceError} the device cannot multiply in the precision that is asked for (code `PRECISION`)
 * @throws {NablaError} see {@link Trainer.run}
 */
export async function startRun({ recipe: name, overrides, ...options }: NewRunOptions): Promise<TrainingResult> {
  const recipe = findRecipe(name);
  const layers = [...otherDefaults(recipe, overrides), ...overrides];
  const config = resolveConfiguration(name, recipe.schema, recipe.defaults, ...layers) as TrainingSettings;
  checkNewFolder(options.folder);
  return inPrecision(config.precision, async () => {
    const generator = new Generator(config.seed);
    const task = await recipe.prepare(config, generator, options.resolveData);
    try {
      createRunFolder(options.folder, task.files);
      const configuration = { nabla: version, recipe: name, device: getDevice(), config };
      return await execute({ ...options, configuration, recipe, config, task, generator });
    } finally {
      task.model.dispose();
    }
  });
}

/**
 * Goes on with a run from its checkpoint, or from its beginning where it has none: on the same device it ends, bit for bit,
 * where the uninterrupted run does.
 *
 * @throws {ArgumentError} the folder holds no run (code `RUN`), or the checkpoint is another model's (code `STATE`)
 * @throws {DeviceError} the device cannot multiply in the precision of the run (code `PRECISION`): name another
 * @throws {NablaError} see {@link Trainer.run}
 */
export async function resumeRun({ overrides, ...options }: ResumeOptions): Promise<TrainingResult> {
  const { folder } = options;
  const saved = readRunConfiguration(folder);
  const recipe = findRecipe(saved.recipe);
  const config = resolveConfiguration(saved.recipe, recipe.schema, saved.config, overrides) as TrainingSettings;
  return inPrecision(config.precision, async () => {
    const generator = new Generator(config.seed);
    const task = await recipe.prepare(config, generator, options.resolveData);
    const checkpoint = await loadCheckpoint(folder);
    try {
      if (checkpoint !== undefined) loadWeights(task.model, checkpoint.model, join(folder, WEIGHTS_FILES.last));
      const configuration = { ...saved, config };
      return await execute({ ...options, configuration, recipe, config, task, generator, checkpoint });
    } finally {
      dispose(checkpoint);
      task.model.dispose();
    }
  });
}

/**
 * Runs in a precision, on device cuda bf16 being that of activations too, then goes back to that of the program, in which all runs
 * where none is named.
 */
async function inPrecision<T>(precision: MatmulPrecision | undefined, run: () => Promise<T>): Promise<T> {
  if (precision === undefined) return run();
  const [precisionBefore, storageBefore] = [getMatmulPrecision(), getActivationStorage()];
  setMatmulPrecision(precision);
  setActivationStorage(precision === 'bf16' && getDevice() === 'cuda' ? 'bfloat16' : 'float32');
  try {
    return await run();
  } finally {
    setMatmulPrecision(precisionBefore);
    setActivationStorage(storageBefore);
  }
}

/**
 * The trained model of a run, ready to evaluate, predict and generate; the caller disposes its `model`.
 *
 * @param weights `last`: those of the last checkpoint; `best`: those with the best held-out loss
 * @throws {ArgumentError} the folder holds no run (code `RUN`), or weights of another model (code `STATE`)
 */
export async function openRun(folder: string, weights: keyof typeof WEIGHTS_FILES = 'last'): Promise<RestoredModel> {
  const saved = readRunConfiguration(folder);
  const recipe = findRecipe(saved.recipe);
  const config = resolveConfiguration(saved.recipe, recipe.schema, saved.config);
  const restored = await recipe.restore(config, readRunFiles(folder, recipe.fileNames(config)), folder);
  try {
    const state = await readWeights(folder, weights);
    loadWeights(restored.model, state, join(folder, WEIGHTS_FILES[weights]));
    dispose(state);
  } catch (error) {
    restored.model.dispose();
    throw error;
  }
  restored.model.eval();
  return restored;
}

/** What the task that is asked for, and other options, have as other defaults. */
function otherDefaults(
  { taskDefaults = {}, dependentDefaults = [] }: Recipe,
  overrides: readonly RawConfiguration[],
): RawConfiguration[] {
  const given = Object.assign({}, ...overrides) as RawConfiguration;
  const { task } = given;
  const ofTask = typeof task === 'string' && Object.hasOwn(taskDefaults, task) ? (taskDefaults[task] ?? {}) : {};
  const dependent = dependentDefaults.filter(({ applies }) => applies(given)).map(({ defaults }) => defaults);
  return [ofTask, ...dependent];
}

/** Loads weights into a model; an error names their file. */
function loadWeights(model: Module, state: Record<string, Tensor>, path: string): void {
  try {
    model.loadStateDict(state);
  } catch (error) {
    if (!(error instanceof NablaError)) throw error;
    dispose(state);
    throw new NablaError(error.code, `${path}: ${error.message}`, error.details, { cause: error });
  }
}

interface Execution extends RunOptions {
  readonly configuration: RunConfiguration;
  readonly recipe: Recipe;
  readonly config: TrainingSettings;
  readonly task: Task<Batch>;
  readonly generator: Generator;
  readonly checkpoint?: Checkpoint | undefined;
}

/** Trains and records. Nothing of the folder changes before it is certain that checkpoint, model and data fit. */
async function execute({ folder, signal, recipe, config, task, ...execution }: Execution): Promise<TrainingResult> {
  const trainer = new Trainer({ task, settings: config, folder, ...execution });
  try {
    const { step, steps } = trainer;
    writeRunConfiguration(folder, execution.configuration);
    const log = new EventLog(folder, step);
    const emit = (event: TrainingEvent): void => {
      log.append(event);
      execution.emit(event);
    };
    const parameters = task.model.parameters().reduce((total, { size }) => total + size, 0);
    emit({ event: 'start', recipe: recipe.name, run: folder, config, device: getDevice(), parameters, step, steps });
    const result = await trainer.run(emit, signal);
    const { seconds, stoppedEarly, metrics } = result;
    if (result.finished) await task.export?.(folder);
    if (result.finished) emit({ event: 'end', run: folder, seconds, steps: result.steps, stoppedEarly, metrics });
    else emit({ event: 'interrupt', run: folder, step: result.steps });
    return result;
  } finally {
    trainer.dispose();
  }
}
