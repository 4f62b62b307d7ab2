// SPDX-License-Identifier: Apache-2.0
// Opens what torch.save writes: finds out its format, which tensors it holds, and where their values lie. No value is read.

import { type FileHandle, open, stat } from 'node:fs/promises';

import { FILE_TYPES, type FileType } from '../safetensors/format.ts';
import type { TensorSource } from '../safetensors/source.ts';
import { sizeOf } from '../shape.ts';
import { ByteReader } from './byte-reader.ts';
import { checkMember } from './checksum.ts';
import type { Contents } from './contents.ts';
import { pickleError } from './errors.ts';
import { isLegacy, readLegacy } from './legacy.ts';
import { readPickle } from './pickle.ts';
import { piecesOf } from './pieces.ts';
import { PickledDict, PickledTensor, type PickleValue, kindOf } from './values.ts';
import { type Member, readZipDirectory } from './zip-directory.ts';

/** The tensors of a file. */
export interface PyTorchFile {
  /** By name, in the order of the file. */
  readonly tensors: Readonly<Record<string, TensorSource>>;
  /** Names of tensors that are an earlier one once more, such as an output tied to an embedding, with the name of that one. */
  readonly shared: Readonly<Record<string, string>>;
}

/** All tensors of a file together may have this many times its bytes, so that views cannot make much of little. */
const MOST_TIMES = 4;
const ALWAYS_ALLOWED = 1 << 26; // bytes

/**
 * Finds out which tensors a file of `torch.save` holds: a state dict, or a dict with exactly one in it, as checkpoints of a training
 * have it; what else there is, such as numbers, is left out. Both formats are read, the zip archive and what PyTorch wrote before
 * version 1.6. The pickle in it is read by a machine that builds tensors and nothing else: no code of the file runs.
 *
 * @throws {ArgumentError} the file cannot be read, is damaged, refers to anything but tensors, or is of another format (code `PICKLE`)
 * @see https://pytorch.org/docs/stable/notes/serialization.html
 */
export async function openPyTorch(path: string): Promise<PyTorchFile> {
  const { value, find, bytes } = await withPyTorchFile(path, async (handle) => {
    const { size } = await handle.stat();
    return { ...(await readContents(handle, path, size)), bytes: size };
  });
  const tensors: Record<string, TensorSource> = {};
  const shared: Record<string, string> = {};
  const seen = new Map<string, string>();
  let total = 0;
  for (const [name, tensor] of Object.entries(namedTensors(value, path))) {
    const { dtype, key, count } = tensor.storage;
    const member = find(tensor.storage);
    const needed = count * FILE_TYPES[dtype].bytes;
    if (member === undefined || member.bytes < needed) {
      const received = member === undefined ? 'none' : `${member.bytes}`;
      throw pickleError({ file: path, tensor: name, expected: `to have a storage of ${needed} bytes`, received });
    }
    define(tensors, name, makeSource(path, member, tensor));
    const identity = JSON.stringify([key, dtype, tensor.offset, tensor.shape, tensor.strides]);
    const first = seen.get(identity);
    if (first !== undefined && sizeOf(tensor.shape) > 0) {
      define(shared, name, first);
      continue;
    }
    seen.set(identity, name);
    total += sizeOf(tensor.shape) * FILE_TYPES[dtype].bytes;
    if (total <= MOST_TIMES * bytes + ALWAYS_ALLOWED) continue;
    const hint = 'They repeat the same bytes again and again: save them with .clone().';
    const expected = `to have tensors of at most ${MOST_TIMES} times its ${bytes} bytes`;
    throw pickleError({ file: path, expected, received: `${total} bytes and more`, hint });
  }
  return { tensors, shared };
}

/** Opens a file for `use`, with errors that name it. */
export async function withPyTorchFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    if (!(await stat(path)).isFile()) {
      const hint = 'Give the path of a .pt, .pth or .bin file.';
      throw pickleError({ file: path, expected: 'to be a file', received: 'something else', hint }); // a pipe would block
    }
    handle = await open(path, 'r');
    return await use(handle);
  } catch (error) {
    const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
    if (!isOfSystem) throw error;
    const received = String(error.message);
    throw pickleError({ file: path, expected: 'to be a readable file', received, hint: 'Check its path.' }, error);
  } finally {
    await handle?.close();
  }
}

async function readContents(handle: FileHandle, file: string, size: number): Promise<Contents> {
  const head = Buffer.alloc(Math.min(size, 512));
  await handle.read(head, 0, head.length, 0);
  if (head.length >= 4 && head.readUInt32LE(0) === 0x04034b50) return readArchive(handle, file);
  if (isLegacy(head)) return readLegacy(handle, file, size);
  const { received, hint } = recognize(head);
  throw pickleError({ file, expected: 'to be what torch.save writes', received, hint });
}

async function readArchive(handle: FileHandle, file: string): Promise<Contents> {
  const members = await readZipDirectory(handle, file);
  const pickles = [...members].filter(([name]) => /^[^/]*\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    const hint = 'It is a zip archive, but not one of torch.save.';
    throw pickleError({ file, expected: 'to have one member data.pkl', received: `${pickles.length}`, hint });
  }
  const [[pickle, member]] = pickles;
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (members.has(`${folder}constants.pkl`)) {
    const hint = 'Save its weights instead: torch.save(torch.jit.load(path).state_dict(), path).';
    throw pickleError({ file, expected: 'to hold tensors', received: 'a program of TorchScript', hint });
  }
  await checkByteOrder(handle, members.get(`${folder}byteorder`), file);
  await checkMember(handle, file, member);
  const value = readPickle(new ByteReader(handle.fd, file, member.start, member.start + member.bytes));
  return { value, find: ({ key }) => members.get(`${folder}data/${key}`) };
}

async function checkByteOrder(handle: FileHandle, member: Member | undefined, file: string): Promise<void> {
  if (member === undefined || member.bytes > 16) return;
  const order = Buffer.alloc(member.bytes);
  await handle.read(order, 0, order.length, member.start);
  if (order.toString() === 'little') return;
  const hint = 'Save it on a little-endian machine.';
  throw pickleError({ file, expected: 'to be little-endian', received: order.toString('latin1'), hint });
}

/** What a file is that is not of torch.save. */
function recognize(head: Buffer): { received: string; hint: string } {
  const text = head.toString('latin1');
  if (text.startsWith('version https://git-lfs')) {
    return { received: 'a pointer of Git LFS', hint: 'Fetch the file that it stands for: git lfs pull' };
  }
  if (text.startsWith('ustar', 257)) {
    return { received: 'a tar archive', hint: 'Load and save it with a PyTorch of version 1.6 or later.' };
  }
  if (text.startsWith('{"', 8)) return { received: 'a safetensors file', hint: 'It needs no conversion.' };
  if (head[0] === 0x80) return { received: 'a plain pickle', hint: 'Load it in Python, and save it with torch.save.' };
  if (head.length === 0) return { received: 'an empty file', hint: 'Fetch or save it again.' };
  return { received: 'another format', hint: 'Fetch or save it again.' };
}

/** The tensors of a state dict, or of the only one in a dict. */
function namedTensors(value: PickleValue, file: string): Record<string, PickledTensor> {
  const hint = 'Save the weights alone: torch.save(model.state_dict(), path).';
  const expected = 'to hold a dict of tensors';
  if (!(value instanceof PickledDict)) throw pickleError({ file, expected, received: kindOf(value), hint });
  const own = tensorsOf(value);
  if (Object.keys(own).length > 0) return own;
  const inner = value.entries.flatMap(([key, entry]) => {
    const tensors = entry instanceof PickledDict ? tensorsOf(entry) : {};
    return Object.keys(tensors).length > 0 ? [{ key: typeof key === 'string' ? key : kindOf(key), tensors }] : [];
  });
  if (inner.length === 1) return inner[0].tensors;
  const received = inner.length === 0 ? 'none' : `several: ${inner.map(({ key }) => key).join(', ')}`;
  throw pickleError({ file, expected, received, hint });
}

function tensorsOf(dict: PickledDict): Record<string, PickledTensor> {
  const tensors: Record<string, PickledTensor> = {};
  for (const [key, value] of dict.entries) {
    const isName = typeof key === 'string' || typeof key === 'number';
    if (isName && value instanceof PickledTensor) define(tensors, String(key), value);
  }
  return tensors;
}

/** Sets a property of any name, also one such as `__proto__`. */
function define<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function makeSource(path: string, member: Member, tensor: PickledTensor): TensorSource {
  const { shape, storage } = tensor;
  const dtype: FileType = storage.dtype;
  return {
    dtype,
    shape,
    async *pieces() {
      const handle = await open(path, 'r');
      try {
        await checkMember(handle, path, member);
        yield* piecesOf(handle, path, member.start, tensor);
      } finally {
        await handle.close();
      }
    },
  };
}
