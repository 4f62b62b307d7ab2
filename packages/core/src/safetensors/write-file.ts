// SPDX-License-Identifier: Apache-2.0
// A safetensors file from tensors whose bytes come piece by piece: all of it, or none.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { checkText } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { FILE_TYPES, LENGTH_BYTES, MAXIMUM_HEADER_BYTES, METADATA, fileError } from './format.ts';
import { type TensorSource, bytesOf } from './source.ts';

const OP = 'writeSafetensors';

/**
 * Writes tensors that need not be in memory: one piece of one of them at a time is. Order, alignment and safety are those of
 * `writeSafetensors`, which is the function for tensors that are there.
 *
 * @param sources     tensors by name; any name but `__metadata__`
 * @param metadata    free text by name, such as `{ format: 'pt' }`
 * @param onProgress  called with the number of bytes that each piece brings
 * @throws {ArgumentError} the file cannot be written, or a source has other bytes than its shape (code `SAFETENSORS`)
 */
export async function writeSafetensorsFrom(
  path: string,
  sources: Readonly<Record<string, TensorSource>>,
  metadata: Readonly<Record<string, string>> = {},
  onProgress?: (bytes: number) => void,
): Promise<void> {
  for (const [name, text] of Object.entries(metadata)) checkText(OP, `metadata "${name}"`, text);
  const entries = inFileOrder(sources);
  const header = encodeHeader(entries, metadata);
  const temporary = `${path}.${process.pid}-${++written}.tmp`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    await handle.writeFile(header);
    for (const [name, source] of entries) {
      let bytes = 0;
      for await (const piece of source.pieces()) {
        await handle.writeFile(piece);
        bytes += piece.length;
        onProgress?.(piece.length);
      }
      if (bytes === bytesOf(source)) continue;
      const expected = `to have ${bytesOf(source)} bytes`;
      throw new ArgumentError({ op: OP, argument: `"${name}"`, expected, received: `${bytes}` }, 'SAFETENSORS');
    }
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(temporary, path);
  } catch (error) {
    await handle?.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(OP, path, 'writable', error, 'The previous file, if there was one, is unchanged.');
  }
  await syncFolder(dirname(path));
}

/** Files begun by this process: two writers of one path get two temporary names. */
let written = 0;

/** Types of fewer bytes come later, so that all values are aligned. */
function inFileOrder(sources: Readonly<Record<string, TensorSource>>): [string, TensorSource][] {
  const entries = Object.entries(sources);
  if (entries.some(([name]) => name === METADATA)) {
    const expected = `to be named other than ${METADATA}`;
    throw new ArgumentError({ op: OP, argument: 'every tensor', expected, received: METADATA }, 'SAFETENSORS');
  }
  return entries.sort(([, a], [, b]) => FILE_TYPES[b.dtype].bytes - FILE_TYPES[a.dtype].bytes);
}

/** Length and JSON, filled up with spaces so that the values begin at a multiple of 8 bytes. */
function encodeHeader(
  entries: readonly (readonly [string, TensorSource])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const described = entries.map(([name, source]) => {
    const begin = end;
    end += bytesOf(source);
    return [name, { dtype: source.dtype, shape: source.shape, data_offsets: [begin, end] }] as const;
  });
  const first = Object.keys(metadata).length === 0 ? [] : [[METADATA, metadata] as const];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...first, ...described])));
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAXIMUM_HEADER_BYTES) {
    const expected = `to be at most ${MAXIMUM_HEADER_BYTES} bytes`;
    throw new ArgumentError({ op: OP, argument: 'names and metadata', expected, received: `${length}` }, 'SAFETENSORS');
  }
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

/** Makes the new name survive a power failure, where the system can: not every file system lets a folder be synchronized. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}
