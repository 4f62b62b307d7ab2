// SPDX-License-Identifier: Apache-2.0
// A tensor that is not in memory: what it is, and its bytes piece by piece.

import { ArgumentError } from '../errors.ts';
import { sizeOf } from '../shape.ts';
import { CONVERSIONS } from './convert.ts';
import { encoded } from './encode.ts';
import { FILE_TYPES, type FileType } from './format.ts';

/** A tensor of some file. */
export interface TensorSource {
  readonly dtype: FileType;
  readonly shape: readonly number[];
  /**
   * The bytes of its elements, little-endian and in row-major order. Each piece is a whole number of elements, stands at the beginning of
   * its buffer, and is valid until the next is asked for.
   */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

const FLOATS: readonly FileType[] = ['F64', 'F32', 'F16', 'BF16'];

/** Bytes of all elements. */
export function bytesOf({ dtype, shape }: TensorSource): number {
  return sizeOf(shape) * FILE_TYPES[dtype].bytes;
}

/**
 * The same tensor with floats of another type, rounded to the nearest value, ties to even; integers and truth values stay what they are.
 *
 * @param name  of the tensor in errors
 * @throws {ArgumentError} while it is read: a finite value is too great for the type (code `SAFETENSORS`)
 */
export function asFloatType(source: TensorSource, dtype: 'F32' | 'F16' | 'BF16', name: string): TensorSource {
  if (!FLOATS.includes(source.dtype) || source.dtype === dtype) return source;
  const { shape } = source;
  return { dtype, shape, pieces: () => convertPieces(source, dtype, name) };
}

async function* convertPieces(source: TensorSource, dtype: FileType, name: string): AsyncGenerator<Uint8Array> {
  const { bytes: width } = FILE_TYPES[source.dtype];
  let values = new Float32Array();
  for await (const piece of source.pieces()) {
    const count = piece.length / width;
    if (values.length < count) values = new Float32Array(count);
    CONVERSIONS[source.dtype](piece.buffer as ArrayBuffer, count, values, 0);
    const refuse = (index: number): never => {
      const hint = 'Choose another type: BF16 and F32 reach further than F16.';
      const argument = `tensor "${name}"`;
      const expected = `to fit ${dtype}`;
      throw new ArgumentError(
        { op: 'writeSafetensors', argument, expected, received: String(values[index]), hint },
        'SAFETENSORS',
      );
    };
    yield* encoded(values.subarray(0, count), dtype, refuse);
  }
}
