// SPDX-License-Identifier: Apache-2.0
// Tests of what people see: numbers, curves, the progress bar.

import { PassThrough } from 'node:stream';

import type { TrainingEvent } from '@nabla/models';

import { formatAnswer } from './answer.ts';
import { chartSvg } from './chart-svg.ts';
import { formatBytes, formatDuration, formatMetrics, formatNumber } from './format.ts';
import { lossChart } from './loss-chart.ts';
import { lossCurveText } from './loss-curve-text.ts';
import { table } from './table.ts';
import { TrainingView } from './training-view.ts';

const step = (number: number, loss: number): TrainingEvent => {
  return { event: 'step', step: number, loss, learningRate: 0.1, gradientNorm: 1, samplesPerSecond: 500 };
};
const evaluation = (number: number, loss: number, best = true): TrainingEvent => {
  return { event: 'evaluate', step: number, metrics: { loss }, best };
};
const steps = (count: number): TrainingEvent[] =>
  Array.from({ length: count }, (_, i) => step(10 * i + 1, 4 / (i + 1)));

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.123456, '0.1235'],
    [12.345, '12.35'],
    [1234.5, '1,235'],
    [0.000123, '1.23e-4'],
    [-5, '-5'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
  ])('%d is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [0.0123, '12 ms'],
    [12.34, '12.3 s'],
    [59.99, '1 min 0 s'],
    [245, '4 min 5 s'],
    [7380, '2 h 3 min'],
  ])('%d seconds are %s', (value, text) => expect(formatDuration(value)).toBe(text));

  it.each([
    [12, '12 bytes'],
    [119930, '119.9 kB'],
    [1.5e9, '1.5 GB'],
    [3e18, '3,000,000 TB'],
  ])('%d bytes are %s', (value, text) => expect(formatBytes(value)).toBe(text));

  it('metrics are a list', () => expect(formatMetrics({ loss: 0.5, accuracy: 1 })).toBe('loss 0.5, accuracy 1'));
});

it('an answer is the prediction, and what stands behind it where there is something', () => {
  const classes = [
    { class: 'cat', chance: 0.9 },
    { class: 'dog', chance: 0.1 },
  ];
  expect(formatAnswer({ input: 'cat.jpg', prediction: 'cat', classes })).toBe('cat   (cat 0.9, dog 0.1)');
  expect(formatAnswer({ input: 'A cat.', prediction: 'Un chat.' })).toBe('Un chat.');
});

it('tables are aligned', () => {
  expect(
    table(['a', 'long'], [['xyz', '1']])
      .split('\n')
      .map((line) => line.trimEnd()),
  ).toEqual(['a    long', 'xyz  1']);
});

describe('the curve in text', () => {
  it('is as wide for few steps as for many', () => {
    const widths = [2, 6, 64, 1000].map((count) =>
      Math.max(...(lossCurveText(steps(count)) ?? '').split('\n').map(({ length }) => length)),
    );
    expect(new Set(widths).size).toBe(1);
    expect(widths[0]).toBeLessThanOrEqual(79);
  });

  it('names its axes', () => {
    expect(lossCurveText(steps(20))).toMatch(/^ *training loss\n +4\.00 .*\n[^]*\n +step 1 +191$/);
  });

  it('numbers every line of its axis otherwise, of a loss that hardly moves', () => {
    const curve = lossCurveText([step(1, 0.6931), step(11, 0.6925), step(21, 0.692)]) ?? '';
    const numbers = curve.match(/^ *[\d.]+(?= [┤┼])/gm) ?? [];
    expect(numbers.length).toBeGreaterThan(10);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('numbers the line of a loss that does not move', () => {
    expect(lossCurveText([step(1, 0.5), step(2, 0.5)])).toMatch(/^ +0\.50 ┼─/m);
  });

  it('is left out where there is nothing to draw', () => expect(lossCurveText(steps(1))).toBeUndefined());
});

describe('a chart as a picture', () => {
  it('has a line and a name for each of its lines, and marks points where they are few', () => {
    const svg = chartSvg(lossChart([...steps(60), evaluation(100, 2), evaluation(191, 1.5)]));
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(2); // held out; the training loss has 60 points
    expect(svg).toContain('>training</text>');
    expect(svg).toContain('>held out</text>');
  });

  it('has numbers that cover its points', () => {
    const points = [
      [1979, -12],
      [2008, 190],
    ] as const;
    const svg = chartSvg({ name: 'c', title: 'c', x: 'year', y: 'spots', lines: [{ name: 'measured', points }] });
    const numbers = [...svg.matchAll(/>(-?\d+)<\/text>/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual([-50, 0, 50, 100, 150, 200, 1970, 1980, 1990, 2000, 2010]);
  });

  it('shows names as they are, whatever stands in them', () => {
    const svg = chartSvg({ name: 'c', title: 'a < b & c', x: '', y: '</svg>', lines: [] });
    expect(svg).toContain('a &lt; b &amp; c');
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
  });

  it.each([
    ['no events', []],
    ['one step', steps(1)],
    ['equal losses', [step(1, 2), step(2, 2)]],
    ['a held-out loss that is not a number', [step(1, 2), evaluation(1, NaN)]],
  ])('is a whole picture for %s', (_, events) => {
    const svg = chartSvg(lossChart(events));
    expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('training in a terminal', () => {
  it('is a bar with loss, speed and time left, with evaluations above it', () => {
    let drawn = '';
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 100, cursorTo: undefined });
    terminal.on('data', (chunk) => (drawn += String(chunk)));
    const fake = terminal as unknown as NodeJS.WriteStream;
    for (const name of ['cursorTo', 'clearLine', 'moveCursor'] as const) Object.assign(fake, { [name]: () => true });
    let notes = '';
    const ignore = (): void => undefined;
    const view = new TrainingView({
      result: ignore,
      note: (line) => void (notes += line),
      piece: ignore,
      terminal: fake,
    });
    view.show({
      event: 'start',
      recipe: 'fnn',
      run: 'r',
      config: {},
      device: 'js',
      parameters: 5000,
      step: 0,
      steps: 40,
    });
    view.show(step(20, 0.5));
    view.show(evaluation(20, 0.25, false));
    view.stop();
    expect(notes).toBe('fnn: 5,000 parameters, 40 steps, folder r');
    expect(drawn).toMatch(/50% \| step 20\/40 \| loss 0\.5 \| 500 samples\/s \| .* left/);
    expect(drawn).toContain('step 20: held-out loss 0.25 (not the best)\n');
    terminal.destroy();
  });
});
