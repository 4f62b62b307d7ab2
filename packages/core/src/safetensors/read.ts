// SPDX-License-Identifier: Apache-2.0
// Reads safetensors files: one tensor after the other, in pieces, so that nothing but the values themselves stays in memory.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { sizeOf } from '../shape.ts';
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

async function readTensor(source: Source, name: string, entry: SafetensorsEntry): Promise<Tensor> {
  const { handle, path, dataStart, piece } = source;
  const { bytes: elementBytes, dtype } = FILE_TYPES[entry.dtype];
  const [begin, end] = entry.offsets;
  const out = allocate(dtype, sizeOf(entry.shape), { file: path, tensor: name });
  for (let at = begin; at < end; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, end - at);
    await readFully(handle, new Uint8Array(piece, 0, length), dataStart + at, path);
    const start = (at - begin) / elementBytes;
    const wrong = CONVERSIONS[entry.dtype](piece, length / elementBytes, out, start);
    if (wrong !== undefined) {
      const hint = 'Save the tensor in another type.';
      throw formatError({ file: path, tensor: name, expected: `to fit ${dtype}`, received: wrong, hint });
    }
  }
  return tensor(out, [...entry.shape], dtype);
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
