// SPDX-License-Identifier: Apache-2.0
// Charts as pictures.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Chart, ChartLine } from '@nabla/models';

import { formatNumber } from './format.ts';

const WIDTH = 720;
const HEIGHT = 400;
const BOX = { left: 64, right: 696, top: 64, bottom: 348 }; // of the lines
const COLOURS = ['#4c78a8', '#e45756', '#54a24b', '#b279a2'];
/** A line of at most this many points has them marked. */
const MARKED = 50;
const LEGEND_WIDTH = 120;

/** The name of a chart's file in the folder of its run. */
export function chartFile({ name }: Chart): string {
  return `${name}.svg`;
}

/** Draws a chart into the folder of its run. */
export function writeChart(run: string, chart: Chart): void {
  writeFileSync(join(run, chartFile(chart)), chartSvg(chart));
}

/** Lines over a common axis, with round numbers beside them. Points that are not finite are left out. */
export function chartSvg({ title, x: nameOfX, y: nameOfY, lines }: Chart): string {
  const drawn = lines.map(({ name, points }) => ({
    name,
    points: points.filter((point) => point.every(Number.isFinite)),
  }));
  const points = drawn.flatMap((line) => line.points);
  const [columns, rows] = [ticks(points.map(([x]) => x)), ticks(points.map(([, y]) => y))];
  const [toX, toY] = [scale(columns, BOX.left, BOX.right), scale(rows, BOX.bottom, BOX.top)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#444">`,
    `<title>${escape(title)}</title>`,
    '<rect width="100%" height="100%" fill="white"/>',
    text(BOX.left, 18, title, 'start'),
    ...rows.map((tick) => rule(BOX.left, toY(tick), BOX.right, '#ddd')),
    ...rows.map((tick) => text(BOX.left - 8, toY(tick), formatNumber(tick), 'end')),
    ...columns.map((tick) => text(toX(tick), BOX.bottom + 18, String(tick), 'middle')),
    text((BOX.left + BOX.right) / 2, BOX.bottom + 38, nameOfX, 'middle'),
    text(BOX.left, 42, nameOfY, 'start'),
    ...drawn.flatMap((line, i) => drawLine(line, COLOURS[i % COLOURS.length] ?? '', toX, toY)),
    ...drawn.flatMap(({ name }, i) => {
      const left = BOX.right - LEGEND_WIDTH * (drawn.length - i);
      return [rule(left, 42, left + 24, COLOURS[i % COLOURS.length] ?? ''), text(left + 30, 42, name, 'start')];
    }),
    '</svg>\n',
  ].join('\n');
}

type Scale = (value: number) => number;

function drawLine({ points }: ChartLine, colour: string, toX: Scale, toY: Scale): string[] {
  const path = points.map(([x, y]) => `${toX(x)},${toY(y)}`).join(' ');
  const marks = points.length > MARKED ? [] : points.map(([x, y]) => dot(toX(x), toY(y), colour));
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" stroke-linejoin="round" points="${path}"/>`,
    ...marks,
  ];
}

/** About five round numbers that cover the values. */
function ticks(values: readonly number[]): number[] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const rough = (high - low || Math.abs(high) || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step);
  const count = Math.max(Math.ceil(high / step) - first, 1);
  return Array.from({ length: count + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Maps the range of `domain` to pixels. */
function scale(domain: readonly number[], from: number, to: number): Scale {
  const [low, high] = [domain[0] ?? 0, domain.at(-1) ?? 1];
  return (value) => Math.round((from + ((value - low) / (high - low)) * (to - from)) * 10) / 10;
}

function rule(x: number, y: number, end: number, colour: string): string {
  return `<line x1="${x}" y1="${y}" x2="${end}" y2="${y}" stroke="${colour}"/>`;
}

function dot(x: number, y: number, colour: string): string {
  return `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`;
}

/** Text whose middle is at height `y`. */
function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" dy="0.35em" text-anchor="${anchor}">${escape(content)}</text>`;
}

/** Names come from files. */
function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
