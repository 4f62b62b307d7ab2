// SPDX-License-Identifier: Apache-2.0
// Tests of time series and of their split in the order of time.

import fc from 'fast-check';
import { Standardizer } from './standardizer.ts';
import { TimeSeries, type TimeSeriesOptions, splitSeries } from './time-series.ts';
import { WindowDataset } from './window-dataset.ts';

/** Columns `a` (the number of the time) and `b` (ten times it). */
const counting = (length: number): TimeSeries =>
  new TimeSeries({
    values: Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? i / 2 : 5 * (i - 1))),
    columns: ['a', 'b'],
  });

describe('TimeSeries', () => {
  it('gives what was measured at each time', () => {
    const series = counting(4);
    expect([series.length, series.times]).toEqual([4, ['0', '1', '2', '3']]);
    expect(series.get(3)).toEqual({ features: Float32Array.of(3, 30) });
    expect(() => series.get(4)).toThrow('TimeSeries.get: expected index');
  });

  it('gives a slice as a view, with its times', () => {
    const series = new TimeSeries({ values: Float32Array.of(1, 2, 3), columns: ['a'], times: ['x', 'y', 'z'] });
    const slice = series.slice(1, 3);
    expect([slice.times, [...slice.values], slice.columns]).toEqual([['y', 'z'], [2, 3], ['a']]);
    expect(slice.values.buffer).toBe(series.values.buffer);
    expect(() => series.slice(0, 4)).toThrow('TimeSeries.slice: expected end');
    expect(() => series.slice(1, 1)).toThrow('TimeSeries.slice: expected end');
    expect(() => series.slice(3, 3)).toThrow('TimeSeries.slice: expected start');
  });

  it('is standardized by what another part measured, and is itself left as it is', () => {
    const [train, test] = splitSeries(counting(6), [0.5, 0.5]);
    const standardizer = Standardizer.fit(train);
    expect(standardizer.mean).toEqual([1, 10]);
    const moved = test.map((features) => standardizer.apply(features));
    expect(moved.get(0).features[0]).toBeCloseTo(2 / Math.sqrt(2 / 3), 6);
    expect([moved.columns, moved.times, [...test.get(0).features]]).toEqual([
      ['a', 'b'],
      ['3', '4', '5'],
      [3, 30],
    ]);
    expect(() => test.map(() => Float32Array.of(1))).toThrow('expected change to give 2 numbers, one for each column');
    expect(() => test.map(() => Float32Array.of(1, NaN))).toThrow(
      'expected time 0 (3), b to be a number, received NaN',
    );
  });

  it.each<[Partial<TimeSeriesOptions>, string]>([
    [{ columns: [] }, 'TimeSeries: expected columns to name at least one column, received none.'],
    [{ columns: ['a', 'a'] }, 'expected columns to name each column once, received "a" twice'],
    [{ values: new Float32Array(0) }, 'expected values to have at least one time, received none'],
    [{ values: new Float32Array(0), times: [] }, 'expected values to have at least one time, received none'],
    [{ values: new Float32Array(5) }, 'expected values to have whole times of 2 numbers, received 5 numbers'],
    [{ times: ['x'] }, 'expected values to have 1 times of 2 numbers, received 4 numbers'],
    [
      { values: Float32Array.of(1, 2, 3, NaN), times: ['x', 'y'] },
      'expected time 1 (y), b to be a number, received NaN. Fill gaps in before a series is made.',
    ],
    [{ values: Float32Array.of(1, 2, Infinity, 4) }, 'expected time 1 (1), a to be a number, received Infinity'],
  ])('refuses %j', (change, message) => {
    const make = (): TimeSeries => new TimeSeries({ values: new Float32Array(4), columns: ['a', 'b'], ...change });
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'SERIES' }));
  });
});

describe('splitSeries', () => {
  it('cuts at the fractions, in the order of time', () => {
    const parts = splitSeries(counting(10), [0.7, 0.15, 0.15]);
    expect(parts.map(({ times }) => times.join())).toEqual(['0,1,2,3,4,5,6,7', '8', '9']);
  });

  it('makes every time of a later part a target once, and none a target in two parts', () => {
    const options = fc.record({
      length: fc.integer({ min: 40, max: 90 }),
      inputLength: fc.integer({ min: 1, max: 10 }),
      horizon: fc.integer({ min: 1, max: 4 }),
      test: fc.double({ min: 0.15, max: 0.4, noNaN: true }),
    });
    fc.assert(
      fc.property(options, ({ length, inputLength, horizon, test }) => {
        const fractions = [1 - 2 * test, test, test];
        const parts = splitSeries(counting(length), fractions, { lookBack: Math.min(inputLength, 8) });
        const targets = parts.map((part) => {
          if (part.length < inputLength + horizon) return [];
          const windows = new WindowDataset(part, { inputLength, horizon, targetColumns: ['a'] });
          return Array.from({ length: windows.length }, (_, i) => [...windows.get(i).targets]).flat();
        });
        let last = -1;
        for (const times of targets.filter((list) => list.length > 0)) {
          expect(Math.min(...times)).toBeGreaterThan(last);
          last = Math.max(...times);
        }
        if (inputLength > 8) return;
        const ends = parts.map((part) => part.get(part.length - 1).features[0]);
        const [validation, testing] = targets.slice(1).map((times) => [...new Set(times)].sort((a, b) => a - b));
        const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
        expect(validation).toEqual(range(ends[0] + 1, ends[1] + 1));
        expect(testing).toEqual(range(ends[1] + 1, length));
      }),
    );
  });

  it('refuses fractions and a lookBack that do not fit', () => {
    expect(() => splitSeries(counting(10), [0.5, 0.4])).toThrow('splitSeries: expected fractions to add up to 1');
    expect(() => splitSeries(counting(2), [0.9, 0.05, 0.05])).toThrow('to leave at least one example in each part');
    expect(() => splitSeries(counting(10), [0.2, 0.8], { lookBack: 3 })).toThrow(
      'expected lookBack to be an integer >= 0 and <= 2, received 3',
    );
    // @ts-expect-error: no such option
    expect(() => splitSeries(counting(10), [0.5, 0.5], { lookback: 1 })).toThrow('Did you mean "lookBack"?');
  });
});
