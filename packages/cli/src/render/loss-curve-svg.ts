// SPDX-License-Identifier: Apache-2.0
// The loss curve of a run as a picture.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { EventLog, type TrainingEvent } from '@nabla/models';

import { formatNumber } from './format.ts';

interface Point {
  readonly step: number;
  readonly loss: number;
}

const WIDTH = 720;
const HEIGHT = 400;
const BOX = { left: 56, right: 696, top: 44, bottom: 348 }; // of the curves
const TRAINING = '#4c78a8';
const HELD_OUT = '#e45756';

/** Draws the events of a run into its loss.svg. */
export function writeLossCurve(run: string): void {
  writeFileSync(join(run, 'loss.svg'), lossCurveSvg(EventLog.read(run)));
}

/** Training loss as a thin line, held-out loss as marked points, over the step. */
export function lossCurveSvg(events: readonly TrainingEvent[]): string {
  const isFinite = ({ loss }: Point): boolean => Number.isFinite(loss);
  const training = events.flatMap((event): Point[] => (event.event === 'step' ? [event] : [])).filter(isFinite);
  const heldOut = events
    .flatMap((event): Point[] =>
      event.event === 'evaluate' ? [{ step: event.step, loss: event.metrics['loss'] ?? NaN }] : [],
    )
    .filter(isFinite);
  const points = [...training, ...heldOut];
  const steps = ticks([0, ...points.map(({ step }) => step)], 1);
  const losses = ticks(points.map(({ loss }) => loss));
  const x = scale(steps, BOX.left, BOX.right);
  const y = scale(losses, BOX.bottom, BOX.top);
  const line = (list: readonly Point[]): string => list.map(({ step, loss }) => `${x(step)},${y(loss)}`).join(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#444">`,
    '<title>Loss over training steps</title>',
    '<rect width="100%" height="100%" fill="white"/>',
    ...losses.map((tick) => rule(BOX.left, y(tick), BOX.right, '#ddd')),
    ...losses.map((tick) => text(BOX.left - 8, y(tick), formatNumber(tick), 'end')),
    ...steps.map((tick) => text(x(tick), BOX.bottom + 18, formatNumber(tick), 'middle')),
    text((BOX.left + BOX.right) / 2, BOX.bottom + 38, 'step', 'middle'),
    text(BOX.left, 20, 'loss (nats)', 'start'),
    `<polyline fill="none" stroke="${TRAINING}" stroke-width="1.5" stroke-linejoin="round" points="${line(training)}"/>`,
    `<polyline fill="none" stroke="${HELD_OUT}" stroke-width="1.5" stroke-dasharray="2 3" points="${line(heldOut)}"/>`,
    ...heldOut.map(({ step, loss }) => dot(x(step), y(loss))),
    rule(BOX.right - 190, 20, BOX.right - 166, TRAINING),
    text(BOX.right - 160, 20, 'training', 'start'),
    dot(BOX.right - 70, 20),
    text(BOX.right - 60, 20, 'held out', 'start'),
    '</svg>\n',
  ].join('\n');
}

/** About five round numbers, at least `finest` apart, that cover the values. */
function ticks(values: readonly number[], finest = 0): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (values.length === 0) return [0, 1];
  const rough = (high - low || Math.abs(high) || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power, finest);
  const first = Math.floor(low / step);
  const count = Math.max(Math.ceil(high / step) - first, 1);
  return Array.from({ length: count + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Maps the range of `domain` to pixels. */
function scale(domain: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [domain[0] ?? 0, domain.at(-1) ?? 1];
  return (value) => Math.round((from + ((value - low) / (high - low)) * (to - from)) * 10) / 10;
}

function rule(x: number, y: number, end: number, colour: string): string {
  return `<line x1="${x}" y1="${y}" x2="${end}" y2="${y}" stroke="${colour}"/>`;
}

function dot(x: number, y: number): string {
  return `<circle cx="${x}" cy="${y}" r="3.5" fill="${HELD_OUT}"/>`;
}

/** Text whose middle is at height `y`. */
function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" dy="0.35em" text-anchor="${anchor}">${content}</text>`;
}
