// SPDX-License-Identifier: Apache-2.0
// Tests of whole runs: killed and resumed they end bit for bit where the uninterrupted run does; broken folders are refused.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  Generator,
  dispose,
  getMatmulPrecision,
  matMul,
  normal,
  readSafetensors,
  setDevice,
  setMatmulPrecision,
  writeSafetensors,
  zeros,
} from '@nabla/core';
import { resolveDataset } from '@nabla/data';
import { describeOnBf16, devices, useDevice } from '@nabla/testing';

import type { RawConfiguration } from './configuration.ts';
import { EventLog } from './event-log.ts';
import type { TrainingEvent } from './events.ts';
import { openRun, resumeRun, startRun } from './run.ts';
import { readRunConfiguration } from './run-folder.ts';
import type { TrainingResult } from './trainer.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-run-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const TEXT = Array.from({ length: 4000 }, (_, i) => 'the quick brown fox '[(i * i + i) % 20]).join('');
const CHECKPOINTS = { steps: 12, logEvery: 1, checkpointEvery: 4, evaluateEvery: 3, accumulate: 2, batchSize: 3 };

/** Small, and with everything that a resumed run must find again: dropout, accumulation, a schedule, two groups. */
const RECIPES: Readonly<Record<string, RawConfiguration>> = {
  transformer: { ...CHECKPOINTS, layers: 1, heads: 2, width: 8, context: 8, dropout: 0.2, warmupSteps: 3 },
  fnn: { ...CHECKPOINTS, hidden: [4], dropout: 0.3 },
};

interface RunChoices {
  /** Throws at this step, as if the process had been killed: nothing is saved any more. */
  readonly killAt?: number;
  readonly resume?: boolean;
  readonly overrides?: RawConfiguration;
}

async function train(
  recipe: string,
  run: string,
  { killAt, resume, overrides }: RunChoices = {},
): Promise<TrainingResult> {
  const emit = (event: TrainingEvent): void => {
    if (event.event === 'step' && event.step === killAt) throw new Error('killed');
  };
  const common = { folder: run, emit, resolveData: resolveDataset };
  if (resume === true) return resumeRun({ ...common, overrides: overrides ?? {} });
  const data = join(folder, 'input.txt');
  writeFileSync(data, TEXT);
  const own = recipe === 'transformer' ? [{ data }] : [];
  return startRun({ ...common, recipe, overrides: [RECIPES[recipe] ?? {}, ...own, overrides ?? {}] });
}

let runs = 0;
const newRun = (): string => join(folder, `run-${++runs}`);

/** The files of a run that must be equal, and the losses that its events tell. */
function resultOf(run: string): unknown {
  const bytes = ['model.safetensors', 'optimizer.safetensors', 'best.safetensors'].map((name) =>
    readFileSync(join(run, name)),
  );
  const losses = EventLog.read(run).flatMap((event) => (event.event === 'step' ? [[event.step, event.loss]] : []));
  return { bytes: bytes.map((content) => content.toString('base64')), losses };
}

describe.each(devices())('a run on %s that is killed', (device) => {
  useDevice(device);

  it.each([
    ['transformer', [9]],
    ['transformer', [2, 7, 7]],
    ['fnn', [6, 11]],
  ])('(%s, at steps %j) ends as the uninterrupted one', async (recipe, kills) => {
    const [whole, broken] = [newRun(), newRun()];
    const expected = await train(recipe, whole);
    for (const [i, killAt] of kills.entries()) {
      await expect(train(recipe, broken, { killAt, resume: i > 0 })).rejects.toThrow('killed');
    }
    const resumed = await train(recipe, broken, { resume: true });
    expect(resumed.metrics).toEqual(expected.metrics);
    expect(resultOf(broken)).toEqual(resultOf(whole));
  });
});

describe('resumeRun', () => {
  useDevice('js');

  it('goes on beyond the first length, and remembers it', async () => {
    const run = newRun();
    await train('fnn', run, { overrides: { steps: 3 } });
    await expect(train('fnn', run, { resume: true, overrides: { steps: 6 }, killAt: 5 })).rejects.toThrow('killed');
    expect((await train('fnn', run, { resume: true })).steps).toBe(6);
    expect(EventLog.read(run).filter(({ event }) => event === 'start')).toHaveLength(3);
    expect(EventLog.read(run).at(-1)?.event).toBe('end');
  });

  it('changes nothing in a run whose data is another now', async () => {
    const run = newRun();
    await train('transformer', run, { overrides: { steps: 2 } });
    const before = readdirSync(run).map((name) => [name, readFileSync(join(run, name), 'utf8')]);
    const other = join(folder, 'other.txt');
    writeFileSync(other, `${TEXT}${TEXT}`);
    const resumed = train('transformer', run, { resume: true, overrides: { data: other, steps: 4 } });
    await expect(resumed).rejects.toThrowCode('STATE', /saved with other settings or with other data/);
    await expect(train('transformer', run, { resume: true, overrides: { steps: 1 } })).rejects.toThrowCode('STEPS');
    expect(readdirSync(run).map((name) => [name, readFileSync(join(run, name), 'utf8')])).toEqual(before);
  });
});

describeOnBf16('a run in bf16', () => {
  useDevice('cpu:avx512');

  it('learns nearly the same, remembers how, and leaves other products as they are', async () => {
    const large = { hidden: [512, 512], dropout: 0, batchSize: 64, accumulate: 1, steps: 4 };
    const lossesOf = async (run: string, precision?: string): Promise<number[]> => {
      await train('fnn', run, { overrides: { ...large, ...(precision !== undefined && { precision }) } });
      return EventLog.read(run).flatMap((event) => (event.event === 'step' ? [event.loss] : []));
    };
    const square = normal([256, 256], new Generator(1));
    const before = matMul(square, square).dataSync();
    const [inFloat32, run] = [await lossesOf(newRun()), newRun()];
    const inBf16 = await lossesOf(run, 'bf16');
    expect(getMatmulPrecision()).toBe('float32');
    setMatmulPrecision('bf16');
    expect(await lossesOf(newRun(), 'float32')).toEqual(inFloat32);
    expect(getMatmulPrecision()).toBe('bf16');
    setMatmulPrecision('float32');
    expect(inBf16).not.toEqual(inFloat32);
    inBf16.forEach((loss, step) => expect(Math.abs(loss / (inFloat32[step] ?? NaN) - 1)).toBeLessThan(0.03));
    expect(matMul(square, square).dataSync()).toEqual(before);
    expect((await train('fnn', run, { resume: true, overrides: { steps: 5 } })).steps).toBe(5);
    expect(readRunConfiguration(run).config).toMatchObject({ precision: 'bf16' });
  });
});

describe('a run’s folder', () => {
  useDevice('js');

  it('is not made where the device lacks the precision', async () => {
    const none = newRun();
    await expect(train('fnn', none, { overrides: { precision: 'bf16' } })).rejects.toThrowCode('PRECISION');
    expect(existsSync(none)).toBe(false);
  });

  let run: string;
  beforeEach(async () => {
    run = newRun();
    await train('fnn', run, { overrides: { steps: 4, evaluateEvery: 1, learningRate: 1 } });
  });

  it('holds everything of the run', () => {
    const files = [
      'config.json',
      'events.jsonl',
      'model.safetensors',
      'optimizer.safetensors',
      'table.json',
      'trainer.json',
    ];
    expect(readdirSync(run).sort()).toEqual(['best.safetensors', ...files]);
    expect(readRunConfiguration(run)).toMatchObject({
      nabla: '0.1.0',
      recipe: 'fnn',
      device: 'js',
      config: { steps: 4, hidden: [4] },
    });
  });

  it('is not overwritten', async () => {
    await expect(train('fnn', run)).rejects.toThrowCode(
      'EXISTS',
      /the folder of the run to be new or empty, received .*, which is a run\. To go on with that run: nabla train --resume/,
    );
    rmSync(join(run, 'config.json'));
    await expect(train('fnn', run)).rejects.toThrowCode(
      'EXISTS',
      /which is not empty\. To start a new one, name another folder\./,
    );
    await expect(train('fnn', join(run, 'table.json'))).rejects.toThrowCode(
      'FOLDER',
      /to be a folder, received ENOTDIR/,
    );
    mkdirSync(`${run}-empty`);
    expect((await train('fnn', `${run}-empty`, { overrides: { steps: 1 } })).steps).toBe(1);
  });

  it.each([
    ['config.json', undefined, /config\.json to be a file of a run, received no such file\. Pass the folder of a run/],
    ['config.json', '{"recipe": "fnn"', /received a file that is not JSON/],
    ['config.json', '[]', /received a file whose content is wrong/],
    ['config.json', '{"nabla":"1","recipe":"fnn","device":"js","config":3}', /a file whose config is wrong/],
    ['config.json', '{"nabla":"1","recipe":"fmm","device":"js","config":{}}', /received "fmm"\. Did you mean "fnn"\?/],
    [
      'config.json',
      '{"nabla":"1","recipe":"fnn","device":"js","config":{"hidden":"x"}}',
      /hidden to be a list|data to be text/,
    ],
    ['table.json', undefined, /table\.json to be a file of a run, received no such file/],
    ['table.json', '{"columns":["a"]}', /table\.json to be a file of a run, received a file whose classes is wrong/],
    ['model.safetensors', undefined, /model\.safetensors to be the weights of a run, received no such file/],
    ['model.safetensors', 'x', /model\.safetensors" to have at least 8 bytes/],
  ])('whose %s is %j is refused', async (name, content, message) => {
    rmSync(join(run, name));
    if (content !== undefined) writeFileSync(join(run, name), content);
    await expect(openRun(run)).rejects.toThrow(message);
  });

  it('is refused where there is none', async () => {
    await expect(openRun(join(run, 'nothing'))).rejects.toThrowCode(
      'RUN',
      /nothing\/config\.json to be a file of a run, received no such file/,
    );
    await expect(openRun(join(run, 'table.json'))).rejects.toThrowCode('RUN');
  });

  it('with the weights of another model names what differs', async () => {
    const path = join(run, 'model.safetensors');
    const { tensors } = await readSafetensors(path);
    const { '0.bias': moved, '0.weight': kept, ...rest } = tensors;
    await writeSafetensors(path, { ...rest, 'old.bias': moved, '0.weight': zeros([4, 3]) });
    const message =
      /model\.safetensors: loadStateDict: expected .*missing 0\.bias; unexpected old\.bias; of another shape or dtype 0\.weight \(\[4, 3\] instead of \[4, 30\]\)/;
    await expect(openRun(run)).rejects.toThrowCode('STATE', message);
    await expect(train('fnn', run, { resume: true })).rejects.toThrowCode('STATE', message);
    dispose(tensors, kept);
  });

  it('gives the best weights, or the last', async () => {
    const losses = EventLog.read(run).flatMap((event) => (event.event === 'evaluate' ? [event.metrics['loss']] : []));
    const lossOf = async (weights: 'best' | 'last'): Promise<number | undefined> => {
      const opened = await openRun(run, weights);
      const metrics = await opened.evaluate(resolveDataset);
      opened.model.dispose();
      return metrics['loss'];
    };
    expect(await lossOf('best')).toBe(Math.min(...losses));
    expect(await lossOf('last')).toBe(losses.at(-1));
  });

  it('opens on another device than it was trained on', async () => {
    const opened = await openRun(run);
    const expected = await opened.evaluate(resolveDataset);
    opened.model.dispose();
    if (!devices().some((device) => device !== 'js')) return;
    setDevice('cpu');
    const other = await openRun(run);
    expect((await other.evaluate(resolveDataset))['loss']).toBeCloseTo(expected['loss'], 4);
    other.model.dispose();
    setDevice('js');
  });
});
