// SPDX-License-Identifier: Apache-2.0
// Tests of windows over a time series.

import { memory } from '@nabla/core';
import fc from 'fast-check';
import { collateWindows } from './collate.ts';
import { TimeSeries } from './time-series.ts';
import { WindowDataset } from './window-dataset.ts';

/** `width` columns; the value at a time is `100 * time + column`. */
const counting = (length: number, width: number): TimeSeries =>
  new TimeSeries({
    values: Float32Array.from({ length: length * width }, (_, i) => 100 * Math.floor(i / width) + (i % width)),
    columns: Array.from({ length: width }, (_, i) => `c${i}`),
  });

describe('WindowDataset', () => {
  it('has the right times in the right places, whatever the lengths', () => {
    const options = fc.record({
      inputLength: fc.integer({ min: 1, max: 9 }),
      horizon: fc.integer({ min: 1, max: 5 }),
      stride: fc.integer({ min: 1, max: 7 }),
      more: fc.nat(20),
      width: fc.integer({ min: 1, max: 3 }),
      target: fc.nat(2),
    });
    fc.assert(
      fc.property(options, ({ inputLength, horizon, stride, more, width, target }) => {
        const series = counting(inputLength + horizon + more, width);
        const column = target % width;
        const windows = new WindowDataset(series, { inputLength, horizon, stride, targetColumns: [`c${column}`] });
        // The plain definition: every start, a stride apart, whose window ends before the series does.
        const starts: number[] = [];
        for (let at = 0; at + inputLength + horizon <= series.length; at += stride) starts.push(at);
        expect(windows.length).toBe(starts.length);
        for (const [i, start] of starts.entries()) {
          const { inputs, targets } = windows.get(i);
          const expected = Array.from({ length: inputLength }, (_, t) => [...series.get(start + t).features]).flat();
          expect([...inputs]).toEqual(expected);
          const after = Array.from({ length: horizon }, (_, t) => 100 * (start + inputLength + t) + column);
          expect([...targets]).toEqual(after);
        }
        expect(() => windows.get(starts.length)).toThrow('WindowDataset.get: expected index');
      }),
    );
  });

  it('forecasts one time ahead of all columns unless it is told otherwise', () => {
    const windows = new WindowDataset(counting(4, 2), { inputLength: 2 });
    expect([windows.length, windows.horizon, windows.stride, windows.targetColumns]).toEqual([2, 1, 1, ['c0', 'c1']]);
    expect(windows.get(1)).toEqual({
      inputs: Float32Array.of(100, 101, 200, 201),
      targets: Float32Array.of(300, 301),
      columns: 2,
      targetColumns: 2,
    });
  });

  it('gives the target columns in the order in which they are named', () => {
    const windows = new WindowDataset(counting(3, 3), { inputLength: 1, horizon: 2, targetColumns: ['c2', 'c0'] });
    expect([...windows.get(0).targets]).toEqual([102, 100, 202, 200]);
    const turned = new WindowDataset(counting(2, 2), { inputLength: 1, targetColumns: ['c1', 'c0'] });
    expect([...turned.get(0).targets]).toEqual([101, 100]);
  });

  it('takes a series of exactly one window, and refuses one that is shorter, with both numbers', () => {
    expect(new WindowDataset(counting(36, 1), { inputLength: 24, horizon: 12 }).length).toBe(1);
    const make = (): WindowDataset => new WindowDataset(counting(35, 1), { inputLength: 24, horizon: 12 });
    expect(make).toThrow(
      'WindowDataset: expected series to have at least 36 times (inputLength 24 + horizon 12), received 35. ' +
        'Take a longer series, a larger part of it, or a shorter window.',
    );
    expect(make).toThrow(expect.objectContaining({ code: 'SERIES' }));
  });

  it.each([
    [{ inputLength: 0 }, 'expected inputLength to be an integer >= 1'],
    [{ inputLength: 1.5 }, 'expected inputLength to be an integer >= 1'],
    [{ horizon: 0 }, 'expected horizon to be an integer >= 1'],
    [{ stride: 0 }, 'expected stride to be an integer >= 1'],
    [{ targetColumns: [] }, 'expected targetColumns to name at least one column, received none'],
    [{ targetColumns: ['c3'] }, 'expected targetColumns to be columns of the series, received "c3". Did you mean "c0"'],
    [{ targetColumns: ['c1', 'c1'] }, 'expected targetColumns to name each column once, received "c1" twice'],
  ])('refuses %j', (options, message) => {
    expect(() => new WindowDataset(counting(9, 2), { inputLength: 2, ...options })).toThrow(message);
  });
});

describe('collateWindows', () => {
  it('makes tensors of windows, and keeps none', () => {
    const before = memory().tensors;
    const windows = new WindowDataset(counting(5, 2), { inputLength: 3, targetColumns: ['c1'] });
    const { inputs, targets } = collateWindows([windows.get(0), windows.get(1)]);
    expect([inputs.shape, inputs.dtype]).toEqual([[2, 3, 2], 'float32']);
    expect([...inputs.dataSync()]).toEqual([0, 1, 100, 101, 200, 201, 100, 101, 200, 201, 300, 301]);
    expect([targets.shape, targets.dtype, [...targets.dataSync()]]).toEqual([[2, 1, 1], 'float32', [301, 401]]);
    inputs.dispose();
    targets.dispose();
    expect(memory().tensors).toBe(before);
  });
});
