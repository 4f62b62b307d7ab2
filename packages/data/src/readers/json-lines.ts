// SPDX-License-Identifier: Apache-2.0
// JSON lines: a file with one JSON object a line, read one after the other, whose fields say what they are.

import { ArgumentError, suggest } from '@nabla/core';
import { messageOf } from '../files.ts';
import type { IterableDataset } from '../iterable-dataset.ts';
import { type Line, LinesDataset } from './lines.ts';

/** One object of a file. Each getter throws an `ArgumentError` that names file, line and field (code `JSON_LINES`). */
export class JsonRecord {
  readonly #source: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  /** Of the file, from 1. */
  readonly line: number;

  constructor(fields: Readonly<Record<string, unknown>>, source: string, line: number) {
    this.#fields = fields;
    this.#source = source;
    this.line = line;
  }

  /** Whether there is such a field. */
  has(field: string): boolean {
    return Object.hasOwn(this.#fields, field);
  }

  /** A field of any form. */
  value(field: string): unknown {
    if (this.has(field)) return this.#fields[field];
    throw this.error(field, 'to be there', 'nothing', suggest(field, Object.keys(this.#fields)));
  }

  /** A field that is a string. */
  text(field: string): string {
    const value = this.value(field);
    if (typeof value === 'string') return value;
    throw this.error(field, 'to be a string', describe(value));
  }

  /** A field that is a number; JSON has no NaN and no infinity. */
  number(field: string): number {
    const value = this.value(field);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.error(field, 'to be a number', describe(value));
  }

  /** A field that is a list of `length` numbers, or of any number of them. */
  numbers(field: string, length?: number): Float32Array {
    const value = this.value(field);
    const isList = Array.isArray(value) && (length === undefined || value.length === length);
    if (!isList) throw this.error(field, `to be a list of ${length ?? ''} numbers`.replace('  ', ' '), describe(value));
    return Float32Array.from(value, (element: unknown, i) => {
      if (typeof element === 'number' && Number.isFinite(Math.fround(element))) return element;
      throw this.error(`${field}[${i}]`, 'to be a number that float32 can hold', describe(element));
    });
  }

  /** A field that is one of `classes`, as its id; or an id itself. */
  label(field: string, classes: readonly string[]): number {
    const value = this.value(field);
    const id = typeof value === 'string' ? classes.indexOf(value) : value;
    if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < classes.length) return id;
    throw this.error(field, `to be a class (${classes.join(', ')}) or its id`, describe(value));
  }

  /** The error for a field, for checks of your own. */
  error(field: string, expected: string, received: string, hint?: string): ArgumentError {
    const argument = `${this.#source}, line ${this.line}, ${field}`;
    return new ArgumentError({ op: 'JsonLinesDataset', argument, expected, received, hint }, 'JSON_LINES');
  }
}

/**
 * The objects of a JSON lines file, each made an example by `read`. Blank lines are left out.
 *
 * Iterating throws an `ArgumentError` as `LinesDataset` does, where a line is no JSON object, and where `read` does (code
 * `JSON_LINES`). To have all of them in memory, or none: `collect(dataset)`.
 *
 * @see https://jsonlines.org
 */
export class JsonLinesDataset<Example> implements IterableDataset<Example> {
  readonly path: string;
  readonly #read: (record: JsonRecord) => Example;

  /** @param read  takes from a record what is needed: `(record) => ({ text: record.text('review') })` */
  constructor(path: string, read: (record: JsonRecord) => Example) {
    this.path = path;
    this.#read = read;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Example, void, undefined> {
    for await (const line of new LinesDataset(this.path)) {
      if (line.text.trim() !== '') yield this.#read(parseRecord(line, this.path));
    }
  }
}

/** @throws {ArgumentError} the line is no JSON object (code `JSON_LINES`) */
function parseRecord({ number, text }: Line, source: string): JsonRecord {
  const fail = (received: string, cause?: unknown): never => {
    const argument = `${source}, line ${number}`;
    const mismatch = { op: 'JsonLinesDataset', argument, expected: 'to be a JSON object', received };
    throw new ArgumentError(mismatch, 'JSON_LINES', { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail(`a fault: ${messageOf(error)}`, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(describe(value));
  return new JsonRecord(value as Record<string, unknown>, source, number);
}

/** A JSON value, short. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
