// SPDX-License-Identifier: Apache-2.0
// The header of a safetensors file. Nothing in it is trusted: every number is checked before anything is made from it.

import type { FileHandle } from 'node:fs/promises';
import { describeValue } from '../describe-value.ts';
import { formatShape } from '../errors.ts';
import { FILE_TYPES, type FileType, LENGTH_BYTES, MAXIMUM_HEADER_BYTES, METADATA, formatError } from './format.ts';

/** One tensor of a file. */
export interface SafetensorsEntry {
  readonly dtype: FileType;
  readonly shape: readonly number[];
  /** First byte and the one after the last, counted from `dataStart`. */
  readonly offsets: readonly [begin: number, end: number];
}

/** What a file contains. */
export interface SafetensorsHeader {
  readonly tensors: Readonly<Record<string, SafetensorsEntry>>;
  /** Free text by name; empty when there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the values begin, in bytes from the start of the file. */
  readonly dataStart: number;
}

/** Reads and checks the header of an open file. */
export async function readHeader(handle: FileHandle, file: string): Promise<SafetensorsHeader> {
  const { size } = await handle.stat();
  const length = await readLength(handle, file, size);
  const bytes = new Uint8Array(length);
  await readFully(handle, bytes, LENGTH_BYTES, file);
  const dataStart = LENGTH_BYTES + length;
  return { ...parseHeader(bytes, size - dataStart, file), dataStart };
}

async function readLength(handle: FileHandle, file: string, fileBytes: number): Promise<number> {
  if (fileBytes < LENGTH_BYTES) {
    throw formatError({ file, expected: `to have at least ${LENGTH_BYTES} bytes`, received: `${fileBytes}` });
  }
  const bytes = new Uint8Array(LENGTH_BYTES);
  await readFully(handle, bytes, 0, file);
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  const most = Math.min(MAXIMUM_HEADER_BYTES, fileBytes - LENGTH_BYTES);
  if (length <= most) return Number(length);
  if (length >= 2n ** 32n) {
    const start = describeValue(new TextDecoder('latin1').decode(bytes));
    const [expected, hint] = ['to be a safetensors file', 'It is of another kind, or damaged.'];
    throw formatError({ file, expected, received: `one that begins with ${start}`, hint });
  }
  const hint = 'It is damaged, incomplete, or no safetensors file.';
  throw formatError({ file, expected: `to have a header of at most ${most} bytes`, received: String(length), hint });
}

/** Fills `bytes` from `position` on. */
export async function readFully(handle: FileHandle, bytes: Uint8Array, position: number, file: string): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) {
      throw formatError({ file, expected: `to have ${position + bytes.length} bytes`, received: `${position + done}` });
    }
    done += bytesRead;
  }
}

/** Checks a header against the number of bytes that follow it. */
export function parseHeader(bytes: Uint8Array, dataBytes: number, file: string): Omit<SafetensorsHeader, 'dataStart'> {
  const entries = Object.entries(parseObject(bytes, file));
  const metadata = parseMetadata(entries.find(([name]) => name === METADATA)?.[1] ?? {}, file);
  const tensors = entries
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => [name, parseEntry(entry, dataBytes, { file, tensor: name })] as const);
  checkCoverage(tensors, dataBytes, file);
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** The JSON object that the header must be, without duplicate names. */
function parseObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  const expected = 'to have a JSON object as header';
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw formatError({ file, expected, received: `an error: ${String((error as Error).message)}` });
  }
  if (!isRecord(value) || !text.startsWith('{')) throw formatError({ file, expected, received: describe(value) });
  const twice = findDuplicate(text);
  if (twice === undefined) return value;
  throw formatError({ file, expected: 'to have each name once in its header', received: `"${twice}" twice` });
}

/** The first name that an object of a valid JSON text has twice; JSON.parse would take the last of them silently. */
function findDuplicate(text: string): string | undefined {
  const names: (Set<string> | undefined)[] = []; // of the objects around; undefined for an array
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{') names.push(new Set());
    else if (character === '[') names.push(undefined);
    else if (character === '}' || character === ']') names.pop();
    else if (character === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      let next = i + 1;
      while (' \t\n\r'.includes(text[next])) next++;
      if (text[next] !== ':') continue;
      const name = JSON.parse(text.slice(start, i + 1)) as string;
      if (names.at(-1)?.has(name) === true) return name;
      names.at(-1)?.add(name);
    }
  }
  return undefined;
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  if (isRecord(value) && isTextByName(value)) return value;
  throw formatError({ file, expected: `to have ${METADATA} of names and strings`, received: describe(value) });
}

function isTextByName(value: Record<string, unknown>): value is Record<string, string> {
  return Object.values(value).every((text) => typeof text === 'string');
}

function parseEntry(entry: unknown, dataBytes: number, where: { file: string; tensor: string }): SafetensorsEntry {
  if (!isRecord(entry)) throw formatError({ ...where, expected: 'to be a JSON object', received: describe(entry) });
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !isFileType(dtype)) {
    const hint = `Known: ${Object.keys(FILE_TYPES).join(', ')}.`;
    throw formatError({ ...where, expected: 'to have a known dtype', received: describe(dtype), hint });
  }
  if (!isSizes(shape)) {
    throw formatError({ ...where, expected: 'to have a shape of integers >= 0', received: describe(shape) });
  }
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1] || offsets[1] > dataBytes) {
    const expected = `to have data_offsets [begin, end] with begin <= end <= ${dataBytes}`;
    throw formatError({ ...where, expected, received: describe(offsets) });
  }
  const [begin, end] = offsets;
  let needed = FILE_TYPES[dtype].bytes;
  for (const length of shape) {
    needed *= length;
    if (needed > Number.MAX_SAFE_INTEGER) {
      throw formatError({ ...where, expected: 'to have fewer than 2^53 bytes', received: formatShape(shape) });
    }
  }
  if (needed !== end - begin) {
    const expected = `to have ${needed} bytes for ${dtype} of shape ${formatShape(shape)}`;
    throw formatError({ ...where, expected, received: `${end - begin}` });
  }
  return { dtype, shape, offsets: [begin, end] };
}

/** Every byte of the data belongs to exactly one tensor. */
function checkCoverage(
  tensors: readonly (readonly [string, SafetensorsEntry])[],
  dataBytes: number,
  file: string,
): void {
  const inOrder = [...tensors].sort(([, { offsets: a }], [, { offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  let covered = 0;
  for (const [tensor, { offsets }] of inOrder) {
    if (offsets[0] !== covered) {
      const wrong = offsets[0] < covered ? 'an overlap' : 'a hole';
      const received = `${offsets[0]}: ${wrong}`;
      throw formatError({ file, tensor, expected: `to begin at byte ${covered} of the data`, received });
    }
    covered = offsets[1];
  }
  if (covered === dataBytes) return;
  throw formatError({
    file,
    expected: `to have ${covered} bytes of values after its header`,
    received: `${dataBytes}`,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFileType(dtype: string): dtype is FileType {
  return Object.hasOwn(FILE_TYPES, dtype);
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.every((length: unknown) => Number.isSafeInteger(length) && (length as number) >= 0)
  );
}

/** A JSON value as it stands in the file, short. */
function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
