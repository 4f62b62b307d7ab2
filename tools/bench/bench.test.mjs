// SPDX-License-Identifier: Apache-2.0
// Tests of the bench: its medians, ratios and checks, and one quick case from the command line to the report.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from '../stage.mjs';
import { difference, fill, fillIntegers, fingerprint } from './inputs.mjs';
import { measure, median, rowOf } from './measure.mjs';
import { digits } from './render/line.mjs';

describe('the clock', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 10, 2], 3],
  ])('takes %j to have the median %d', (values, expected) => expect(median(values)).toBe(expected));

  it('lets contenders take turns, and takes the median of the means of their runs', async () => {
    const turns = [];
    const contender = (name, seconds) => async (count) => (turns.push(name), seconds * count);
    const medians = await measure(
      { ours: contender('a', 0.02), peer: contender('b', 0.004) },
      { budget: 0, threads: 1 },
    );
    expect(medians.ours).toBeCloseTo(0.02, 12);
    expect(medians.peer).toBeCloseTo(0.004, 12);
    expect(turns.slice(4).join('')).toMatch(/^(ab){5}$/);
  });

  it('puts work per second over that of the best peer', () => {
    const benchmark = { name: 'gemm/a', unit: 'GFLOP/s', work: 4e9 };
    const row = { case: 'gemm/a', threads: 2, unit: 'GFLOP/s', ours: 2, peers: { slow: 1, fast: 4 }, ratio: 0.5 };
    expect(rowOf(benchmark, 2, { ours: 2, slow: 4, fast: 1 })).toEqual(row);
  });

  it('is ahead, above 1, where a step takes less time', () => {
    const row = { case: 'step/a', threads: 1, unit: 'ms', ours: 500, peers: { torch: 750 }, ratio: 1.5 };
    expect(rowOf({ name: 'step/a', unit: 'ms' }, 1, { ours: 0.5, torch: 0.75 })).toEqual(row);
  });

  it('has no ratio without peers', () =>
    expect(rowOf({ name: 'step/a', unit: 'ms' }, 1, { ours: 1 }).ratio).toBeNull());
});

describe('the check before the clock', () => {
  const values = fill(1000, 7);

  it('draws numbers that depend on position and seed, and stay in their range', () => {
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.5);
    expect(Math.max(...values)).toBeLessThan(0.5);
    expect(new Set(values).size).toBeGreaterThan(990);
    expect(fill(1000, 8)).not.toEqual(values);
    expect(new Set(fillIntegers(1000, 1, 3))).toEqual(new Set([0, 1, 2]));
  });

  it('takes equal results to be equal', () =>
    expect(difference({ out: fingerprint(values) }, { out: fingerprint(values.slice()) })).toBeUndefined());

  it.each([
    ['an element is wrong', () => values.with(10, 2)],
    ['two elements changed places', () => values.with(0, values[500]).with(500, values[0])],
    ['an element is not a number', () => values.with(10, NaN)],
  ])('names the result in which %s', (_, wrong) =>
    expect(difference({ out: fingerprint(values) }, { out: fingerprint(wrong()) })).toMatch(/^out: norm/),
  );
});

it.each([
  [0, '0'],
  [0.01234, '0.0123'],
  [12.345, '12.3'],
  [1234.5, '1235'],
  [undefined, '–'],
])('writes %p as %s', (value, text) => expect(digits(value)).toBe(text));

it('runs a case and reports a row of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-bench-'));
  try {
    const json = join(folder, 'rows.json');
    const options = ['--only', '^js/gemm/.*/NN$', '--budget', '0.01', '--json', json];
    execFileSync(process.execPath, [join(root, 'tools/bench/bench.mjs'), ...options]);
    const [row, ...others] = JSON.parse(readFileSync(json, 'utf8'));
    expect(others).toEqual([]);
    expect(row).toMatchObject({ case: 'js/gemm/128x128x128/NN', threads: 1, unit: 'GFLOP/s' });
    expect(row.ours).toBeGreaterThan(0);
    expect(row.ratio).toBeCloseTo(row.ours / row.peers['tfjs-cpu'], 6);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
