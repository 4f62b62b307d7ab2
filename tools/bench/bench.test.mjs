// SPDX-License-Identifier: Apache-2.0
// Tests of the bench: its medians, ratios and checks, and one quick case from the command line to the report.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from '../stage.mjs';
import { isShort, summarize, verdict } from './bars.mjs';
import { difference, fill, fillIntegers, fingerprint } from './inputs.mjs';
import { measure, median, medianRatio, rowOf } from './measure.mjs';
import { chart } from './render/chart.mjs';
import { digits } from './render/line.mjs';
import { profile } from './profile.mjs';
import { CHART, PAGE, latest, render } from './render/page.mjs';
import { Writer } from './writer.mjs';

describe('the clock', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[4, 1, 10, 2], 3],
  ])('takes %j to have the median %d', (values, expected) => expect(median(values)).toBe(expected));

  it('lets contenders take turns, and takes the median of the means of their runs', async () => {
    const turns = [];
    const spent = { a: 0, b: 0 };
    const contender = (name, seconds) => async (count) => {
      turns.push(name);
      spent[name] += seconds * count;
      return seconds * count;
    };
    const medians = await measure(
      { ours: contender('a', 0.02), peer: contender('b', 0.004) },
      { budget: 0, threads: 1 },
    );
    expect(medians.ours).toBeCloseTo(0.02, 12);
    expect(medians.peer).toBeCloseTo(0.004, 12);
    expect(turns.join('')).toMatch(/^a+b+(ab){5}$/);
    expect(Math.min(spent.a, spent.b)).toBeGreaterThan(0.3); // each has run before its first turn
  });

  it('takes ratios within rounds, so that a machine that slows down for a while changes nothing', () =>
    expect(medianRatio([1, 1, 5, 5, 5], [2, 2, 10, 10, 10])).toBe(0.5));

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

describe('a row', () => {
  const benchmark = { name: 'bandwidth/a', unit: 'GB/s', work: 8e9 };

  it('says which part of what memory or arithmetic can do it reaches', () =>
    expect(rowOf(benchmark, 1, { ours: 2 }, { limit: 1, ofLimit: 0.5 })).toMatchObject({
      ours: 4,
      limit: 8,
      ofLimit: 0.5,
    }));

  it('says how our kernel compares when it is called as the libraries are', () => {
    const row = rowOf(benchmark, 1, { ours: 4, onednn: 2 }, { kernel: 1 });
    expect(row).toMatchObject({ ours: 2, ratio: 0.5, kernel: 8, kernelRatio: 2 });
  });

  it('says how much slower each is beside a busy neighbour', () => {
    const row = rowOf(benchmark, 2, { ours: 3, torch: 8 }, { alone: { ours: 2, torch: 2 } });
    expect(row.alone).toEqual({ ours: 4, peers: { torch: 4 } });
    expect(row.slowdown).toEqual({ ours: 1.5, peers: { torch: 4 } });
  });

  it.each([
    [{ case: 'gemm/a', ratio: 0.95 }, 'ratio', 'met'],
    [{ case: 'gemm/a', ratio: 0.94 }, 'ratio', 'short'],
    [{ case: 'step/fnn_seed', ratio: 2.9 }, 'ratio', 'short'],
    [{ case: 'step/a', ratio: 1.5 }, 'ratio', 'met'],
    [{ case: 'gemm/a', ratio: null }, 'ratio', ''],
    [{ case: 'gemm/a', ratio: 0.5, kernelRatio: 0.96 }, 'kernelRatio', 'met'],
    [{ case: 'js/gemm/128x128x128/NN', ratio: 2 }, 'ratio', ''],
    [{ case: 'bandwidth/a', ratio: 2, ofLimit: 0.7 }, 'ofLimit', 'short'],
    [{ case: 'busy/gemm/a', ratio: 2, slowdown: { ours: 2.5 } }, 'slowdown', 'met'],
    [{ case: 'busy/gemm/a', ratio: 2, slowdown: { ours: 2.6 } }, 'slowdown', 'short'],
    [{ case: 'step/a', ratio: 2, memory: { ours: 3, peers: { torch: 2 } } }, 'memory', 'short'],
    [{ case: 'step/a', ratio: 2 }, 'memory', ''],
  ])('is held to its bar: %j, %s: %p', (row, figure, expected) => expect(verdict(row, figure)).toBe(expected));

  it('is short where any of its figures is', () => {
    expect(isShort({ case: 'gemm/a', ratio: 1, kernelRatio: 0.9 })).toBe(true);
    expect(isShort({ case: 'gemm/a', ratio: 1, kernelRatio: 1 })).toBe(false);
    expect(isShort({ case: 'js/gemm/128x128x128/NN', ratio: 0.1 })).toBe(false);
  });

  it('counts for each bar of its case', () => {
    const summary = summarize([
      { case: 'gemm/a', ratio: 2 },
      { case: 'gemm/b', ratio: 0.5 },
    ]);
    expect(summary[0]).toMatchObject({ title: 'matrix products', bar: 0.95, values: [2, 0.5], met: 1 });
    expect(summary.slice(1).flatMap(({ values }) => values)).toEqual([]);
  });
});

describe('the profile', () => {
  it('shares the time of a run out among our kernels and the JavaScript around them', () => {
    const numbers = fill(10_000, 1);
    const sort = ({ times }) => {
      for (let i = 0; i < times; i++) numbers.toSorted();
    };
    const kernels = { short: sort, long: sort, unused: sort };
    const run = () => {
      kernels.short({ times: 1 });
      for (let i = 0; i < 2; i++) kernels.long({ times: 2 });
    };
    const parts = profile(run, kernels);
    expect(parts.map(({ name, calls }) => [name, calls])).toEqual([
      ['long', 2],
      ['short', 1],
      ['JavaScript', undefined],
    ]);
    expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(kernels.short).toBe(sort); // as it was
  });
});

describe('the writer', () => {
  it('times as many tokens as it is asked for, of texts without their first ones, and ends each text', async () => {
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const events = [];
    let texts = 0;
    const write = async function* () {
      const text = ++texts;
      try {
        for (let token = 0; ; token++) {
          now += token === 0 ? 1000 : 10;
          yield events.push(`${text}.${token}`);
        }
      } finally {
        events.push(`end of ${text}`);
      }
    };
    const writer = new Writer(write, 3);
    expect(await writer.time(1)).toBeCloseTo(0.01, 12);
    expect(await writer.time(4)).toBeCloseTo(0.04, 12);
    await writer.dispose();
    clock.mockRestore();
    expect(events).toEqual(['1.0', '1.1', '1.2', '1.3', 'end of 1', '2.0', '2.1', '2.2', 'end of 2']);
  });
});

describe('the page', () => {
  const run = { date: '2001-02-03', machine: 'a machine', versions: { torch: 'PyTorch 9' } };
  const base = { threads: 1, unit: 'ms', ours: 2, peers: { torch: 3 }, ratio: 1.5, run };
  const profile = [
    { name: 'gelu_f32', calls: 2, share: 0.9 },
    { name: 'copy_b32', calls: 1, share: 0.001 },
    { name: 'JavaScript', share: 0.099 },
  ];
  const rows = [
    { ...base, case: 'step/a', memory: { ours: 10, peers: { torch: 20 } } },
    { ...base, case: 'gemm/a', unit: 'GFLOP/s', peers: {}, ratio: null },
    { ...base, case: 'bandwidth/a', threads: 2, ratio: 0.5, limit: 4, ofLimit: 0.75, profile },
  ];

  it('has every row with its verdicts, where it was measured, and what is above and below the bars', () => {
    const { [PAGE]: page } = render(rows);
    const words = page.replace(/ +/g, ' ');
    expect(words).toContain('| `step/a` | 1 | ms | 2.00 | 3.00 | 1.50 met |');
    expect(words).toContain('| `step/a` | 10.0 | 20.0 | 0.500 met |');
    expect(words).toContain('| `gemm/a` | 1 | GFLOP/s | 2.00 | – |');
    expect(words).toContain('| `bandwidth/a` | 2 | ms | 2.00 | 3.00 | 0.500 | 4.00 | 0.750 short |');
    expect(words).toContain('| training steps | at least 1.5 times the speed of the best peer | 1 of 1 | 1.50 |');
    expect(words).toContain('| `bandwidth/a` | 2 | `gelu_f32` × 2.00 90 %, JavaScript 10 % |');
    expect(words).toContain('- 2001-02-03, a machine\n- PyTorch 9\n');
  });

  it('draws a dot for every ratio, further right the larger it is', () => {
    const { [CHART]: picture } = render(rows);
    expect(picture).toBe(chart(rows));
    const places = [...picture.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x)).slice(2);
    expect(places).toHaveLength(2);
    expect(places[0]).toBeGreaterThan(places[1]);
    expect(picture).not.toMatch(/NaN|undefined/);
  });

  it('takes the last of several rows of a case and number of threads', () => {
    const later = { ...rows[0], ours: 1 };
    expect(latest([...rows, later])).toEqual([later, rows[1], rows[2]]);
  });
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
    const options = ['--only', '^js/gemm/128.*/NN$', '--budget', '0.01', '--json', json];
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
