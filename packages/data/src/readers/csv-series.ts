// SPDX-License-Identifier: Apache-2.0
// A CSV file with a row for each time as a time series.

import { checkName, checkOneOf, checkOptions } from '@nabla/core';
import {
  type CellPlace,
  type CsvRow,
  cellError,
  checkWidths,
  csvError,
  findColumn,
  parseNames,
  parseNumber,
  parseRows,
} from '../csv.ts';
import { readText } from '../files.ts';
import { TimeSeries } from '../time-series.ts';

/** How to read a CSV file as a time series. Its first row names the columns. */
export interface CsvSeriesOptions {
  /** The column that says what time it is: its name, or its index from 0. `null`: there is none. Default: 0, the first one. */
  readonly time?: string | number | null;
  /** Names of the columns that are read. Default: all but that of the time. */
  readonly columns?: readonly string[];
  /**
   * What a cell without a number means, one that is empty, `NA` or `NaN`. `refuse` (the default): an error. `previous`: the value
   * of the time before, which is all that is known at that time.
   */
  readonly gaps?: 'refuse' | 'previous';
  /**
   * Where the columns are times too, such as the months of a year in a row: the name of the one column that they make, read row
   * by row. Its times are called `1950 JAN`.
   */
  readonly unroll?: string;
  /** What stands between cells, one character. Default: a comma. */
  readonly delimiter?: string;
}

const GAP_HINT = 'Fill the value in, or set gaps to "previous".';

/**
 * Reads a CSV file of UTF-8 text as a time series.
 *
 * @throws {ArgumentError} the file cannot be read (code `FILE`), is empty or not UTF-8 (code `TEXT`), or is not a table of numbers
 *   in the order of time: names the line and the column (code `CSV`)
 */
export async function readSeries(path: string, options: CsvSeriesOptions = {}): Promise<TimeSeries> {
  return parseSeries(await readText(path), path, options);
}

/**
 * The time series in a CSV text. Where all times are numbers, or dates such as `1958-03-29`, they must ascend.
 *
 * @param text     the CSV
 * @param source   the name of the text in errors, such as a path
 * @param options  see {@link CsvSeriesOptions}
 * @throws {ArgumentError} as {@link readSeries} (code `CSV`)
 * @example
 * const series = parseSeries('year,wind,rain\n1700,1,10\n1701,,20', 'text', { gaps: 'previous' });
 * [series.times, series.columns, [...series.values]]; // [['1700', '1701'], ['wind', 'rain'], [1, 10, 1, 20]]
 */
export function parseSeries(text: string, source: string, options: CsvSeriesOptions = {}): TimeSeries {
  const op = 'readSeries';
  checkOptions(op, options, ['time', 'columns', 'gaps', 'unroll', 'delimiter']);
  const { time = 0, gaps = 'refuse', unroll, delimiter = ',' } = options;
  checkOneOf(op, 'gaps', gaps, ['refuse', 'previous']);
  checkName(op, 'delimiter', delimiter);
  if (unroll !== undefined) checkName(op, 'unroll', unroll);

  const [first = { line: 1, cells: [] }, ...rows] = parseRows(text, source, delimiter);
  const names = parseNames(first.cells, `${source}, line ${first.line}`, 'Write a first line that names the columns.');
  if (rows.length === 0) throw csvError(source, 'to have rows of data', 'the header only', 'Is it the right file?');
  checkWidths(rows, names.length, source, delimiter);
  const timeIndex = time === null ? -1 : findColumn(op, names, 'time', time, source);
  const columns = valueColumns(op, names, timeIndex, options.columns, source);
  const rowTimes = rows.map(({ cells }, i) => (timeIndex === -1 ? String(i) : (cells[timeIndex] ?? '')));
  if (timeIndex !== -1) checkOrder(rows, rowTimes, names[timeIndex] ?? '', source);
  const values = readValues(rows, columns, source, gaps === 'previous', unroll !== undefined);
  if (unroll === undefined)
    return new TimeSeries({ values, columns: columns.map(({ name }) => name), times: rowTimes });
  const times = rowTimes.flatMap((row) => columns.map(({ name }) => `${row} ${name}`));
  return new TimeSeries({ values, columns: [unroll], times });
}

interface Column {
  readonly name: string;
  readonly index: number;
}

/** The columns with values, in the order in which they are asked for. */
function valueColumns(
  op: string,
  names: readonly string[],
  timeIndex: number,
  given: readonly string[] | undefined,
  source: string,
): Column[] {
  const wanted = given ?? names.filter((_, i) => i !== timeIndex);
  if (wanted.length === 0) {
    const hint =
      'If it has no column for the time, set time to null; if its cells are divided otherwise, set delimiter.';
    throw csvError(source, 'to have a column of values besides that of the time', 'a single column', hint);
  }
  return wanted.map((name) => ({ name, index: findColumn(op, names, 'value', name, source) }));
}

/** `[rows, columns]` */
function readValues(
  rows: readonly CsvRow[],
  columns: readonly Column[],
  source: string,
  fill: boolean,
  isUnrolled: boolean,
): Float32Array {
  const values = new Float32Array(rows.length * columns.length);
  const back = isUnrolled ? 1 : columns.length; // from a value to that of the time before
  let next = 0;
  for (const { line, cells } of rows) {
    for (const { name, index } of columns) {
      const cell = cells[index] ?? '';
      const place: CellPlace = { source, line, column: name };
      if (fill && /^(na|nan)?$/i.test(cell)) {
        const previous = values[next - back];
        const hint = 'Leave out the times before the first that is known.';
        if (previous === undefined) throw cellError(place, 'to be a number, as it is the first', cell, hint);
        values[next++] = previous;
      } else values[next++] = parseNumber(cell, place, GAP_HINT);
    }
  }
  return values;
}

/** @throws {ArgumentError} times that can be compared do not ascend (code `CSV`) */
function checkOrder(rows: readonly CsvRow[], times: readonly string[], column: string, source: string): void {
  const numeric = times.every((time) => time !== '' && Number.isFinite(Number(time)));
  if (!numeric && !times.every((time) => /^\d{4}-\d{2}/.test(time))) return;
  for (let i = 1; i < times.length; i++) {
    const [before = '', time = ''] = [times[i - 1], times[i]];
    if (numeric ? Number(before) < Number(time) : before < time) continue;
    const place: CellPlace = { source, line: rows[i]?.line ?? 0, column };
    throw cellError(
      place,
      `to come after "${before}" of the row before`,
      time,
      'Sort the rows by time, each time once.',
    );
  }
}
