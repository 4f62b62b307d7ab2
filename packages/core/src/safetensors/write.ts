// SPDX-License-Identifier: Apache-2.0
// Writes safetensors files: under a temporary name, which takes the place of the old file only when all is on the disk.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkDtype, checkOneOf, checkOptions, checkTensor, checkText } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { Tensor } from '../tf.ts';
import type { Values } from './convert.ts';
import { STORABLE, encoded } from './encode.ts';
import {
  FILE_TYPES,
  type FileType,
  LENGTH_BYTES,
  MAXIMUM_HEADER_BYTES,
  METADATA,
  type TensorType,
  fileError,
} from './format.ts';

const OP = 'writeSafetensors';

/** How the values of tensors are stored. */
export interface WriteSafetensorsOptions {
  /** The type of float32 tensors in the file; F16 and BF16 are rounded to the nearest value, ties to even. Default: F32. */
  readonly dtype?: 'F32' | 'F16' | 'BF16' | 'F64';
  /** The type of int32 tensors in the file; I64 is what PyTorch takes for ids. Default: I32. */
  readonly integerDtype?: 'I32' | 'I64' | 'U8';
  /** The type of single tensors, by name. */
  readonly dtypes?: Readonly<Record<string, FileType>>;
}

/**
 * Writes tensors to a file that PyTorch and Hugging Face read: float32 as F32, int32 as I32 (or as the options say), bool as
 * BOOL; in the given order, except that types of fewer bytes come later, so that all values are aligned. One tensor's values are
 * in memory at a time. The file appears under its name only when it is complete and on the disk; until then, and on any error,
 * the previous one stays as it was.
 *
 * @param tensors   tensors by name; any name but `__metadata__`
 * @param metadata  free text by name, such as `{ format: 'pt' }`, which Hugging Face's transformers asks for
 * @param options   types of the values in the file; see {@link WriteSafetensorsOptions}
 * @throws {DTypeError} a tensor is neither float32 nor int32 nor bool
 * @throws {ArgumentError} a value is no tensor (code `TENSOR`), a number is finite but too great for the type in the file, or the
 *   file cannot be written (code `SAFETENSORS`)
 * @see https://huggingface.co/docs/safetensors
 * @example
 * await writeSafetensors('half.safetensors', { x: tensor1d([1, 0.1]) }, {}, { dtype: 'F16' });
 * (await readSafetensors('half.safetensors')).tensors.x; // [1, 0.0999756]
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const entries = inFileOrder(tensors, storedAs(options), options.dtypes ?? {});
  for (const [name, text] of Object.entries(metadata)) checkText(OP, `metadata "${name}"`, text);
  const header = encodeHeader(entries, metadata);
  const temporary = `${path}.${process.pid}-${++written}.tmp`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx');
    await handle.writeFile(header);
    for (const entry of entries) {
      for (const piece of encoded(await valuesOf(entry), entry.type, refuse(entry))) await handle.writeFile(piece);
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

interface Entry {
  readonly name: string;
  readonly tensor: Tensor;
  /** In the file. */
  readonly type: FileType;
}

function storedAs(options: WriteSafetensorsOptions): Readonly<Record<string, FileType>> {
  checkOptions(OP, options, ['dtype', 'integerDtype', 'dtypes']);
  const { dtype = 'F32', integerDtype = 'I32' } = options;
  checkOneOf(OP, 'dtype', dtype, STORABLE.float32);
  checkOneOf(OP, 'integerDtype', integerDtype, STORABLE.int32);
  const types: Record<TensorType, FileType> = { float32: dtype, int32: integerDtype, bool: 'BOOL' };
  return types;
}

function inFileOrder(
  tensors: Readonly<Record<string, Tensor>>,
  types: Readonly<Record<string, FileType>>,
  chosen: Readonly<Record<string, FileType>>,
): Entry[] {
  const entries = Object.entries(tensors).map(([name, tensor]): Entry => {
    checkTensor(OP, `"${name}"`, tensor);
    checkDtype(OP, `"${name}"`, tensor, ...Object.keys(types));
    const type = chosen[name] ?? types[tensor.dtype];
    checkOneOf(OP, `the type of "${name}"`, type, STORABLE[tensor.dtype as TensorType]);
    if (name !== METADATA) return { name, tensor, type };
    const expected = `to be named other than ${METADATA}`;
    throw new ArgumentError({ op: OP, argument: 'every tensor', expected, received: name }, 'SAFETENSORS');
  });
  return entries.sort((a, b) => FILE_TYPES[b.type].bytes - FILE_TYPES[a.type].bytes);
}

/** Length and JSON, filled up with spaces so that the values begin at a multiple of 8 bytes. */
function encodeHeader(entries: readonly Entry[], metadata: Readonly<Record<string, string>>): Uint8Array {
  let end = 0;
  const described = entries.map(({ name, tensor: { shape, size }, type }) => {
    const begin = end;
    end += size * FILE_TYPES[type].bytes;
    return [name, { dtype: type, shape, data_offsets: [begin, end] }] as const;
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

async function valuesOf({ name, tensor }: Entry): Promise<Values> {
  if (tensor.isDisposed) {
    const mismatch = { op: OP, argument: `"${name}"`, expected: 'to be alive', received: 'a disposed tensor' };
    throw new ArgumentError(mismatch, 'SAFETENSORS');
  }
  return tensor.data();
}

/** What is thrown for an element that the type in the file cannot hold. */
function refuse({ name, tensor, type }: Entry): (index: number) => never {
  return (index) => {
    const received = `${String(tensor.dataSync()[index])} at element ${index}`;
    const hint = 'Choose another type: BF16 and F32 reach further than F16, I32 and I64 than U8.';
    const mismatch = { op: OP, argument: `tensor "${name}"`, expected: `to fit ${type}`, received, hint };
    throw new ArgumentError(mismatch, 'SAFETENSORS');
  };
}

/** Makes the new name survive a power failure, where the system can: not every file system lets a folder be synchronized. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}
