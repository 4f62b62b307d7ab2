// SPDX-License-Identifier: Apache-2.0
// A time series as windows: what was measured for a while, and what came after it.

import { ArgumentError, checkInteger, checkOptions, suggest } from '@nabla/core';
import { type Dataset, checkIndex } from './dataset.ts';
import type { TimeSeries } from './time-series.ts';

/** One window of a series. */
export interface WindowExample {
  /** `[inputLength, columns]`, a view of the series' memory: read it, do not write it. */
  readonly inputs: Float32Array;
  /** `[horizon, targetColumns]`: the times right after the inputs. A view where all columns are targets. */
  readonly targets: Float32Array;
  /** Numbers at each time of the inputs. */
  readonly columns: number;
  /** Numbers at each time of the targets. */
  readonly targetColumns: number;
}

/** How a series is cut into windows. */
export interface WindowOptions {
  /** Times that are the inputs. */
  readonly inputLength: number;
  /** Times after the inputs that are the targets. Default: 1. */
  readonly horizon?: number;
  /** Times from the start of one window to the start of the next. Default: 1. */
  readonly stride?: number;
  /** Names of the columns to forecast, in the order in which the targets have them. Default: all. */
  readonly targetColumns?: readonly string[];
}

/**
 * Windows of a series: window `i` has as inputs the `inputLength` times from time `i * stride` on, all columns of them, and as
 * targets the target columns of the `horizon` times after those. There are
 * `floor((times - inputLength - horizon) / stride) + 1` windows; no window goes beyond the end.
 *
 * Split the series first and make windows of each part, never the other way round: neighbouring windows share most of their
 * times, so that parts dealt from windows would share targets.
 *
 * @throws {ArgumentError} the series is shorter than one window (code `SERIES`), an option is no integer >= 1, or a target
 *   column is not one of the series or stands twice
 * @example
 * const series = new TimeSeries({ values: Float32Array.of(1, 10, 2, 20, 3, 30), columns: ['wind', 'rain'] });
 * const windows = new WindowDataset(series, { inputLength: 2, targetColumns: ['rain'] });
 * [windows.length, [...windows.get(0).inputs], [...windows.get(0).targets]]; // [1, [1, 10, 2, 20], [30]]
 */
export class WindowDataset implements Dataset<WindowExample> {
  readonly series: TimeSeries;
  readonly inputLength: number;
  readonly horizon: number;
  readonly stride: number;
  readonly targetColumns: readonly string[];
  readonly length: number;
  readonly #targets: readonly number[]; // indices of the target columns

  constructor(series: TimeSeries, options: WindowOptions) {
    const op = 'WindowDataset';
    checkOptions(op, options, ['inputLength', 'horizon', 'stride', 'targetColumns']);
    const { inputLength, horizon = 1, stride = 1, targetColumns = series.columns } = options;
    checkInteger(op, 'inputLength', inputLength, { minimum: 1 });
    checkInteger(op, 'horizon', horizon, { minimum: 1 });
    checkInteger(op, 'stride', stride, { minimum: 1 });
    if (series.length < inputLength + horizon) {
      const expected = `to have at least ${inputLength + horizon} times (inputLength ${inputLength} + horizon ${horizon})`;
      const hint = 'Take a longer series, a larger part of it, or a shorter window.';
      const mismatch = { op, argument: 'series', expected, received: String(series.length), hint };
      throw new ArgumentError(mismatch, 'SERIES');
    }
    this.series = series;
    this.inputLength = inputLength;
    this.horizon = horizon;
    this.stride = stride;
    this.targetColumns = [...targetColumns];
    this.length = Math.floor((series.length - inputLength - horizon) / stride) + 1;
    this.#targets = findColumns(series.columns, targetColumns);
  }

  get(index: number): WindowExample {
    checkIndex('WindowDataset.get', index, this.length);
    const { values, columns } = this.series;
    const start = index * this.stride;
    const end = start + this.inputLength;
    const ahead = values.subarray(end * columns.length, (end + this.horizon) * columns.length);
    return {
      inputs: values.subarray(start * columns.length, end * columns.length),
      targets: this.#pick(ahead),
      columns: columns.length,
      targetColumns: this.#targets.length,
    };
  }

  /** `[times, columns]` → `[times, targetColumns]` */
  #pick(values: Float32Array): Float32Array {
    const width = this.series.columns.length;
    if (this.#targets.length === width && this.#targets.every((column, i) => column === i)) return values;
    const picked = new Float32Array((values.length / width) * this.#targets.length);
    for (let i = 0, next = 0; i < values.length; i += width) {
      for (const column of this.#targets) picked[next++] = values[i + column] ?? NaN;
    }
    return picked;
  }
}

function findColumns(columns: readonly string[], names: readonly string[]): number[] {
  const fail = (expected: string, received: string, hint?: string): ArgumentError =>
    new ArgumentError({ op: 'WindowDataset', argument: 'targetColumns', expected, received, hint });
  if (names.length === 0) throw fail('to name at least one column', 'none');
  return names.map((name, i) => {
    const index = columns.indexOf(name);
    if (index === -1) throw fail('to be columns of the series', `"${name}"`, suggest(name, columns));
    if (names.indexOf(name) !== i) throw fail('to name each column once', `"${name}" twice`);
    return index;
  });
}
