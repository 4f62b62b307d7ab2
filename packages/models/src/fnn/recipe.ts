// SPDX-License-Identifier: Apache-2.0
// The recipe `fnn`: a feed-forward network that classifies the rows of a table.

import { join } from 'node:path';

import { ArgumentError, Generator, type Tensor, scope, softmax, tensor2d } from '@nabla/core';
import {
  DataLoader,
  type Dataset,
  RandomSampler,
  type ResolvedDataset,
  Standardizer,
  type TableBatch,
  type TableDataset,
  type TableExample,
  collateTable,
  loadTable,
  randomSplit,
} from '@nabla/data';
import { type Layer, crossEntropy } from '@nabla/layers';
import { z } from 'zod';

import { Accuracy } from '../metrics/accuracy.ts';
import { F1 } from '../metrics/f1.ts';
import { meanMetrics } from '../training/evaluation.ts';
import type { Metrics } from '../training/events.ts';
import type { Recipe, RestoredModel, Task } from '../training/recipe.ts';
import { checkRunFile } from '../training/run-folder.ts';
import { type FnnConfig, fnnDefaults, fnnSchema } from './config.ts';
import { makeFnn } from './model.ts';

const TABLE_FILE = 'table.json';
const EVALUATION_BATCH = 1024;

type TableDescription = z.infer<typeof tableSchema>;

/** What a run keeps of its table: enough to read rows like those it was trained on. */
const tableSchema = z.object({
  columns: z.array(z.string()),
  classes: z.array(z.string()),
  standardizer: z.object({ mean: z.array(z.number()), standardDeviation: z.array(z.number()) }),
});

/** The table that a model was trained on, or another one of the same columns and classes. */
async function readTable(
  dataset: ResolvedDataset,
  { label, header, delimiter }: FnnConfig,
  known?: TableDescription,
): Promise<TableDataset> {
  const table = await loadTable(dataset, {
    ...(label !== undefined && { label }),
    ...(header !== undefined && { header }),
    ...(delimiter !== undefined && { delimiter }),
    ...(known !== undefined && { classes: known.classes }),
  });
  if (known === undefined) return checkClasses(table, dataset.name);
  if (known.columns.join() === table.columns.join()) return table;
  const expected = `to have the feature columns ${known.columns.join(', ')}, as the model was trained on`;
  const mismatch = { op: 'evaluate', argument: `"${dataset.name}"`, expected, received: table.columns.join(', ') };
  throw new ArgumentError(mismatch, 'COLUMNS');
}

function checkClasses(table: TableDataset, name: string): TableDataset {
  if (table.classes.length > 1) return table;
  const hint = 'Is the label in another column? Name it: --set label=COLUMN';
  const received = table.classes.join(', ');
  const mismatch = { op: 'fnn', argument: `"${name}"`, expected: 'to have at least two classes', received, hint };
  throw new ArgumentError(mismatch, 'CLASSES');
}

/** The same rows for the same seed, whatever else the run draws. */
function splitTable(
  table: TableDataset,
  { testFraction, seed }: FnnConfig,
): { train: Dataset<TableExample>; test: Dataset<TableExample> } {
  const [train, test] = randomSplit(table, [1 - testFraction, testFraction], new Generator(seed));
  return { train, test };
}

/** Mean loss in nats, share of rows classified right, and F1 averaged over the classes. */
function evaluateTable(model: Layer, rows: Dataset<TableExample>, classes: number): Metrics {
  const [accuracy, macroF1] = [new Accuracy(), new F1(classes)];
  const means = meanMetrics(rows, { batchSize: EVALUATION_BATCH, collate: collateTable }, ({ features, labels }) => {
    const logits = model.forward(features); // [rows, classes]
    accuracy.update(logits, labels);
    macroF1.update(logits, labels);
    return { loss: crossEntropy(logits, labels, { reduction: 'sum' }) };
  });
  return { ...means, accuracy: accuracy.compute(), macroF1: macroF1.compute() };
}

export const fnnRecipe: Recipe<typeof fnnSchema, TableBatch> = {
  name: 'fnn',
  title: 'a feed-forward network that classifies the rows of a table (CSV)',
  schema: fnnSchema,
  defaults: fnnDefaults,
  fileNames: () => [TABLE_FILE],

  async prepare(config, generator, resolveData): Promise<Task<TableBatch>> {
    const table = await readTable(await resolveData(config.data), config);
    const { train, test } = splitTable(table, config);
    const standardizer = Standardizer.fit(train);
    const columns = [...table.columns];
    const classes = [...table.classes];
    const model = makeFnn({ ...config, features: columns.length, classes: classes.length }, generator);
    const dataset = standardizer.applyTo(train);
    const sampler = new RandomSampler(dataset.length, { generator: new Generator(generator.integer(2 ** 48)) });
    const description = { columns, classes, standardizer: standardizer.toJSON() };
    const heldOut = standardizer.applyTo(test);
    const loader = new DataLoader(dataset, { batchSize: config.batchSize, sampler, collate: collateTable });
    return {
      model,
      loader,
      batchesPerEpoch: loader.batchesPerEpoch,
      loss: ({ features, labels }) => crossEntropy(model.forward(features), labels),
      evaluate: () => evaluateTable(model, heldOut, classes.length),
      files: { [TABLE_FILE]: description },
    };
  },

  restore(config, files, folder): RestoredModel {
    const description = checkRunFile(tableSchema, join(folder, TABLE_FILE), files[TABLE_FILE]);
    const { columns, classes } = description;
    const standardizer = new Standardizer(description.standardizer);
    const shape = { ...config, features: columns.length, classes: classes.length };
    const model = makeFnn(shape, new Generator(config.seed));
    return {
      model,
      async evaluate(resolveData, data) {
        const table = await readTable(await resolveData(data ?? config.data), config, description);
        const rows = data === undefined ? splitTable(table, config).test : table;
        return evaluateTable(model, standardizer.applyTo(rows), classes.length);
      },
      predict: (inputs) =>
        Promise.resolve(
          inputs.map((input) => {
            const row = standardizer.apply(parseRow(input, columns));
            const chances = scope(() => rowChances(model, row));
            const ranked = classes.map((name, id) => ({ class: name, chance: chances[id] ?? NaN }));
            const best = ranked.reduce((a, b) => (b.chance > a.chance ? b : a));
            return { input, prediction: best.class, classes: ranked };
          }),
        ),
    };
  },
};

function rowChances(model: Layer, row: Float32Array): Float32Array {
  const logits: Tensor = model.forward(tensor2d(row, [1, row.length]));
  return softmax(logits).dataSync<'float32'>();
}

/** Numbers with commas between them, one for each column. */
function parseRow(input: string, columns: readonly string[]): Float32Array {
  const cells = input.split(',').map((cell) => cell.trim());
  const values = Float32Array.from(cells, (cell) => (cell === '' ? NaN : Number(cell)));
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (values.length === columns.length && wrong === -1) return values;
  const received =
    values.length === columns.length
      ? `"${cells[wrong] ?? ''}" as ${columns[wrong] ?? ''}`
      : `${values.length} in "${input}"`;
  const hint = `The columns are: ${columns.join(', ')}.`;
  const expected = `to be ${columns.length} numbers with commas between them`;
  throw new ArgumentError({ op: 'fnn', argument: 'every input', expected, received, hint });
}
