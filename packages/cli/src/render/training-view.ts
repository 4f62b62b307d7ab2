// SPDX-License-Identifier: Apache-2.0
// Training as a person sees it: a progress bar in a terminal, a line now and then elsewhere, and at the end a curve.

import { join } from 'node:path';

import { EventLog, type TrainingEvent } from '@nabla/models';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';

import type { Output } from '../output.ts';
import { chartFile } from './chart-svg.ts';
import { formatDuration, formatMetrics, formatNumber } from './format.ts';
import { lossCurveText } from './loss-curve-text.ts';

const LINES = 20; // where there is no terminal to draw on: about this many lines for a whole training

type Of<Kind extends TrainingEvent['event']> = Extract<TrainingEvent, { event: Kind }>;

/** Shows the events of one training. */
export class TrainingView {
  private readonly output: Output;
  /** Where there is a terminal: the bar, and the object that draws it with lines above. */
  private drawn: { readonly bar: SingleBar; readonly screen: MultiBar } | undefined;
  private steps = 0;
  private lastLine = 0;

  constructor(output: Output) {
    this.output = output;
  }

  show(event: TrainingEvent): void {
    if (event.event === 'start') this.start(event);
    else if (event.event === 'step') this.step(event);
    else if (event.event === 'evaluate') this.evaluate(event);
    else if (event.event === 'chart') this.chart(event);
    else if (event.event === 'interrupt') this.interrupt(event);
    else if (event.event === 'end') this.end(event);
  }

  /** Gives the terminal back. */
  stop(): void {
    this.drawn?.screen.stop();
    this.drawn = undefined;
  }

  private start({ recipe, run, parameters, step, steps }: Of<'start'>): void {
    this.steps = steps;
    const from = step === 0 ? '' : `, going on after step ${step}`;
    this.output.note(`${recipe}: ${parameters.toLocaleString('en')} parameters, ${steps} steps${from}, folder ${run}`);
    if (this.output.terminal === undefined) return;
    const format =
      '{bar} {percentage}% | step {value}/{total} | loss {loss} | {speed} samples/s | {eta_formatted} left';
    const options = { format, stream: this.output.terminal, hideCursor: true, barsize: 24, gracefulExit: false };
    const screen = new MultiBar(options, Presets.shades_classic);
    this.drawn = { screen, bar: screen.create(steps, step, { loss: '-', speed: '-' }) };
  }

  private step({ step, loss, samplesPerSecond }: Of<'step'>): void {
    if (this.drawn !== undefined) {
      this.drawn.bar.update(step, { loss: formatNumber(loss), speed: formatNumber(samplesPerSecond) });
      return;
    }
    if (step !== 1 && step !== this.steps && step - this.lastLine < this.steps / LINES) return;
    this.lastLine = step;
    const speed = `${formatNumber(samplesPerSecond)} samples/s`;
    this.output.note(`step ${step}/${this.steps}: loss ${formatNumber(loss)}, ${speed}`);
  }

  private evaluate({ step, metrics, best }: Of<'evaluate'>): void {
    this.note(`step ${step}: held-out ${formatMetrics(metrics)}${best ? '' : ' (not the best)'}`);
  }

  private chart({ run, chart }: Of<'chart'>): void {
    this.note(`${chart.title}: ${join(run, chartFile(chart))}`);
  }

  private interrupt({ step, run }: Of<'interrupt'>): void {
    this.stop();
    this.output.note(`Interrupted after step ${step}; everything is saved. To go on: nabla train --resume ${run}`);
  }

  private end({ run, seconds, metrics, stoppedEarly, steps }: Of<'end'>): void {
    this.stop();
    const curve = lossCurveText(EventLog.read(run));
    if (curve !== undefined) this.output.note(`\n${curve}\n`);
    if (stoppedEarly) this.output.note(`Stopped early after step ${steps}: the held-out loss had stopped falling.`);
    this.output.note(`${steps} steps in ${formatDuration(seconds)}; curve in ${join(run, 'loss.svg')}`);
    this.output.result(`held-out ${formatMetrics(metrics)}`);
    this.output.result(`run ${run}`);
  }

  /** A line above the bar. */
  private note(line: string): void {
    if (this.drawn === undefined) {
      this.output.note(line);
    } else {
      this.drawn.screen.log(`${line}\n`);
      this.drawn.screen.update();
    }
  }
}
