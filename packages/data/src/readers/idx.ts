// SPDX-License-Identifier: Apache-2.0
// IDX files, the format of MNIST: a type, a shape, and the values in big-endian order; gzip or not.

import { ArgumentError, formatShape } from '@nabla/core';
import { readBytes } from '../files.ts';
import { gunzip, isGzip } from './gzip.ts';

/** The values of an IDX file, in the type that the file stores. */
export type IdxValues = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** What an IDX file holds. */
export interface IdxArray {
  /** Lengths of the axes, the slowest first. */
  readonly shape: readonly number[];
  readonly values: IdxValues;
}

interface IdxType {
  readonly bytes: number;
  /** Values from big-endian bytes; a type of several bytes may turn them around in place. */
  readonly view: (bytes: Buffer, count: number) => IdxValues;
}

/** Value types by the third byte of the file. */
const IDX_TYPES: Readonly<Record<number, IdxType>> = {
  0x08: { bytes: 1, view: (bytes, count) => new Uint8Array(bytes.buffer, bytes.byteOffset, count) },
  0x09: { bytes: 1, view: (bytes, count) => new Int8Array(bytes.buffer, bytes.byteOffset, count) },
  0x0b: { bytes: 2, view: (bytes, count) => new Int16Array(bytes.swap16().buffer, bytes.byteOffset, count) },
  0x0c: { bytes: 4, view: (bytes, count) => new Int32Array(bytes.swap32().buffer, bytes.byteOffset, count) },
  0x0d: { bytes: 4, view: (bytes, count) => new Float32Array(bytes.swap32().buffer, bytes.byteOffset, count) },
  0x0e: { bytes: 8, view: (bytes, count) => new Float64Array(bytes.swap64().buffer, bytes.byteOffset, count) },
};

/**
 * Reads an IDX file, packed with gzip or not.
 *
 * @throws {ArgumentError} the file cannot be read (code `FILE`), cannot be unpacked (code `GZIP`), or is no IDX file of the size
 *   that its header says (code `IDX`)
 * @see http://yann.lecun.com/exdb/mnist, "the IDX file format"
 */
export async function readIdx(path: string): Promise<IdxArray> {
  return parseIdx(await readBytes('readIdx', path), path);
}

/**
 * The array in the bytes of an IDX file, packed with gzip or not. The header is checked against the number of bytes before
 * anything is made from it.
 *
 * @param bytes   the file
 * @param source  the name of the bytes in errors, such as a path
 * @throws {ArgumentError} as {@link readIdx}
 * @example
 * const { shape, values } = parseIdx(Uint8Array.of(0, 0, 0x08, 2, 0, 0, 0, 1, 0, 0, 0, 2, 7, 255), 'bytes');
 * [shape, [...values]]; // [[1, 2], [7, 255]]
 */
export function parseIdx(bytes: Uint8Array, source: string): IdxArray {
  const file = isGzip(bytes) ? gunzip('readIdx', bytes, source) : bytes;
  if (file.length < 4) throw idxError(source, 'to have at least 4 bytes', `${file.length}`);
  const [zero, none, code = 0, rank = 0] = file;
  const type = IDX_TYPES[code];
  if (zero !== 0 || none !== 0 || type === undefined || rank === 0) {
    const received = [...file.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw idxError(source, 'to begin with the bytes 00 00, a type (08, 09, 0b to 0e) and a rank above 00', received);
  }
  const start = 4 + 4 * rank;
  if (file.length < start) throw idxError(source, `to have ${start} bytes for ${rank} axes`, `${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const needed = start + type.bytes * shape.reduce((product, length) => product * length, 1);
  if (needed !== file.length) {
    throw idxError(source, `to have ${needed} bytes for its shape ${formatShape(shape)}`, `${file.length}`);
  }
  // Copied, since values of several bytes must be aligned and are turned around.
  const values = type.view(aligned(file.subarray(start)), (file.length - start) / type.bytes);
  return { shape, values };
}

/** A copy that has its memory for itself, from its first byte on. */
function aligned(bytes: Uint8Array): Buffer {
  const copy = new Uint8Array(bytes);
  return Buffer.from(copy.buffer);
}

function idxError(source: string, expected: string, received: string): ArgumentError {
  const hint = 'The file is damaged, incomplete, or no IDX file.';
  return new ArgumentError({ op: 'readIdx', argument: source, expected, received, hint }, 'IDX');
}
