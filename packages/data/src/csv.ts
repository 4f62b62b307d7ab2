// SPDX-License-Identifier: Apache-2.0
// CSV text as rows of cells that know their line and column, and cells as numbers. The parsing itself is csv-parse's.

import { ArgumentError, checkInteger, suggest } from '@nabla/core';
import { CsvError, parse } from 'csv-parse/sync';

/** One row of a CSV file that is not blank. */
export interface CsvRow {
  /** The line of the file that the row ends on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Where a cell is, for messages. */
export interface CellPlace {
  /** The file or whatever the text came from. */
  readonly source: string;
  readonly line: number;
  /** The column as the user knows it: its name, or `column 3` (from 1). */
  readonly column: string;
}

/**
 * The rows of a CSV text, without blank lines; spaces around cells are dropped. Quotes follow RFC 4180.
 *
 * @param text       what to parse
 * @param source     the name of the text in errors, such as a path
 * @param delimiter  what stands between cells
 * @throws {ArgumentError} there is no row, or quotes do not match (code `CSV`)
 * @see RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
 * @example
 * parseRows('a,b\n1,"2, 3"', 'text', ','); // [{ line: 1, cells: ['a', 'b'] }, { line: 2, cells: ['1', '2, 3'] }]
 */
export function parseRows(text: string, source: string, delimiter: string): CsvRow[] {
  const rows: CsvRow[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { lines }) => {
        if (cells.length > 1 || cells[0] !== '') rows.push({ line: lines, cells });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const argument = typeof error['lines'] === 'number' ? `${source}, line ${error['lines']}` : source;
    const hint = 'Quotes go around a whole cell, and a quote inside one is written twice.';
    const mismatch = { op: 'csv', argument, expected: 'to be CSV', received: `a fault: ${error.message}`, hint };
    throw new ArgumentError(mismatch, 'CSV', { cause: error });
  }
  if (rows.length === 0) {
    const received = text.trim() === '' ? 'an empty file' : 'no row';
    throw new ArgumentError({ op: 'csv', argument: source, expected: 'to have rows', received }, 'CSV');
  }
  return rows;
}

/**
 * The names of the columns in the first row.
 *
 * @param place  the row in errors: the file and the line
 * @param hint   what to do about a row of numbers
 * @throws {ArgumentError} there are only numbers, or a name stands twice (code `CSV`)
 */
export function parseNames(cells: readonly string[], place: string, hint: string): readonly string[] {
  if (cells.every((cell) => cell !== '' && Number.isFinite(Number(cell)))) {
    throw csvError(place, 'to be the names of the columns', 'numbers only', hint);
  }
  const twice = cells.find((name, i) => cells.indexOf(name) !== i);
  if (twice === undefined) return cells;
  throw csvError(place, 'to name each column once', `"${twice}" twice`, 'Rename one of the two columns.');
}

/**
 * Checks that every row has a cell for each column.
 *
 * @throws {ArgumentError} a row has more or less (code `CSV`)
 */
export function checkWidths(rows: readonly CsvRow[], width: number, source: string, delimiter: string): void {
  for (const { line, cells } of rows) {
    if (cells.length === width) continue;
    const expected = `to have ${width} cells, like the rows before it`;
    const hint = `It begins with "${cells.slice(0, 3).join(delimiter).slice(0, 40)}".`;
    throw csvError(`${source}, line ${line}`, expected, String(cells.length), hint);
  }
}

/**
 * The index of a column that is given by its name, or by its index (negative: from the end).
 *
 * @param what  the option that names the column, such as `label`
 * @throws {ArgumentError} there is no such column (code `CSV` for a name)
 */
export function findColumn(
  op: string,
  columns: readonly string[],
  what: string,
  column: string | number,
  source: string,
): number {
  if (typeof column === 'string') {
    const index = columns.indexOf(column);
    if (index !== -1) return index;
    throw csvError(source, `to have the ${what} column`, `no column "${column}"`, suggest(column, columns));
  }
  checkInteger(op, what, column, { minimum: -columns.length, maximum: columns.length - 1 });
  return column < 0 ? column + columns.length : column;
}

/**
 * The number that a cell holds, as a float32 can hold it.
 *
 * @param hint  what to do about a cell that is empty or wrong
 * @throws {ArgumentError} the cell is empty, is no decimal number, is NaN or infinite, or is too large (code `CSV`)
 */
export function parseNumber(
  cell: string,
  place: CellPlace,
  hint = 'Fill the value in, or leave out the row or the column.',
): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : NaN;
  if (Number.isFinite(Math.fround(value))) return value;
  throw cellError(place, Number.isNaN(value) ? 'to be a number' : 'to be a number that float32 can hold', cell, hint);
}

/** The error for one cell: file, line, column, what was found, what to do. */
export function cellError(
  { source, line, column }: CellPlace,
  expected: string,
  cell: string,
  hint: string,
): ArgumentError {
  const received = cell === '' ? 'an empty cell' : `"${cell.length > 40 ? `${cell.slice(0, 40)}…` : cell}"`;
  return new ArgumentError(
    { op: 'csv', argument: `${source}, line ${line}, ${column}`, expected, received, hint },
    'CSV',
  );
}

/** The error for a whole file or one of its rows. */
export function csvError(argument: string, expected: string, received: string, hint: string): ArgumentError {
  return new ArgumentError({ op: 'csv', argument, expected, received, hint }, 'CSV');
}
