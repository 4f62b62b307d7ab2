// SPDX-License-Identifier: Apache-2.0
// What a recipe is: a model, its data and its training, ready to run by name.

import type { Generator, Tensor } from '@nabla/core';
import type { DataLoader, ResolvedDataset } from '@nabla/data';
import type { Module } from '@nabla/layers';
import type { z } from 'zod';

import type { Chart } from './chart.ts';
import type { RawConfiguration } from './configuration.ts';
import type { Metrics } from './events.ts';

/** JSON files of a run besides its configuration, such as a tokenizer: content by file name. */
export type RunFiles = Readonly<Record<string, unknown>>;

/** Tensors by role, the first axis of each counts examples; behind them, what else is known of the examples. */
export type Batch = object;

/** A model with its data: what the trainer needs. */
export interface Task<B extends Batch = Batch> {
  readonly model: Module;
  /** Training batches without end. */
  readonly loader: Pick<DataLoader<never, B>, 'next' | 'state' | 'loadState' | 'batchesPerEpoch'>;
  /** Batches that cover the training data once. */
  readonly batchesPerEpoch: number;
  /** The training loss of a batch, in nats: a scalar, the mean of its costs. */
  loss(batch: B): Tensor;
  /**
   * How many costs the loss of a batch is the mean of, where that is not one for each example: tokens to predict, for instance. Batches
   * whose gradients make one step count as much as they have costs.
   */
  weight?(batch: B): number;
  /** Puts parameters back to where they must be, after each step: for weights that are bounded. */
  constrain?(): void;
  /**
   * Metrics on held-out data, `loss` among them. `quick`: on a fixed part of it, for use while training. Who awaits is alone: nothing else
   * computes meanwhile.
   */
  evaluate(quick: boolean): Metrics | Promise<Metrics>;
  /** Pictures of what the trained model does, where there is something to see. */
  charts?(): readonly Chart[];
  /** What `evaluate`, `predict` and `generate` need later. */
  readonly files: RunFiles;
  /** Saves the trained model into the run's folder as other programs read it, once training has ended. */
  export?(folder: string): Promise<void>;
}

/** How a data set's path is found from the `data` option; the caller knows the folders and shows the download. */
export type ResolveData = (nameOrPath: string) => Promise<ResolvedDataset>;

/** How far an evaluation has come, in examples. */
export interface EvaluationProgress {
  readonly done: number;
  readonly total: number;
}

/** One answer of a model: whatever is worth printing, the answer itself under `prediction`. */
export type Prediction = Readonly<Record<string, unknown>>;

export interface GenerateOptions {
  readonly prompt: string;
  /** How many tokens to add. */
  readonly tokens: number;
  /** Divides the logits: below 1 bolder, above 1 more varied; 0 takes the likeliest token. */
  readonly temperature: number;
  /** Draw among this many likeliest tokens; 0: among all. */
  readonly topK: number;
  readonly generator: Generator;
}

/** The model of a saved run and what it can do; its weights are loaded by the caller. */
export interface RestoredModel {
  readonly model: Module;
  /** Metrics on the held-out part of the run's own data, or on `data` where given. Tells how far it is where it can take minutes. */
  evaluate(
    resolveData: ResolveData,
    data?: string,
    onProgress?: (progress: EvaluationProgress) => void,
  ): Promise<Metrics>;
  /** An answer for each input. */
  predict(inputs: readonly string[]): Promise<Prediction[]>;
  /** Text piece by piece, the prompt not included; absent where the model does not write. */
  readonly generate?: (options: GenerateOptions) => AsyncIterableIterator<string>;
}

/** Other defaults, where something is asked for. */
export interface DependentDefaults {
  /** When, in words for lists. */
  readonly when: string;
  readonly applies: (given: RawConfiguration) => boolean;
  readonly defaults: RawConfiguration;
}

export interface Recipe<Schema extends z.ZodObject = z.ZodObject, B extends Batch = Batch> {
  readonly name: string;
  /** One line for lists. */
  readonly title: string;
  readonly schema: Schema;
  readonly defaults: RawConfiguration;
  /** What is another default for a value of the option `task`, where the recipe has it. */
  readonly taskDefaults?: Readonly<Record<string, RawConfiguration>>;
  /** What is another default where other options say so; these win over a task's. */
  readonly dependentDefaults?: readonly DependentDefaults[];
  /** Names of the run's files, see {@link RunFiles}. */
  fileNames(config: z.infer<Schema>): readonly string[];
  /** Builds model and data. `generator` draws initial values, order and dropout, from the seed of the configuration. */
  prepare(config: z.infer<Schema>, generator: Generator, resolveData: ResolveData): Promise<Task<B>>;
  /** Builds the model of a saved run from its files; `folder` names them in errors. */
  restore(config: z.infer<Schema>, files: RunFiles, folder: string): RestoredModel | Promise<RestoredModel>;
}
