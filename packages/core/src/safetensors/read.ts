// SPDX-License-Identifier: Apache-2.0
// Reads safetensors files: one tensor after the other, in pieces, so that nothing but the values themselves stays in memory.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { getDevice } from '../device.ts';
import { formatShape, suggest } from '../errors.ts';
import { writeElements } from '../ops/copy-into.ts';
import { sameShape, sizeOf } from '../shape.ts';
import { type Tensor, tensor } from '../tf.ts';
import { CONVERSIONS, type Values } from './convert.ts';
import { FILE_TYPES, type TensorType, fileError, formatError } from './format.ts';
import { type SafetensorsEntry, type SafetensorsHeader, readFully, readHeader } from './header.ts';

/** Bytes read at once; a multiple of every element size. 1 MiB: larger pieces read no faster from a disk cache. */
const PIECE_BYTES = 1 << 20;

/** The tensors of a file by name, and its free text. */
export interface Safetensors {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a file of tensors, such as PyTorch's and Hugging Face's. F32, I32 and BOOL become tensors of the same type, F16 and
 * BF16 float32 with the same values, F64 float32 by rounding, U8 int32, and I64 int32 if every value fits. The tensors belong
 * to the caller.
 *
 * @throws {ArgumentError} the file cannot be read, breaks the format's rules, or holds an I64 that int32 cannot (code `SAFETENSORS`)
 * @see https://huggingface.co/docs/safetensors
 */
export async function readSafetensors(path: string): Promise<Safetensors> {
  return withFile(path, async (handle) => {
    const { tensors: entries, metadata, dataStart } = await readHeader(handle, path);
    const piece = new ArrayBuffer(PIECE_BYTES);
    const made = new Map<string, Tensor>();
    try {
      for (const [name, entry] of Object.entries(entries)) {
        made.set(name, await readTensor({ handle, path, dataStart, piece }, name, entry));
      }
    } catch (error) {
      for (const orphan of made.values()) orphan.dispose();
      throw error;
    }
    return { tensors: Object.fromEntries(made), metadata };
  });
}

/**
 * Reads which tensors a file contains, without their values. Checked as in {@link readSafetensors}.
 *
 * @throws {ArgumentError} the file cannot be read or breaks the format's rules (code `SAFETENSORS`)
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  return withFile(path, (handle) => readHeader(handle, path));
}

async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    if (!(await stat(path)).isFile()) {
      const hint = 'Give the path of a .safetensors file.';
      throw formatError({ file: path, expected: 'to be a file', received: 'something else', hint }); // a pipe would block
    }
    handle = await open(path, 'r');
    return await use(handle);
  } catch (error) {
    throw fileError('readSafetensors', path, 'a readable file', error);
  } finally {
    await handle?.close();
  }
}

interface Source {
  readonly handle: FileHandle;
  readonly path: string;
  readonly dataStart: number;
  /** Where bytes wait for their conversion. */
  readonly piece: ArrayBuffer;
}

/** Elements of a tensor, in order, from the one at `start` on. The array is filled anew for the next piece. */
interface Piece {
  readonly values: Values;
  readonly start: number;
}

async function readTensor(source: Source, name: string, entry: SafetensorsEntry): Promise<Tensor> {
  const { dtype } = FILE_TYPES[entry.dtype];
  const size = sizeOf(entry.shape);
  for await (const { values } of readPieces(source, name, entry, size)) return tensor(values, [...entry.shape], dtype);
  return tensor([], [...entry.shape], dtype); // a tensor without elements
}

/** The values of a tensor, `atOnce` elements at a time, or a few more. */
async function* readPieces(
  { handle, path, dataStart, piece }: Source,
  name: string,
  entry: SafetensorsEntry,
  atOnce: number,
): AsyncIterableIterator<Piece> {
  const { bytes: elementBytes, dtype } = FILE_TYPES[entry.dtype];
  const [begin, end] = entry.offsets;
  const out = allocate(dtype, Math.min(atOnce, sizeOf(entry.shape)), { file: path, tensor: name });
  const most = PIECE_BYTES / elementBytes;
  let filled = 0;
  for (let at = begin; at < end;) {
    const count = Math.min(most, out.length - filled, (end - at) / elementBytes);
    await readFully(handle, new Uint8Array(piece, 0, count * elementBytes), dataStart + at, path);
    const wrong = CONVERSIONS[entry.dtype](piece, count, out, filled);
    if (wrong !== undefined) {
      const hint = 'Save the tensor in another type.';
      throw formatError({ file: path, tensor: name, expected: `to fit ${dtype}`, received: wrong, hint });
    }
    at += count * elementBytes;
    filled += count;
    if (filled < out.length && at < end) continue;
    yield { values: out.subarray(0, filled), start: (at - begin) / elementBytes - filled };
    filled = 0;
  }
}

/** An array for values whose bytes are known to be in the file. */
function allocate(dtype: TensorType, size: number, where: { file: string; tensor: string }): Values {
  try {
    if (dtype === 'float32') return new Float32Array(size);
    return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
  } catch {
    const hint = 'Free memory, or split the file.';
    throw formatError({ ...where, expected: 'to fit in memory', received: `${size} elements`, hint });
  }
}

/**
 * Reads tensors of a file into tensors that exist, in place and in pieces: beside the tensors, a megabyte is in memory. Types are
 * converted as in {@link readSafetensors}. Tensors of the file that are not asked for are left out.
 *
 * @param targets  by the file's names; changed. Where an error is thrown halfway, some have their new values and others not
 * @throws {ArgumentError} the file cannot be read, breaks the format's rules, lacks a name, or has it in another shape or type (code
 *   `SAFETENSORS`)
 * @example
 * await writeSafetensors('weights.safetensors', { bias: tensor1d([1, 2]) });
 * const bias = zeros([2]);
 * await readSafetensorsInto('weights.safetensors', { bias });
 * bias; // [1, 2]
 */
export async function readSafetensorsInto(path: string, targets: Readonly<Record<string, Tensor>>): Promise<void> {
  await withFile(path, async (handle) => {
    const { tensors: entries, dataStart } = await readHeader(handle, path);
    const wanted = Object.entries(targets).map(([name, target]) => {
      return { name, target, entry: checkTarget(path, name, target, entries) };
    });
    const piece = new ArrayBuffer(PIECE_BYTES);
    for (const { name, target, entry } of wanted) {
      const atOnce = getDevice() === 'js' ? target.size : PIECE_BYTES; // js copies what it writes into: it does so once
      for await (const { values, start } of readPieces({ handle, path, dataStart, piece }, name, entry, atOnce)) {
        writeElements(target, values, start);
      }
    }
  });
}

function checkTarget(
  file: string,
  name: string,
  { shape, dtype }: Tensor,
  entries: Readonly<Record<string, SafetensorsEntry>>,
): SafetensorsEntry {
  if (!Object.hasOwn(entries, name)) {
    const received = `${Object.keys(entries).length} others`;
    throw formatError({
      file,
      expected: `to have a tensor "${name}"`,
      received,
      hint: suggest(name, Object.keys(entries)) ?? '',
    });
  }
  const entry = entries[name];
  const found = FILE_TYPES[entry.dtype].dtype;
  if (found === dtype && sameShape(entry.shape, shape)) return entry;
  const hint = 'These are the weights of another model or of another configuration of it.';
  const expected = `to be ${dtype} ${formatShape(shape)}`;
  throw formatError({ file, tensor: name, expected, received: `${entry.dtype} ${formatShape(entry.shape)}`, hint });
}
