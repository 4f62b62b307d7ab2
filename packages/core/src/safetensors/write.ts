// SPDX-License-Identifier: Apache-2.0
// Writes safetensors files: under a temporary name, which takes the place of the old file only when all is on the disk.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkDtype, checkTensor, checkText } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { Tensor } from '../tf.ts';
import { FILE_TYPES, type FileType, LENGTH_BYTES, MAXIMUM_HEADER_BYTES, METADATA, fileError } from './format.ts';

const OP = 'writeSafetensors';

/** How each element type of a tensor is stored. */
const STORED_AS: Readonly<Record<string, FileType>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/**
 * Writes tensors to a file that PyTorch and Hugging Face read: float32 as F32, int32 as I32, bool as BOOL; in the given order,
 * except that bool comes last, so that all values are aligned. One tensor's values are in memory at a time. The file appears
 * under its name only when it is complete and on the disk; until then, and on any error, the previous one stays as it was.
 *
 * @param tensors   tensors by name; any name but `__metadata__`
 * @param metadata  free text by name, such as `{ format: 'pt' }`, which Hugging Face's transformers asks for
 * @throws {DTypeError} a tensor is neither float32 nor int32 nor bool
 * @throws {ArgumentError} a value is no tensor (code `TENSOR`), or the file cannot be written (code `SAFETENSORS`)
 * @see https://huggingface.co/docs/safetensors
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = inFileOrder(tensors);
  for (const [name, text] of Object.entries(metadata)) checkText(OP, `metadata "${name}"`, text);
  const header = encodeHeader(entries, metadata);
  const temporary = `${path}.${process.pid}-${++written}.tmp`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    await handle.writeFile(header);
    for (const [name, tensor] of entries) await handle.writeFile(await valuesOf(name, tensor));
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

type Entries = readonly (readonly [string, Tensor])[];

function inFileOrder(tensors: Readonly<Record<string, Tensor>>): Entries {
  const entries = Object.entries(tensors);
  for (const [name, tensor] of entries) {
    checkTensor(OP, `"${name}"`, tensor);
    checkDtype(OP, `"${name}"`, tensor, ...Object.keys(STORED_AS));
    if (name !== METADATA) continue;
    const expected = `to be named other than ${METADATA}`;
    throw new ArgumentError({ op: OP, argument: 'every tensor', expected, received: name }, 'SAFETENSORS');
  }
  const isLast = (tensor: Tensor): boolean => tensor.dtype === 'bool';
  return [...entries.filter(([, tensor]) => !isLast(tensor)), ...entries.filter(([, tensor]) => isLast(tensor))];
}

/** Length and JSON, filled up with spaces so that the values begin at a multiple of 8 bytes. */
function encodeHeader(entries: Entries, metadata: Readonly<Record<string, string>>): Uint8Array {
  let end = 0;
  const described = entries.map(([name, { dtype, shape, size }]) => {
    const begin = end;
    end += size * FILE_TYPES[STORED_AS[dtype]].bytes;
    return [name, { dtype: STORED_AS[dtype], shape, data_offsets: [begin, end] }] as const;
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

async function valuesOf(name: string, tensor: Tensor): Promise<Uint8Array> {
  if (tensor.isDisposed) {
    const mismatch = { op: OP, argument: `"${name}"`, expected: 'to be alive', received: 'a disposed tensor' };
    throw new ArgumentError(mismatch, 'SAFETENSORS');
  }
  const { buffer, byteOffset, byteLength } = await tensor.data();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Makes the new name survive a power failure, where the system can: not every file system lets a folder be synchronized. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}
