// SPDX-License-Identifier: Apache-2.0
// Command-line values: numbers, key=value pairs, YAML files.

import { readFileSync } from 'node:fs';

import { InvalidArgumentError } from '@commander-js/extra-typings';
import { ArgumentError } from '@nabla/core';
import type { RawConfiguration } from '@nabla/models';

import { parse } from 'yaml';

/** An integer of at least `minimum`. */
export function integer(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= minimum) return value;
    throw new InvalidArgumentError(`Expected an integer of at least ${String(minimum)}.`);
  };
}

/** A number of at least 0. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('Expected a number of at least 0.');
}

/** Collects the values of an option that may be given several times. */
export function collected(text: string, before: string[] = []): string[] {
  return [...before, text];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };

/** A number of bytes, such as `500MB`, in powers of 1000; at least 1. */
export function size(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?b)?$/i.exec(text.trim()) ?? [];
  const bytes = Math.round(Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN));
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new InvalidArgumentError('Expected a size such as 500MB or 5GB.');
}

/** Collects `--set key=value`; the value is read as YAML, so `3`, `true`, `[64, 32]` and `text` mean what they look like. */
export function setting(text: string, before: RawConfiguration = {}): RawConfiguration {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('Expected key=value.');
  return { ...before, [key.trim()]: parseValue(value) };
}

function parseValue(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    throw new InvalidArgumentError(`The value is not YAML: ${firstLine(error)}`);
  }
}

/** @throws {ArgumentError} the file is missing, broken or no mapping (code `CONFIG`) */
export function readConfigurationFile(path: string): RawConfiguration {
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(path, 'utf8'), { logLevel: 'error' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw fileError(path, code === 'ENOENT' ? 'no such file' : firstLine(error), error);
  }
  if (parsed === null) throw fileError(path, 'a file without any');
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw fileError(path, 'a single value or a list');
  return parsed as RawConfiguration;
}

function fileError(path: string, received: string, cause?: unknown): ArgumentError {
  const hint = 'For one to start from: nabla recipes NAME > FILE.yaml';
  const mismatch = { op: 'train', argument: path, expected: 'to be a YAML file of options', received, hint };
  return new ArgumentError(mismatch, 'CONFIG', { cause });
}

/** What a YAML or system error says, without the excerpt below it. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.replace(/:$/, '') ?? '';
}

/** Examples below the help of a command. */
export function examples(...lines: readonly string[]): string {
  return `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
