// SPDX-License-Identifier: Apache-2.0
// Texts with classes in a file: CSV with a header, or JSON lines; one example a row, its text and the name of its class.

import { ArgumentError, suggest } from '@nabla/core';
import { parseNames, parseRows } from '../csv.ts';
import { LabelledDataset, type LabelledText } from '../labelled-dataset.ts';

/** Which columns, or fields, are meant. */
export interface LabelledTextsOptions {
  /** Default: `text`. */
  readonly textColumn?: string;
  /** Default: `label`. */
  readonly labelColumn?: string;
}

/** A row before its class is known. */
interface NamedText {
  readonly text: string;
  readonly name: string;
}

/**
 * The texts of a file. Classes are the labels that occur, in alphabetical order; whole numbers in the order of their values.
 *
 * @param text     JSON lines where the first character is `{`, else CSV with names of columns in its first row
 * @param source   the name of the text in errors, such as a path; where it ends in `.tsv`, tabs stand between cells
 * @throws {ArgumentError} there is no such column, a row lacks a cell, or there are not two classes (code `LABELLED_TEXTS`), or the
 *   file is neither CSV (code `CSV`) nor JSON lines
 * @example
 * parseLabelledTexts('text,label\nwhat a film,good\nnever again,bad', 'films.csv').classes; // ['bad', 'good']
 */
export function parseLabelledTexts(
  text: string,
  source: string,
  options: LabelledTextsOptions = {},
): LabelledDataset<LabelledText> {
  const { textColumn = 'text', labelColumn = 'label' } = options;
  const columns: [string, string] = [textColumn, labelColumn];
  const isJson = text.trimStart().startsWith('{');
  const rows = isJson ? rowsOfJson(text, source, columns) : rowsOfCsv(text, source, columns);
  const classes = sortNames([...new Set(rows.map(({ name }) => name))]);
  if (classes.length < 2) {
    throw fault(source, 'to have at least two classes', classes.length === 0 ? 'no example' : `only "${classes[0]}"`);
  }
  const ids = new Map(classes.map((name, id) => [name, id]));
  return new LabelledDataset(
    rows.map(({ text: content, name }) => ({ text: content, label: ids.get(name) ?? 0 })),
    classes,
  );
}

function sortNames(names: string[]): string[] {
  const areNumbers = names.every((name) => /^-?\d+$/.test(name));
  return areNumbers ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
}

function rowsOfCsv(text: string, source: string, columns: readonly [string, string]): NamedText[] {
  const delimiter = source.endsWith('.tsv') ? '\t' : ',';
  const [header, ...rows] = parseRows(text, source, delimiter);
  const names = parseNames(header?.cells ?? [], `${source}, line 1`, 'The first row names the columns: text,label');
  const [textAt, labelAt] = columns.map((column) => {
    const at = names.indexOf(column);
    if (at >= 0) return at;
    throw fault(`${source}, line 1`, `to have a column "${column}"`, names.join(', '), suggest(column, names));
  });
  return rows.map(({ line, cells }) => {
    const [content, name] = [cells[textAt ?? 0], cells[labelAt ?? 0]];
    if (content === undefined || name === undefined || name === '') {
      throw fault(`${source}, line ${line}`, 'to have a text and a label', `${cells.length} cells`);
    }
    return { text: content, name };
  });
}

function rowsOfJson(text: string, source: string, [textField, labelField]: readonly [string, string]): NamedText[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const place = `${source}, line ${i + 1}`;
    const fields = parseLine(line, place);
    const [content, name] = [fields[textField], fields[labelField]];
    if (typeof content !== 'string') throw fault(place, `to have a text in "${textField}"`, typeof content);
    if (typeof name !== 'string' && typeof name !== 'number') {
      throw fault(place, `to have a name or a number in "${labelField}"`, typeof name);
    }
    return [{ text: content, name: String(name) }];
  });
}

function parseLine(line: string, place: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw fault(place, 'to be a JSON object', JSON.stringify(line.slice(0, 60)));
}

function fault(argument: string, expected: string, received: string, hint?: string): ArgumentError {
  return new ArgumentError({ op: 'parseLabelledTexts', argument, expected, received, hint }, 'LABELLED_TEXTS');
}
