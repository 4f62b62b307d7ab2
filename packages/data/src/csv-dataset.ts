// SPDX-License-Identifier: Apache-2.0
// A CSV file as a table of numbers with a class label in each row.

import { checkName, checkOneOf, checkOptions } from '@nabla/core';
import {
  type CsvRow,
  cellError,
  checkWidths,
  csvError,
  findColumn,
  parseNames,
  parseNumber,
  parseRows,
} from './csv.ts';
import { readText } from './files.ts';
import { TableDataset } from './table-dataset.ts';

/** How to read a CSV file. */
export interface CsvOptions {
  /**
   * What the first row is. `names` (the default): the names of the columns. `none`: data already. `counts`: what scikit-learn
   * writes in its toy data sets, `rows, features, class name, class name, …`, checked against the file.
   */
  readonly header?: 'names' | 'none' | 'counts';
  /** The label column: its name, or its index from 0 (negative: from the end). Default: -1, the last one. */
  readonly label?: string | number;
  /**
   * The classes, in the order of their ids; a label is then one of these names, or an id. Default: those of a `counts` header,
   * else the labels that occur, numbers in their order and other names in the order of their characters.
   */
  readonly classes?: readonly string[];
  /** What stands between cells, one character. Default: a comma. */
  readonly delimiter?: string;
}

interface Header {
  /** Names of all columns, the label's included. */
  readonly columns: readonly string[];
  readonly classes: readonly string[] | undefined;
  readonly body: readonly CsvRow[];
}

/**
 * A CSV file: every column is numeric (float32) but the label column, which names the class of the row.
 *
 * @example
 * const table = CsvDataset.parse('length,width,animal\n1,2,dog\n3,4,cat', 'text');
 * [table.columns, table.classes, [...table.labels]]; // [['length', 'width'], ['cat', 'dog'], [1, 0]]
 */
export class CsvDataset extends TableDataset {
  /**
   * Reads a file of UTF-8 text.
   *
   * @throws {ArgumentError} the file cannot be read (code `FILE`), is empty or not UTF-8 (code `TEXT`), or is no table of
   *   numbers and labels: names the line and the column (code `CSV`)
   */
  static async read(path: string, options: CsvOptions = {}): Promise<CsvDataset> {
    return CsvDataset.parse(await readText(path), path, options);
  }

  /**
   * Reads a text.
   *
   * @param text     the CSV
   * @param source   the name of the text in errors, such as a path
   * @param options  see {@link CsvOptions}
   * @throws {ArgumentError} as {@link CsvDataset.read} (code `CSV`)
   */
  static parse(text: string, source: string, options: CsvOptions = {}): CsvDataset {
    checkOptions('CsvDataset', options, ['header', 'label', 'classes', 'delimiter']);
    const { header = 'names', label = -1, delimiter = ',' } = options;
    checkOneOf('CsvDataset', 'header', header, ['names', 'none', 'counts']);
    checkName('CsvDataset', 'delimiter', delimiter);

    const rows = parseRows(text, source, delimiter);
    const head = readHeader(rows, header, source);
    checkRows(head, source, delimiter);
    const labelIndex = findColumn('CsvDataset', head.columns, 'label', label, source);
    const columns = head.columns.filter((_, i) => i !== labelIndex);
    const features = new Float32Array(head.body.length * columns.length);
    let next = 0;
    for (const { line, cells } of head.body) {
      cells.forEach((cell, i) => {
        if (i !== labelIndex) features[next++] = parseNumber(cell, { source, line, column: head.columns[i] ?? '' });
      });
    }
    const { classes, labels } = readLabels(head, labelIndex, options.classes, source);
    return new CsvDataset({ features, labels, columns, classes });
  }
}

function readHeader(rows: readonly CsvRow[], header: 'names' | 'none' | 'counts', source: string): Header {
  const first = rows[0]?.cells ?? [];
  const body = header === 'none' ? rows : rows.slice(1);
  const place = `${source}, line ${rows[0]?.line ?? 1}`;
  if (body.length === 0) {
    throw csvError(
      source,
      'to have rows of data',
      'the header only',
      'For a file without a header, set header to "none".',
    );
  }
  const numbered = (body[0]?.cells ?? []).map((_, i) => `column ${i + 1}`);
  if (header === 'none') return { columns: numbered, classes: undefined, body };
  if (header === 'names') {
    if (countsMatch(first, body)) {
      const hint = 'For a file with such a header, set header to "counts".';
      throw csvError(place, 'to be the names of the columns', 'the counts that scikit-learn writes', hint);
    }
    const columns = parseNames(first, place, 'For a file without a header, set header to "none".');
    return { columns, classes: undefined, body };
  }
  const classes = first.slice(2);
  if (!countsMatch(first, body)) {
    const expected = `to start with the counts of the file, ${body.length} rows and ${numbered.length - 1} features`;
    const hint = 'The file is incomplete, or its header is not of the kind "counts".';
    throw csvError(place, expected, `"${first.slice(0, 2).join(',')}"`, hint);
  }
  if (classes.length === 0) {
    throw csvError(place, 'to name the classes', 'none', 'Its form is: rows,features,class,class,…');
  }
  return { columns: numbered, classes, body };
}

/** Whether a row starts with the number of rows and of features of those below it. */
function countsMatch(first: readonly string[], body: readonly CsvRow[]): boolean {
  return first[0] === String(body.length) && first[1] === String((body[0]?.cells.length ?? 0) - 1);
}

/** Checks that all rows are as wide as the header says, and wide enough. */
function checkRows({ columns, body }: Header, source: string, delimiter: string): void {
  if (columns.length < 2) {
    const hint = `Cells are divided by "${delimiter}": if the file uses another character, set delimiter to it.`;
    throw csvError(source, 'to have at least one feature column and a label column', 'a single column', hint);
  }
  checkWidths(body, columns.length, source, delimiter);
}

function readLabels(
  { columns, body, classes: named }: Header,
  labelIndex: number,
  given: readonly string[] | undefined,
  source: string,
): { classes: readonly string[]; labels: Int32Array } {
  const column = columns[labelIndex] ?? '';
  const cells = body.map((row) => ({ cell: row.cells[labelIndex] ?? '', place: { source, line: row.line, column } }));
  const known = given ?? named;
  for (const { cell, place } of cells) {
    if (cell === '') throw cellError(place, 'to be a label', cell, 'Fill the label in, or leave out the row.');
    if (known === undefined && Number.isFinite(Number(cell)) && !Number.isInteger(Number(cell))) {
      const hint = 'If this is not the label column, name the right one: label.';
      throw cellError(place, 'to be a class: a name or an integer', cell, hint);
    }
  }
  const classes = known ?? occurring(cells.map(({ cell }) => cell));
  const ids = new Map(classes.map((name, id) => [name, id]));
  const labels = cells.map(({ cell, place }) => {
    const id = ids.get(cell) ?? (known !== undefined && /^\d+$/.test(cell) ? Number(cell) : -1);
    if (id >= 0 && id < classes.length) return id;
    const expected = `to be a class (${list(classes)}) or an id from 0 to ${classes.length - 1}`;
    throw cellError(place, expected, cell, 'Correct the label, or name all classes: classes.');
  });
  return { classes, labels: Int32Array.from(labels) };
}

/** The labels that occur, each once, in an order that does not depend on the rows' order. */
function occurring(cells: readonly string[]): string[] {
  const names = [...new Set(cells)];
  const numeric = names.every((name) => Number.isFinite(Number(name)));
  return numeric ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
}

function list(names: readonly string[]): string {
  return names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')}, …`;
}
