// SPDX-License-Identifier: Apache-2.0
// Tests of the training loop: what happens when, best and last weights, patience, interruption, going on.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  Generator,
  type Tensor,
  dispose,
  mean,
  mul,
  readSafetensors,
  scopeAsync,
  square,
  sub,
  tensor2d,
} from '@nabla/core';
import { DataLoader } from '@nabla/data';
import { Linear } from '@nabla/layers';
import { tolerance, useDevice } from '@nabla/testing';

import { loadCheckpoint } from './checkpoint.ts';
import type { TrainingEvent } from './events.ts';
import type { Task } from './recipe.ts';
import { type TrainingSettings, trainingDefaults } from './settings.ts';
import { Trainer, type TrainingResult } from './trainer.ts';

useDevice('js');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-trainer-'))));
afterEach(() => rmSync(folder, { recursive: true }));

interface Rows {
  readonly x: Tensor; // [batch, 2]
}

const SETTINGS: TrainingSettings = {
  ...trainingDefaults,
  ...{ data: '', batchSize: 4, learningRate: 0.1, evaluateEvery: 0, checkpointEvery: 0 },
};

/** A linear model that learns 0. The held-out losses are given: the first is of the first quick evaluation, and so on. */
function makeTask(heldOut: readonly number[] = []): Task<Rows> {
  const model = new Linear(2, 1, { generator: new Generator(1) });
  const dataset = { length: 16, get: (i: number) => [i / 8 - 1, 1 - i / 4] };
  const collate = (rows: readonly unknown[]): Rows => ({ x: tensor2d(rows as number[][]) });
  const loader = new DataLoader<unknown, Rows>(dataset, { batchSize: 4, collate });
  let next = 0;
  return {
    model,
    loader,
    batchesPerEpoch: loader.batchesPerEpoch,
    loss: ({ x }) => mean(square(sub(model.forward(x), 0))),
    evaluate: (quick) => ({ loss: quick ? (heldOut[next++] ?? 9) : 0.5 }),
    files: {},
  };
}

interface Trained extends TrainingResult {
  readonly events: TrainingEvent[];
}

async function train(
  settings: Partial<TrainingSettings>,
  { task = makeTask(), signalAt = Infinity }: { task?: Task<Rows>; signalAt?: number } = {},
): Promise<Trained> {
  return scopeAsync(async () => {
    const checkpoint = await loadCheckpoint(folder);
    if (checkpoint !== undefined) task.model.loadStateDict(checkpoint.model);
    const options = { task, settings: { ...SETTINGS, ...settings }, generator: new Generator(0), folder, checkpoint };
    let trainer: Trainer<Rows> | undefined;
    const events: TrainingEvent[] = [];
    const controller = new AbortController();
    const emit = (event: TrainingEvent): void => {
      events.push(event);
      if (event.event === 'step' && event.step === signalAt) controller.abort();
    };
    try {
      trainer = new Trainer(options);
      return { ...(await trainer.run(emit, controller.signal)), events };
    } finally {
      trainer?.dispose();
      task.model.dispose();
    }
  });
}

/** Events in short: `step 1`, `evaluate 4 best`. */
function timeline({ events }: Trained): string[] {
  return events.map(
    (event) => `${event.event} ${'step' in event ? event.step : ''}${'best' in event && event.best ? ' best' : ''}`,
  );
}

describe('events', () => {
  it('come at the first step, the last, and every so many', async () => {
    expect(timeline(await train({ steps: 8, logEvery: 3, evaluateEvery: 4, checkpointEvery: 5 }))).toEqual([
      ...['step 1', 'step 3', 'evaluate 4 best', 'checkpoint 5', 'step 6', 'step 8', 'evaluate 8', 'checkpoint 8'],
    ]);
  });

  it('come at the end only, if so set', async () => {
    const result = await train({ steps: 2, logEvery: 100 });
    expect(timeline(result)).toEqual(['step 1', 'step 2', 'evaluate 2 best', 'checkpoint 2']);
    expect(result).toMatchObject({ finished: true, steps: 2, stoppedEarly: false, metrics: { loss: 0.5 } });
  });

  it('tell loss, learning rate, gradient and speed', async () => {
    const { events } = await train({ steps: 4, logEvery: 1, warmupSteps: 1, minimumLearningRate: 0.01 });
    const steps = events.flatMap((event) => (event.event === 'step' ? [event] : []));
    const rates = [0.05, 0.1, 0.01 + 0.09 * 0.75, 0.01 + 0.09 * 0.25];
    expect(steps.map(({ learningRate }) => learningRate)).toEqual(
      rates.map((rate): unknown => expect.closeTo(rate, 6)),
    );
    for (const { loss, gradientNorm, samplesPerSecond } of steps) {
      expect(Math.min(loss, gradientNorm, samplesPerSecond)).toBeGreaterThan(0);
    }
    expect(steps[3]?.loss).toBeLessThan(steps[0]?.loss ?? 0);
  });

  it.each([
    [{ epochs: 1.5 }, 6],
    [{ epochs: 2, accumulate: 3 }, 3],
    [{ epochs: 0.01 }, 1],
  ])('%j makes %d steps', async (settings, steps) => {
    expect((await train(settings)).steps).toBe(steps);
  });
});

describe('held-out loss', () => {
  it('decides which weights are the best, and the last are kept too', async () => {
    const every = { steps: 4, logEvery: 1, evaluateEvery: 1, checkpointEvery: 1, minimumLearningRate: 0.1 };
    const weights = async (name: string): Promise<Record<string, Tensor>> =>
      (await readSafetensors(join(folder, name))).tensors;
    await train(every, { task: makeTask([3, 1, 2, 1]), signalAt: 2 });
    const second = await weights('model.safetensors');
    const result = await train(every, { task: makeTask([2, 1]) });
    expect(timeline(result).filter((line) => line.endsWith('best'))).toEqual([]);
    expect((await weights('best.safetensors'))['weight']).toBeCloseToTensor(second['weight'] ?? [], tolerance('exact'));
    expect((await weights('model.safetensors'))['weight']).not.toBeCloseToTensor(second['weight'] ?? []);
  });

  it('ends training when it has not fallen for as many evaluations as patience says', async () => {
    const settings = { steps: 20, evaluateEvery: 2, patience: 2 };
    const task = makeTask([3, 2, 2.5, 2, 1]);
    expect(await train(settings, { task })).toMatchObject({ finished: true, steps: 8, stoppedEarly: true });
    const again = await train(settings, { task: makeTask([1]) }); // a run that was stopped early stays so
    expect(again).toMatchObject({ steps: 8, stoppedEarly: true });
    expect(timeline(again)).toEqual(['checkpoint 8']);
  });

  it('that is not a number is never the best', async () => {
    const result = await train({ steps: 3, evaluateEvery: 1 }, { task: makeTask([NaN, 1, NaN]) });
    expect(timeline(result).filter((line) => line.endsWith('best'))).toEqual(['evaluate 2 best']);
  });
});

describe('a signal', () => {
  it.each<Partial<TrainingSettings>>([
    {},
    { optimizer: 'adam', schedule: 'linear' },
    { optimizer: 'adadelta', schedule: 'constant' },
    { optimizer: 'lion', schedule: 'constant' },
    { optimizer: 'muon', schedule: 'linear' },
    { optimizer: 'sgd', schedule: 'cosine' },
  ])('ends training after the step, with a checkpoint from which it goes on to the same weights: %j', async (named) => {
    const settings = { steps: 6, logEvery: 1, warmupSteps: 2, ...named };
    const interrupted = await train(settings, { signalAt: 3 });
    expect(interrupted).toMatchObject({ finished: false, steps: 3, metrics: {} });
    expect(timeline(interrupted).at(-1)).toBe('checkpoint 3');
    const resumed = await train(settings);
    expect(timeline(resumed)).toEqual(['step 4', 'step 5', 'step 6', 'evaluate 6 best', 'checkpoint 6']);
    const weights = (await readSafetensors(join(folder, 'model.safetensors'))).tensors;

    rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'nabla-trainer-'));
    const whole = await train(settings);
    const losses = ({ events }: Trained): unknown[] =>
      events.flatMap((event) => (event.event === 'step' ? [event.loss] : []));
    expect([...losses(interrupted), ...losses(resumed)]).toEqual(losses(whole));
    const { tensors } = await readSafetensors(join(folder, 'model.safetensors'));
    expect(tensors['weight']).toBeCloseToTensor(weights['weight'] ?? [], tolerance('exact'));
  });

  it('at the last step changes nothing', async () => {
    expect(await train({ steps: 3, logEvery: 1 }, { signalAt: 3 })).toMatchObject({ finished: true, steps: 3 });
  });
});

describe('errors', () => {
  it('refuses fewer steps than were taken', async () => {
    await train({ steps: 5 });
    await expect(train({ steps: 4 })).rejects.toThrowCode(
      'STEPS',
      /steps to be at least 5, as many as the run has taken, received 4/,
    );
  });

  it('refuses the state of another model, and of other data', async () => {
    await train({ steps: 2 });
    const checkpoint = await loadCheckpoint(folder);
    const task = makeTask();
    const options = { settings: SETTINGS, generator: new Generator(0), folder, checkpoint };

    const model = new Linear(3, 1, { generator: new Generator(1) });
    const other = (): Trainer<Rows> => new Trainer({ ...options, task: { ...task, model } });
    expect(other).toThrowCode('STATE', /firstMoment\.0 \[1, 2\] instead of \[1, 3\]/);

    const five = { length: 5, get: (): unknown => [0, 0] };
    const loader = new DataLoader(five, { batchSize: 4, collate: () => ({ x: tensor2d([[0]]) }) });
    const shorter = (): Trainer<Rows> => new Trainer({ ...options, task: { ...task, loader } });
    expect(shorter).toThrowCode('STATE', /length to be 5, received 16/);
    dispose(model, task.model, checkpoint);
  });

  it('leaves the last checkpoint when the loss goes bad', async () => {
    const task = makeTask();
    let calls = 0;
    const loss = ({ x }: Rows): Tensor => task.loss({ x: ++calls < 5 ? x : mul(x, NaN) });
    const training = train({ steps: 9, checkpointEvery: 2 }, { task: { ...task, loss } });
    await expect(training).rejects.toThrow(
      'training stopped at step 5: the loss is NaN; the first module that gave such a number is Linear "".',
    );
    const checkpoint = await loadCheckpoint(folder);
    expect(checkpoint?.trainer.step).toBe(4);
    dispose(checkpoint);
  });
});
