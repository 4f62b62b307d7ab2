// SPDX-License-Identifier: Apache-2.0
// A time series in memory: numbers at times that follow one another, and the split into parts in the order of time.

import { ArgumentError, checkInteger, checkOptions } from '@nabla/core';
import { type Dataset, checkIndex, partLengths } from './dataset.ts';

/** What was measured at one time. */
export interface SeriesExample {
  /** `[columns]`, a view of the series' memory: read it, do not write it. */
  readonly features: Float32Array;
}

/** What a time series is made of. */
export interface TimeSeriesOptions {
  /** `[times, columns]`, one time after the other, as far apart as those before. */
  readonly values: Float32Array;
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** What the times are called: `1700`, `1958-03-29`. Default: their numbers, from 0. */
  readonly times?: readonly string[];
}

/**
 * Numbers at times that follow one another, in one column or several, held in memory. As a data set its examples are the times,
 * so that `Standardizer.fit(series)` measures its columns; {@link WindowDataset} makes examples to train on of it.
 *
 * @throws {ArgumentError} there are no columns or no times, a name stands twice, the arrays do not fit together, or a value is
 *   not finite: names the time and the column (code `SERIES`)
 * @example
 * const series = new TimeSeries({ values: Float32Array.of(1, 10, 2, 20, 3, 30), columns: ['wind', 'rain'] });
 * [series.length, [...series.get(2).features]]; // [3, [3, 30]]
 */
export class TimeSeries implements Dataset<SeriesExample> {
  readonly values: Float32Array; // [times, columns]
  readonly columns: readonly string[];
  readonly times: readonly string[];

  constructor(options: TimeSeriesOptions) {
    checkOptions('TimeSeries', options, ['values', 'columns', 'times']);
    const { values, columns } = options;
    if (columns.length === 0) throw seriesError('columns', 'to name at least one column', 'none');
    const twice = columns.find((name, i) => columns.indexOf(name) !== i);
    if (twice !== undefined) throw seriesError('columns', 'to name each column once', `"${twice}" twice`);
    const length = options.times?.length ?? values.length / columns.length;
    if (length === 0) throw seriesError('values', 'to have at least one time', 'none');
    if (values.length !== length * columns.length || !Number.isInteger(length)) {
      const times = options.times === undefined ? 'whole times' : `${length} times`;
      throw seriesError('values', `to have ${times} of ${columns.length} numbers`, `${values.length} numbers`);
    }
    this.values = values;
    this.columns = [...columns];
    this.times = options.times === undefined ? Array.from({ length }, (_, i) => String(i)) : [...options.times];
    const gap = values.findIndex((value) => !Number.isFinite(value));
    if (gap !== -1) {
      const row = Math.floor(gap / columns.length);
      const place = `time ${row} (${this.times[row]}), ${columns[gap % columns.length]}`;
      throw seriesError(place, 'to be a number', String(values[gap]), 'Fill gaps in before a series is made.');
    }
  }

  /** How many times there are. */
  get length(): number {
    return this.times.length;
  }

  get(index: number): SeriesExample {
    checkIndex('TimeSeries.get', index, this.length);
    const width = this.columns.length;
    return { features: this.values.subarray(index * width, (index + 1) * width) };
  }

  /**
   * The times from `start` on and before `end`. Its values are a view of this series' memory.
   *
   * @throws {ArgumentError} there is no such time, or none between the two
   */
  slice(start: number, end: number): TimeSeries {
    checkInteger('TimeSeries.slice', 'start', start, { minimum: 0, maximum: this.length - 1 });
    checkInteger('TimeSeries.slice', 'end', end, { minimum: start + 1, maximum: this.length });
    const width = this.columns.length;
    const values = this.values.subarray(start * width, end * width);
    return new TimeSeries({ values, columns: this.columns, times: this.times.slice(start, end) });
  }

  /**
   * The same times with what was measured changed, one after the other; this series is left as it is.
   *
   * @param change  gives as many numbers as it gets, such as `(features) => standardizer.apply(features)`
   * @throws {ArgumentError} it gives another number of them, or one that is not finite (code `SERIES`)
   */
  map(change: (features: Float32Array) => Float32Array): TimeSeries {
    const width = this.columns.length;
    const values = new Float32Array(this.values.length);
    for (let i = 0; i < this.length; i++) {
      const changed = change(this.get(i).features);
      if (changed.length !== width) {
        throw seriesError('change', `to give ${width} numbers, one for each column`, String(changed.length));
      }
      values.set(changed, i * width);
    }
    return new TimeSeries({ values, columns: this.columns, times: this.times });
  }
}

/** How a series is split. */
export interface SplitSeriesOptions {
  /** Times of the part before with which each further part begins, as inputs of its first window. Default: 0. */
  readonly lookBack?: number;
}

/** One series for each fraction, so that `const [train, test] = splitSeries(…)` knows that both are there. */
export type SeriesSplit<Fractions extends readonly number[]> = { -readonly [K in keyof Fractions]: TimeSeries };

/**
 * Cuts a series into parts in the order of time: to train on the past and to test on what comes after it. A part has
 * `floor(fraction * length)` times; those left over by rounding go to the first parts, one each.
 *
 * With `lookBack` equal to the `inputLength` of the windows, the first time of a part is the target of its first window, so that
 * every time of a part is forecast; the times that it looks back on are inputs only, as they are known when the forecast is made.
 * Unless it is greater than that, no time is a target in two parts. Standardize by what was measured on the first part.
 *
 * @param series     what to split
 * @param fractions  each above 0, together 1
 * @param options    `lookBack`: times, default 0
 * @throws {ArgumentError} the fractions do not add up to 1, a part would be empty, or `lookBack` goes back beyond the start
 * @example
 * const series = new TimeSeries({ values: Float32Array.of(1, 2, 3, 4, 5), columns: ['rain'] });
 * splitSeries(series, [0.6, 0.4], { lookBack: 1 }).map((part) => [...part.values]); // [[1, 2, 3], [3, 4, 5]]
 */
export function splitSeries<const Fractions extends readonly number[]>(
  series: TimeSeries,
  fractions: Fractions,
  options: SplitSeriesOptions = {},
): SeriesSplit<Fractions> {
  const op = 'splitSeries';
  checkOptions(op, options, ['lookBack']);
  const { lookBack = 0 } = options;
  const lengths = partLengths(op, series.length, fractions);
  checkInteger(op, 'lookBack', lookBack, { minimum: 0, maximum: lengths[0] ?? 0 });
  let end = 0;
  const parts = lengths.map((length, i) => {
    const start = i === 0 ? 0 : end - lookBack;
    end += length;
    return series.slice(start, end);
  });
  return parts as SeriesSplit<Fractions>;
}

function seriesError(argument: string, expected: string, received: string, hint?: string): ArgumentError {
  return new ArgumentError({ op: 'TimeSeries', argument, expected, received, hint }, 'SERIES');
}
