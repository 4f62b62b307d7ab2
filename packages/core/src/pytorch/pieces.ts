// SPDX-License-Identifier: Apache-2.0
// The values of a tensor in row-major order, piece by piece, also where it is a view of a storage: transposed, a slice, repeated.

import type { FileHandle } from 'node:fs/promises';

import { FILE_TYPES } from '../safetensors/format.ts';
import { readFully } from '../safetensors/header.ts';
import { rowMajorStrides, sizeOf } from '../shape.ts';
import { pickleError } from './errors.ts';
import type { PickledTensor } from './values.ts';

const PIECE_BYTES = 1 << 20;

/**
 * Bytes of the elements, in order. A tensor that lies in its storage as it is, is read in pieces; of any other, the part of the storage
 * between its first and its last element is in memory.
 *
 * @param start  where the storage begins in the file
 */
export async function* piecesOf(
  handle: FileHandle,
  file: string,
  start: number,
  { storage, offset, shape, strides }: PickledTensor,
): AsyncGenerator<Uint8Array> {
  const size = sizeOf(shape);
  if (size === 0) return;
  const { bytes: width } = FILE_TYPES[storage.dtype];
  const first = start + offset * width;
  const axes = shape.map((length, axis) => ({ length, stride: strides[axis] })).filter(({ length }) => length !== 1);
  const inOrder = rowMajorStrides(axes.map(({ length }) => length));
  if (axes.every(({ stride }, axis) => stride === inOrder[axis])) {
    const piece = new ArrayBuffer(Math.min(PIECE_BYTES, size * width));
    for (let at = 0; at < size * width; at += PIECE_BYTES) {
      const bytes = new Uint8Array(piece, 0, Math.min(PIECE_BYTES, size * width - at));
      await readFully(handle, bytes, first + at, file);
      yield bytes;
    }
    return;
  }
  const last = axes.reduce((at, { length, stride }) => at + (length - 1) * stride, 0);
  const region = new Uint8Array(allocate((last + 1) * width, file));
  await readFully(handle, region, first, file);
  yield* gather(region.buffer, width, axes);
}

interface Axis {
  readonly length: number;
  readonly stride: number; // elements
}

/** Elements of `region` in row-major order of `axes`. Nothing is computed: 8 bytes are moved as two words. */
function* gather(region: ArrayBuffer, width: number, axes: readonly Axis[]): Generator<Uint8Array> {
  if (width === 8) {
    const words = axes.map(({ length, stride }) => ({ length, stride: 2 * stride }));
    yield* gather(region, 4, [...words, { length: 2, stride: 1 }]);
    return;
  }
  const Words = width === 4 ? Uint32Array : width === 2 ? Uint16Array : Uint8Array;
  const from = new Words(region);
  const piece = new Words(PIECE_BYTES / width);
  const inner = axes[axes.length - 1];
  const outer = axes.slice(0, -1);
  const index = outer.map(() => 0);
  let filled = 0;
  for (let row = 0; row !== -1; row = advance(index, outer, row)) {
    for (let i = 0; i < inner.length; i++) {
      piece[filled++] = from[row + i * inner.stride];
      if (filled < piece.length) continue;
      yield new Uint8Array(piece.buffer);
      filled = 0;
    }
  }
  if (filled > 0) yield new Uint8Array(piece.buffer, 0, filled * width);
}

/** Counts `index` one on, the last axis fastest; returns where that is, or -1 behind the end. */
function advance(index: number[], axes: readonly Axis[], position: number): number {
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const { length, stride } = axes[axis];
    if (++index[axis] < length) return position + stride;
    index[axis] = 0;
    position -= (length - 1) * stride;
  }
  return -1;
}

function allocate(bytes: number, file: string): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    const hint = 'Save its tensors with .contiguous(), so that they can be read in pieces.';
    throw pickleError({ file, expected: 'to have views that fit in memory', received: `${bytes} bytes`, hint }, error);
  }
}
