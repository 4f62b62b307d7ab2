// SPDX-License-Identifier: Apache-2.0
// JSON files of a published model, checked field by field.

import { readFile } from 'node:fs/promises';

import type { z } from 'zod';

import { describeIssue } from '../training/configuration.ts';
import { messageOf } from '../training/files.ts';
import { pretrainedError } from './errors.ts';

/**
 * A JSON file as its schema says it.
 *
 * @throws {ArgumentError} the file is missing or no JSON, or a field is not what the schema says (code `PRETRAINED`)
 */
export async function readJsonFile<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const received = code === 'ENOENT' || code === 'ENOTDIR' ? 'no such file' : messageOf(error);
    throw pretrainedError({ file, expected: 'to be a JSON file', received }, error);
  }
  return checkFields(file, value, schema);
}

/** @throws {ArgumentError} a field is not what the schema says (code `PRETRAINED`) */
export function checkFields<T>(file: string, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const { field, expected, received } = describeIssue(issue, value);
  throw pretrainedError({ file, ...(field !== '' && { field }), expected, received });
}
