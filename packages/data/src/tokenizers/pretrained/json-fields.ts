// SPDX-License-Identifier: Apache-2.0
// An object of a tokenizer's JSON files, whose fields are checked where they are read.

import { ArgumentError, suggest } from '@nabla/core';

/** What is wrong with a file of a tokenizer, and where. */
export interface TokenizerDefect {
  readonly file: string;
  /** As a path: `model.vocab`. */
  readonly field?: string;
  readonly expected: string;
  readonly received: string;
  readonly hint?: string | undefined;
}

/** The error of a tokenizer's file that is not what it must be (code `TOKENIZER`). */
export function tokenizerError(defect: TokenizerDefect, cause?: unknown): ArgumentError {
  const { file, field } = defect;
  const argument = field === undefined || field === '' ? `"${file}"` : `"${field}" of "${file}"`;
  return new ArgumentError(
    { op: 'PretrainedTokenizer', argument, ...defect },
    'TOKENIZER',
    cause === undefined ? {} : { cause },
  );
}

/** One object of a file. Every getter throws an `ArgumentError` that names file and field (code `TOKENIZER`). */
export class JsonFields {
  readonly file: string;
  /** Where the object is in its file: `model`, or nothing for the whole file. */
  readonly path: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(file: string, value: unknown, path = '') {
    if (!isObject(value)) {
      throw tokenizerError({ file, field: path, expected: 'to be an object', received: describeJson(value) });
    }
    this.file = file;
    this.path = path;
    this.#values = value;
  }

  /** The names of the fields. */
  names(): string[] {
    return Object.keys(this.#values);
  }

  /** The object as it was parsed. */
  toJSON(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  /** Whether there is such a field, other than null. */
  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== null;
  }

  /** A field of any form; undefined where it is missing or null. */
  value(name: string): unknown {
    return this.has(name) ? this.#values[name] : undefined;
  }

  /** A field that is a string. */
  text(name: string, fallback?: string): string {
    const value = this.value(name) ?? fallback;
    if (typeof value === 'string') return value;
    throw this.error(name, 'to be a string', describeJson(value));
  }

  /** A field that is a string, or absent. */
  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  /** A field that is true or false. */
  flag(name: string, fallback: boolean): boolean {
    const value = this.value(name) ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.error(name, 'to be true or false', describeJson(value));
  }

  /** A field that is an integer from `minimum` to `maximum`. */
  integer(name: string, minimum: number, maximum: number, fallback?: number): number {
    const value = this.value(name) ?? fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw this.error(name, `to be an integer from ${minimum} to ${maximum}`, describeJson(value));
  }

  /** A field that is one of `choices`. */
  oneOf<const Choice extends string>(name: string, choices: readonly Choice[], fallback?: Choice): Choice {
    const value = this.value(name) ?? fallback;
    const choice = choices.find((candidate) => candidate === value);
    if (choice !== undefined) return choice;
    const hint = typeof value === 'string' ? suggest(value, choices) : undefined;
    throw this.error(name, `to be one of ${choices.join(', ')}`, describeJson(value), hint);
  }

  /** What a table has for the name that a field holds. */
  choose<T>(name: string, table: Readonly<Record<string, T>>): T {
    const choice = this.oneOf(name, Object.keys(table));
    const chosen = table[choice];
    if (chosen !== undefined) return chosen;
    throw this.error(name, 'to be known', describeJson(choice));
  }

  /** A field that is an object. */
  object(name: string): JsonFields {
    return new JsonFields(this.file, this.value(name), this.#at(name));
  }

  /** A field that is an object, or absent. */
  optionalObject(name: string): JsonFields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }

  /** A field that is a list. */
  list(name: string): readonly unknown[] {
    const value = this.value(name);
    if (Array.isArray(value)) return value;
    throw this.error(name, 'to be a list', describeJson(value));
  }

  /** A field that is a list of objects; none where it is absent. */
  objects(name: string): JsonFields[] {
    if (!this.has(name)) return [];
    return this.list(name).map((value, i) => new JsonFields(this.file, value, `${this.#at(name)}[${i}]`));
  }

  /** The error for a field, for checks of your own. */
  error(name: string, expected: string, received: string, hint?: string): ArgumentError {
    return tokenizerError({ file: this.file, field: this.#at(name), expected, received, hint });
  }

  #at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

/** A value as errors show it: JSON, cut where it is long. */
export function describeJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
