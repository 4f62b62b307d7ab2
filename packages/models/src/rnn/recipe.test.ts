// SPDX-License-Identifier: Apache-2.0
// Tests of the recipe rnn: it learns to write, and it forecasts better than what costs nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, tensor3d, zeros } from '@nabla/core';
import { resolveDataset } from '@nabla/data';
import { tolerance, useDevice } from '@nabla/testing';

import type { TrainingEvent } from '../training/events.ts';
import { openRun, startRun } from '../training/run.ts';
import type { TrainingResult } from '../training/trainer.ts';
import { SeriesForecaster } from './model.ts';

useDevice('js');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-rnn-'))));
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;
let run: string;
let events: TrainingEvent[];

async function train(...overrides: Record<string, unknown>[]): Promise<TrainingResult> {
  run = join(folder, `run-${++runs}`);
  events = [];
  const emit = (event: TrainingEvent): void => void events.push(event);
  return startRun({ recipe: 'rnn', folder: run, overrides, emit, resolveData: resolveDataset });
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('task characters', () => {
  it.each(['lstm', 'gru', 'rnn'])('%s learns a text that repeats itself, and goes on with it', async (cell) => {
    const data = file('input.txt', 'abcdefgh'.repeat(60));
    const small = { width: 16, context: 8, batchSize: 8, steps: 60, learningRate: 0.02, warmupSteps: 5 };
    const { metrics } = await train({ ...small, data, cell, layers: 2, dropout: 0.1 });
    expect(metrics['accuracy']).toBeGreaterThan(0.9);
    const opened = await openRun(run);
    expect(await opened.evaluate(resolveDataset)).toEqual(metrics);
    const [answer] = await opened.predict(['abcd']);
    expect(answer).toMatchObject({ input: 'abcd', prediction: 'e' });
    const options = { prompt: 'ab', tokens: 6, temperature: 0, topK: 0, generator: new Generator(1) };
    let text = '';
    for await (const piece of opened.generate?.(options) ?? []) text += piece;
    expect(text).toBe('cdefgh');
    opened.model.dispose();
  });
});

describe('task forecast', () => {
  /** A wave of 8 times beside a rising column, such as a year. */
  const wave = (length: number, first = 0): string => {
    const value = (t: number): number => 50 + 20 * Math.sin((2 * Math.PI * t) / 8) + (t % 3);
    const rows = Array.from({ length }, (_, i) => `${1900 + first + i},${value(first + i)},${(first + i) % 3}`);
    return ['year,spots,phase', ...rows].join('\n');
  };
  const small = { task: 'forecast', width: 12, context: 12, season: 8, steps: 80, learningRate: 0.02, warmupSteps: 5 };

  it('is nearer to what comes than that all stays, or that the last season repeats', async () => {
    const { metrics } = await train({ ...small, horizon: 3, data: file('wave.csv', wave(160)) });
    const { rmse = NaN, persistenceRmse, seasonalNaiveRmse, loss = NaN } = metrics;
    expect(rmse).toBeLessThan(persistenceRmse ?? NaN);
    expect(rmse).toBeLessThan(seasonalNaiveRmse ?? NaN);
    const unit = Math.sqrt(200 + 2 / 3); // the deviation of the column, about
    expect(rmse / Math.sqrt(loss)).toBeCloseTo(unit, 0);
    const opened = await openRun(run);
    expect(await opened.evaluate(resolveDataset)).toEqual(metrics);
    opened.model.dispose();
  });

  it('measures its baselines right', async () => {
    const rows = Array.from({ length: 60 }, (_, t) => `${t},${t % 4 === 0 ? 8 : 0}`);
    const data = file('pulse.csv', ['time,pulse', ...rows].join('\n'));
    const { metrics } = await train({ ...small, data, steps: 1, season: 4 });
    // The last 9 times: 51 to 59. A pulse comes at 52 and 56: persistence misses it, and the time after it, twice.
    expect(metrics['persistenceRmse']).toBeCloseTo(Math.sqrt((4 * 64) / 9), 4);
    expect(metrics['seasonalNaiveRmse']).toBeCloseTo(0, 4);
  });

  it('shows what was measured and what was forecast, for every time of the last part', async () => {
    await train({ ...small, steps: 2, data: file('wave.csv', wave(160)) });
    const charts = events.flatMap((event) => (event.event === 'chart' ? [event.chart] : []));
    expect(charts).toHaveLength(1);
    const [measured, forecast] = charts[0]?.lines ?? [];
    expect([measured?.name, forecast?.name]).toEqual(['measured', 'forecast']);
    const years = Array.from({ length: 24 }, (_, i) => 2036 + i);
    expect(measured?.points.map(([x]) => x)).toEqual(years);
    expect(forecast?.points.map(([x]) => x)).toEqual(years);
    expect(measured?.points[0]?.[1]).toBeCloseTo(50 + 20 * Math.sin((2 * Math.PI * 136) / 8) + (136 % 3), 3);
  });

  it('goes on where a file ends', async () => {
    await train({ ...small, horizon: 2, column: 'phase', data: file('wave.csv', wave(160)) });
    const opened = await openRun(run);
    const next = file('next.csv', wave(30, 200));
    const [answer] = await opened.predict([next]);
    const [first = NaN, second = NaN, ...rest] = answer?.['prediction'] as number[];
    expect([first, second]).toEqual([expect.closeTo(230 % 3, 0), expect.closeTo(231 % 3, 0)]);
    expect(rest).toEqual([]);
    await expect(opened.predict([file('short.csv', wave(11))])).rejects.toThrowCode('SERIES', /at least 12 times.*11/);
    const others = file('others.csv', 'year,wind\n1,2\n2,3\n');
    await expect(opened.predict([others])).rejects.toThrowCode('CSV', /spots/);
    opened.model.dispose();
  });

  it('has defaults of its own, which options override', async () => {
    await train({ task: 'forecast' }, { steps: 1, width: 4 });
    const [start] = events;
    expect(start).toMatchObject({ config: { data: 'sunspots', context: 33, width: 4, steps: 1 } });
  });

  it.each([
    [{ season: 13 }, 'CONFIG', /season to be at most 12, the context, received 13/],
    [{ column: 'spot' }, 'CONFIG', /column to be a column of the series, received "spot". Did you mean "spots"/],
    [
      { context: 112 },
      'CONFIG',
      /context to be at most 111: 160 times, the first 70 % of them for training, received 112/,
    ],
    [{ task: 'forecasts' }, 'CONFIG', /to be one of characters, forecast/],
  ])('refuses %j', async (options, code, message) => {
    const data = file('wave.csv', wave(160));
    await expect(train({ ...small, data }, options)).rejects.toThrowCode(code, message);
  });

  it('starts from the last time that it read', () => {
    const shape = { columns: 2, target: 1, horizon: 2, cell: 'lstm', layers: 1, width: 3, dropout: 0 } as const;
    const model = new SeriesForecaster(shape, new Generator(1));
    for (const parameter of model.parameters()) parameter.assign(zeros(parameter.shape));
    const x = tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]); // [batch, time, columns]
    expect(model.forward(x)).toBeCloseToTensor(
      [
        [4, 4],
        [8, 8],
      ],
      tolerance('exact'),
    );
    model.dispose();
  });
});
