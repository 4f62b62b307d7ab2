// SPDX-License-Identifier: Apache-2.0
// Files of a run, written whole or not at all, and read with errors that name them.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { ArgumentError } from '@nabla/core';

/** Writes a file under a temporary name, brings it to disk, then gives it its name: never half a file. */
export function writeFileAtomically(path: string, content: string): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w');
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Makes the names in a folder survive a power failure, where the system can: not every one lets a folder be synchronized. */
function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // the file itself is on disk
  }
}

/** A value as the content of a JSON file. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/**
 * The value of a run's JSON file.
 *
 * @throws {ArgumentError} the file is missing or broken (code `RUN`)
 */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw runFileError(path, code === 'ENOENT' || code === 'ENOTDIR' ? 'no such file' : messageOf(error), error);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw runFileError(path, 'a file that is not JSON', error);
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** The error of a file that a run should have. */
export function runFileError(path: string, received: string, cause?: unknown): ArgumentError {
  const hint = 'Pass the folder of a run, as nabla train printed it.';
  const mismatch = { op: 'run', argument: path, expected: 'to be a file of a run', received, hint };
  return new ArgumentError(mismatch, 'RUN', { cause });
}
