// SPDX-License-Identifier: Apache-2.0
// Forecasting a time series: its parts, its baselines, its errors, and the chart of what was forecast.

import { join } from 'node:path';

import { ArgumentError, Generator, type Tensor, noGrad, scope, suggest, tensor3d } from '@nabla/core';
import {
  DataLoader,
  RandomSampler,
  Standardizer,
  type TimeSeries,
  type WindowBatch,
  WindowDataset,
  collateWindows,
  loadSeries,
  readSeries,
  splitSeries,
} from '@nabla/data';
import { mseLoss } from '@nabla/layers';
import { z } from 'zod';

import { RootMeanSquaredError } from '../metrics/root-mean-squared-error.ts';
import type { Chart } from '../training/chart.ts';
import type { Metrics } from '../training/events.ts';
import type { Prediction, ResolveData, RestoredModel, RunFiles, Task } from '../training/recipe.ts';
import { checkRunFile } from '../training/run-folder.ts';
import type { RnnConfig } from './config.ts';
import { SeriesForecaster } from './model.ts';

export const SERIES_FILE = 'series.json';

/** What is trained on, what is measured while training, and what is measured at the end: each later than the one before. */
const FRACTIONS = [0.7, 0.15, 0.15] as const;
const EVALUATION_BATCH = 256;

const descriptionSchema = z.object({
  columns: z.array(z.string()).min(1),
  standardizer: z.object({ mean: z.array(z.number()), standardDeviation: z.array(z.number()) }),
});

/** How windows are cut, and in which units they are. */
interface Forecasting {
  readonly config: RnnConfig;
  /** Index of the column that is forecast. */
  readonly target: number;
  readonly standardizer: Standardizer;
}

/** A network that learns to forecast a series from the first part of it. */
export async function prepareForecast(
  config: RnnConfig,
  generator: Generator,
  resolveData: ResolveData,
): Promise<Task<WindowBatch>> {
  const { context, batchSize } = config;
  const series = await loadSeries(await resolveData(config.data));
  const target = checkForecast(config, series.columns);
  checkLength(config, series);
  const [train, validation, test] = splitSeries(series, FRACTIONS, { lookBack: context });
  const standardizer = Standardizer.fit(train);
  const forecasting: Forecasting = { config, target, standardizer };
  const dataset = windowsOf(train, forecasting);
  const parts = { validation: windowsOf(validation, forecasting), test: windowsOf(test, forecasting) };
  const model = makeForecaster(forecasting, series.columns.length, generator);
  const sampler = new RandomSampler(dataset.length, { generator: new Generator(generator.integer(2 ** 48)) });
  const loader = new DataLoader(dataset, { batchSize, sampler, collate: collateWindows });
  return {
    model,
    loader,
    batchesPerEpoch: loader.batchesPerEpoch,
    loss: ({ inputs, targets }) => mseLoss(model.forward(inputs), columnOf(targets)),
    evaluate: (quick) => evaluateForecast(model, quick ? parts.validation : parts.test, forecasting),
    charts: () => [forecastChart(model, test, forecasting)],
    files: { [SERIES_FILE]: { columns: series.columns, standardizer } },
  };
}

/** The network of a saved run: it measures series, and forecasts how they go on. */
export function restoreForecast(config: RnnConfig, files: RunFiles, folder: string): RestoredModel {
  const { columns, standardizer } = checkRunFile(descriptionSchema, join(folder, SERIES_FILE), files[SERIES_FILE]);
  const target = checkForecast(config, columns);
  const forecasting: Forecasting = { config, target, standardizer: new Standardizer(standardizer) };
  const model = makeForecaster(forecasting, columns.length, new Generator(config.seed));
  return {
    model,
    async evaluate(resolveData, data) {
      const series = checkColumns(await loadSeries(await resolveData(data ?? config.data)), columns);
      const [, , test] = splitSeries(series, FRACTIONS, { lookBack: config.context });
      return evaluateForecast(model, windowsOf(data === undefined ? test : series, forecasting), forecasting);
    },
    async predict(inputs) {
      const answers: Prediction[] = [];
      for (const input of inputs) {
        const series = checkColumns(await readSeries(input, { columns }), columns);
        answers.push({ input, prediction: goOn(model, series, forecasting) });
      }
      return answers;
    },
  };
}

/** The index of the column that is forecast; the baseline must lie inside of what is read. */
function checkForecast({ column, season, context }: RnnConfig, columns: readonly string[]): number {
  if (season > context) {
    const expected = `to be at most ${context}, the context`;
    const hint = 'The baseline repeats the last season that was read.';
    throw new ArgumentError({ op: 'rnn', argument: 'season', expected, received: String(season), hint }, 'CONFIG');
  }
  const target = column === undefined ? 0 : columns.indexOf(column);
  if (target !== -1) return target;
  const hint = suggest(String(column), columns);
  const expected = 'to be a column of the series';
  throw new ArgumentError({ op: 'rnn', argument: 'column', expected, received: `"${String(column)}"`, hint }, 'CONFIG');
}

/** A window must fit into the part that is trained on. */
function checkLength({ context, horizon }: RnnConfig, { length }: TimeSeries): void {
  const most = Math.floor(FRACTIONS[0] * length) - horizon;
  if (context <= most) return;
  const expected = `to be at most ${most}: ${length} times, the first ${FRACTIONS[0] * 100} % of them for training`;
  throw new ArgumentError({ op: 'rnn', argument: 'context', expected, received: String(context) }, 'CONFIG');
}

function checkColumns(series: TimeSeries, columns: readonly string[]): TimeSeries {
  if (series.columns.join() === columns.join()) return series;
  const expected = `to be ${columns.join(', ')}, as the model was trained on`;
  const received = series.columns.join(', ');
  throw new ArgumentError({ op: 'rnn', argument: 'the columns', expected, received }, 'COLUMNS');
}

function makeForecaster({ config, target }: Forecasting, columns: number, generator: Generator): SeriesForecaster {
  return new SeriesForecaster({ ...config, columns, target }, generator);
}

/** Windows of a part, in standard deviations from the mean of the training part. */
function windowsOf(part: TimeSeries, { config, target, standardizer }: Forecasting): WindowDataset {
  const standardized = part.map((features) => standardizer.apply(features));
  const targetColumns = part.columns.slice(target, target + 1);
  return new WindowDataset(standardized, { inputLength: config.context, horizon: config.horizon, targetColumns });
}

/** `[batch, horizon, 1]` → `[batch, horizon]` */
function columnOf(targets: Tensor): Tensor {
  const [batch = 0, horizon = 0] = targets.shape;
  return targets.reshape([batch, horizon]);
}

/**
 * The root mean squared error over all windows and times, in the units of the series, beside those of two forecasts that cost
 * nothing: that all stays as it is (persistence), and that the last season repeats (seasonal-naive). `loss` is the mean squared
 * error in variances of the training part.
 */
function evaluateForecast(model: SeriesForecaster, windows: WindowDataset, forecasting: Forecasting): Metrics {
  const { target, standardizer } = forecasting;
  const unit = standardizer.standardDeviation[target] ?? 1;
  const errors = {
    model: new RootMeanSquaredError(),
    persistence: new RootMeanSquaredError(),
    seasonal: new RootMeanSquaredError(),
  };
  for (let start = 0; start < windows.length; start += EVALUATION_BATCH) {
    const count = Math.min(EVALUATION_BATCH, windows.length - start);
    scope(() => {
      const { inputs, targets } = collateWindows(Array.from({ length: count }, (_, i) => windows.get(start + i)));
      const expected = columnOf(targets); // [batch, horizon]
      const [, horizon = 0] = expected.shape;
      errors.model.update(model.forward(inputs), expected);
      errors.persistence.update(repeated(inputs, target, horizon, 1), expected);
      errors.seasonal.update(repeated(inputs, target, horizon, forecasting.config.season), expected);
    });
  }
  const [error, persistence, seasonal] = [
    errors.model.compute(),
    errors.persistence.compute(),
    errors.seasonal.compute(),
  ];
  return {
    loss: error ** 2,
    rmse: error * unit,
    persistenceRmse: persistence * unit,
    seasonalNaiveRmse: seasonal * unit,
  };
}

/** The last `season` times of a column, over and over. → `[batch, horizon]` */
function repeated(inputs: Tensor, target: number, horizon: number, season: number): Tensor {
  const [, time = 0] = inputs.shape;
  const places = Int32Array.from({ length: horizon }, (_, ahead) => time - season + (ahead % season));
  return inputs.gather(places, 1).gather(target, 2);
}

/** The times after the end of a series. */
function goOn(model: SeriesForecaster, series: TimeSeries, { config, target, standardizer }: Forecasting): number[] {
  const { context } = config;
  if (series.length < context) {
    const expected = `to have at least ${context} times, as many as the model reads`;
    throw new ArgumentError({ op: 'rnn', argument: 'the series', expected, received: String(series.length) }, 'SERIES');
  }
  const read = series.slice(series.length - context, series.length).map((features) => standardizer.apply(features));
  const [mean = 0, unit = 1] = [standardizer.mean[target], standardizer.standardDeviation[target]];
  return scope(() =>
    noGrad(() => {
      const inputs = tensor3d(read.values, [1, context, series.columns.length]);
      return Array.from(model.forward(inputs).dataSync<'float32'>(), (value) => value * unit + mean);
    }),
  );
}

/** What was measured in the last part, and what was forecast for each of its times right before. */
function forecastChart(model: SeriesForecaster, test: TimeSeries, forecasting: Forecasting): Chart {
  const { config, target } = forecasting;
  const measured: [number, number][] = [];
  const forecast: [number, number][] = [];
  for (let at = config.context; at < test.length; at++) {
    const time = test.times[at] ?? '';
    const x = time !== '' && Number.isFinite(Number(time)) ? Number(time) : at;
    const [next = NaN] = goOn(model, test.slice(0, at), forecasting);
    measured.push([x, test.get(at).features[target] ?? NaN]);
    forecast.push([x, next]);
  }
  const column = test.columns[target] ?? '';
  const lines = [
    { name: 'measured', points: measured },
    { name: 'forecast', points: forecast },
  ];
  return {
    name: 'forecast',
    title: `${column}, each time forecast from the ${config.context} before it`,
    x: 'time',
    y: column,
    lines,
  };
}
