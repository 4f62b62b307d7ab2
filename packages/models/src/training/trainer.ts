// SPDX-License-Identifier: Apache-2.0
// The training loop.

import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';

import { ArgumentError, type Generator, scopeAsync, writeSafetensors } from '@nabla/core';
import type { Optimizer, Schedule } from '@nabla/optimizers';

import { type Checkpoint, type TrainerState, WEIGHTS_FILES, saveCheckpoint } from './checkpoint.ts';
import type { Emit, Metrics } from './events.ts';
import { makeOptimizer, makeSchedule } from './optimization.ts';
import type { Batch, Task } from './recipe.ts';
import type { TrainingSettings } from './settings.ts';
import { trainStep } from './train-step.ts';

/** How a training ended. */
export interface TrainingResult {
  /** False when the signal ended it. */
  readonly finished: boolean;
  readonly steps: number;
  readonly seconds: number;
  readonly stoppedEarly: boolean;
  /** Held-out metrics of the final weights; empty when training was interrupted. */
  readonly metrics: Metrics;
}

export interface TrainerOptions<B extends Batch> {
  readonly task: Task<B>;
  readonly settings: TrainingSettings;
  /** Draws what is random while training. */
  readonly generator: Generator;
  /** The run's folder. */
  readonly folder: string;
  /** Where to go on; undefined starts afresh. */
  readonly checkpoint?: Checkpoint | undefined;
}

/** Optimizer steps of a training: `steps`, or `epochs` passes over the data. */
function countSteps({ steps, epochs = 1, accumulate }: TrainingSettings, batchesPerEpoch: number): number {
  return steps ?? Math.max(1, Math.ceil((epochs * batchesPerEpoch) / accumulate));
}

/** Whether something that happens every so many steps happens now; 0 is never. */
function isDue(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}

/**
 * Trains a task to its last step, or to a signal, or until patience ends. The model stays the caller's.
 *
 * @throws {ArgumentError} the checkpoint is of more steps than these (code `STEPS`), or of another model or data (code `STATE`)
 */
export class Trainer<B extends Batch> {
  /** Steps that the training is to have. */
  readonly steps: number;
  private readonly options: TrainerOptions<B>;
  private readonly optimizer: Optimizer;
  private readonly schedule: Schedule;
  private state: Pick<TrainerState, 'step' | 'best' | 'evaluationsSinceBest' | 'seconds'>;

  constructor(options: TrainerOptions<B>) {
    const { task, settings, generator, checkpoint } = options;
    this.options = options;
    this.steps = countSteps(settings, task.batchesPerEpoch);
    this.schedule = makeSchedule(settings, this.steps);
    this.state = checkpoint?.trainer ?? { step: 0, best: null, evaluationsSinceBest: 0, seconds: 0 };
    if (this.step > this.steps) {
      const expected = `to be at least ${this.step}, as many as the run has taken`;
      throw new ArgumentError({ op: 'train', argument: 'steps', expected, received: String(this.steps) }, 'STEPS');
    }
    this.optimizer = makeOptimizer(task.model, settings);
    if (checkpoint === undefined) return;
    try {
      this.optimizer.loadStateDict(checkpoint.optimizer);
      task.loader.loadState(checkpoint.trainer.loader);
      generator.restore(checkpoint.trainer.generator);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Steps taken. */
  get step(): number {
    return this.state.step;
  }

  /**
   * Trains to the end. Events: `step`, `evaluate`, `checkpoint`, `chart`.
   *
   * @param signal ends training after the current step, with a checkpoint
   * @throws {NablaError} the loss or the gradient is not finite (code `NON_FINITE`), or a checkpoint cannot be saved (code `CHECKPOINT`)
   */
  async run(emit: Emit, signal?: AbortSignal): Promise<TrainingResult> {
    const { task, settings, generator } = this.options;
    const started = performance.now() - this.state.seconds * 1000;
    const clock = (): number => (performance.now() - started) / 1000;
    const speed = { examples: 0, milliseconds: 0 }; // since the last step event

    task.model.train();
    while (this.step < this.steps && !this.outOfPatience) {
      this.optimizer.learningRate = this.schedule(this.step);
      const before = performance.now();
      const { loss, gradientNorm, examples } = trainStep(task, this.optimizer, settings, generator, this.step + 1);
      this.state = { ...this.state, step: this.step + 1 };
      speed.milliseconds += performance.now() - before;
      speed.examples += examples;

      const isLast = this.step === this.steps;
      if (this.step === 1 || isLast || isDue(this.step, settings.logEvery)) {
        const { learningRate } = this.optimizer;
        const samplesPerSecond = (speed.examples * 1000) / speed.milliseconds;
        emit({ event: 'step', step: this.step, loss, learningRate, gradientNorm, samplesPerSecond });
        Object.assign(speed, { examples: 0, milliseconds: 0 });
      }
      if (isLast || isDue(this.step, settings.evaluateEvery)) await this.evaluate(emit);
      if (isLast || this.outOfPatience) break;

      if (isDue(this.step, settings.checkpointEvery)) await this.save(emit, clock());
      await nextTick(); // lets signals and the rest of the program in
      if (signal?.aborted === true) {
        await this.save(emit, clock());
        return { finished: false, steps: this.step, seconds: clock(), stoppedEarly: false, metrics: {} };
      }
    }
    await this.save(emit, clock());
    const metrics = await this.measure(false);
    const charts = await this.evaluating(() => task.charts?.() ?? []);
    for (const chart of charts) emit({ event: 'chart', step: this.step, run: this.options.folder, chart });
    return { finished: true, steps: this.step, seconds: clock(), stoppedEarly: this.step < this.steps, metrics };
  }

  /** Frees the optimizer's state. */
  dispose(): void {
    this.optimizer.dispose();
  }

  private get outOfPatience(): boolean {
    const { patience } = this.options.settings;
    return patience > 0 && this.state.evaluationsSinceBest >= patience;
  }

  /** A quick evaluation; the best weights so far are written to a file of their own. */
  private async evaluate(emit: Emit): Promise<void> {
    const { task, folder } = this.options;
    const { step, best, evaluationsSinceBest } = this.state;
    const metrics = await this.measure(true);
    const { loss = NaN } = metrics;
    const isBest = loss < (best?.loss ?? Infinity);
    if (isBest) {
      const metadata = { format: 'pt', step: String(step) };
      await writeSafetensors(join(folder, WEIGHTS_FILES.best), task.model.stateDict(), metadata);
      this.state = { ...this.state, best: { step, loss }, evaluationsSinceBest: 0 };
    } else {
      this.state = { ...this.state, evaluationsSinceBest: evaluationsSinceBest + 1 };
    }
    emit({ event: 'evaluate', step, metrics, best: isBest });
  }

  private measure(quick: boolean): Promise<Metrics> {
    return this.evaluating(() => this.options.task.evaluate(quick));
  }

  /** Runs `f` with the model in evaluation. */
  private async evaluating<Result>(f: () => Result | Promise<Result>): Promise<Result> {
    const { model } = this.options.task;
    model.eval();
    const result = await scopeAsync(async () => f());
    model.train();
    return result;
  }

  private async save(emit: Emit, seconds: number): Promise<void> {
    const { task, folder, generator } = this.options;
    const trainer = { ...this.state, seconds, generator: generator.state(), loader: task.loader.state() };
    await saveCheckpoint(folder, task.model.stateDict(), { trainer, optimizer: this.optimizer.stateDict() });
    emit({ event: 'checkpoint', step: this.step, path: join(folder, WEIGHTS_FILES.last) });
  }
}
