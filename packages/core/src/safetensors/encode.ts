// SPDX-License-Identifier: Apache-2.0
// From the values of a tensor to the bytes of a file: the other direction of convert.ts.

import type { Values } from './convert.ts';
import { FILE_TYPES, type FileType, type TensorType } from './format.ts';

/** Elements encoded at once, so that a large tensor is not in memory twice. */
const PIECE_ELEMENTS = 1 << 18;

/**
 * Writes the elements from `start` to `end` of `values` to the beginning of `bytes`.
 *
 * @returns the index of an element that the file type cannot hold, or -1
 */
type Encode = (values: Values, start: number, end: number, bytes: ArrayBuffer) => number;

/** File types that tensors of each type can be stored as; the first is the one that stores the same bytes. */
export const STORABLE: Readonly<Record<TensorType, readonly [FileType, ...FileType[]]>> = {
  float32: ['F32', 'F16', 'BF16', 'F64'],
  int32: ['I32', 'I64', 'U8'],
  bool: ['BOOL'],
};

/** One row per file type that stores other bytes than the tensor has. */
const ENCODERS: Readonly<Partial<Record<FileType, Encode>>> = {
  F64: (values, start, end, bytes) => {
    new Float64Array(bytes).set(values.subarray(start, end));
    return -1;
  },
  F16: (values, start, end, bytes) => encodeUpper(values, start, end, bytes, halfOf),
  BF16: (values, start, end, bytes) => encodeUpper(values, start, end, bytes, bfloatOf),
  I64: (values, start, end, bytes) => {
    const words = new Int32Array(bytes);
    for (let i = start; i < end; i++) {
      words[2 * (i - start)] = values[i];
      words[2 * (i - start) + 1] = values[i] >> 31; // the sign
    }
    return -1;
  },
  U8: (values, start, end, bytes) => {
    const out = new Uint8Array(bytes);
    for (let i = start; i < end; i++) {
      if (values[i] < 0 || values[i] > 255) return i;
      out[i - start] = values[i];
    }
    return -1;
  },
};

/**
 * The bytes of a tensor in a file, piece by piece; each piece is valid until the next is asked for.
 *
 * @param refuse  called with the index of an element that `type` cannot hold; throws
 */
export function* encoded(values: Values, type: FileType, refuse: (index: number) => never): Generator<Uint8Array> {
  const encode = ENCODERS[type];
  if (encode === undefined) {
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return;
  }
  const { bytes: width } = FILE_TYPES[type];
  const piece = new ArrayBuffer(Math.min(PIECE_ELEMENTS, values.length) * width);
  for (let start = 0; start < values.length; start += PIECE_ELEMENTS) {
    const end = Math.min(start + PIECE_ELEMENTS, values.length);
    const wrong = encode(values, start, end, piece);
    if (wrong !== -1) refuse(wrong);
    yield new Uint8Array(piece, 0, (end - start) * width);
  }
}

/** 16 bits for each float32; `convert` gives -1 for a finite number that 16 bits cannot hold. */
function encodeUpper(
  values: Values,
  start: number,
  end: number,
  bytes: ArrayBuffer,
  convert: (bits: number) => number,
): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(bytes);
  for (let i = start; i < end; i++) {
    const converted = convert(bits[i]);
    if (converted === -1) return i;
    out[i - start] = converted;
  }
  return -1;
}

/** The bits of a float32 as those of the nearest binary16 (ties to even): 1 sign, 5 exponent and 10 fraction bits. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude === 0x7f800000) return sign | 0x7c00; // infinite
  if (magnitude >= 0x477ff000) return -1; // 65520 and above would round to infinity
  if (magnitude >= 0x38800000) return sign | roundOff(magnitude - 0x38000000, 13); // exponents are 112 apart
  if (magnitude <= 0x33000000) return sign; // half of the least subnormal number, and below
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  return sign | roundOff(fraction, 126 - (magnitude >>> 23)); // in units of 2^-24
}

/** The bits of a float32 as those of the nearest bfloat16 (ties to even): its upper half. */
function bfloatOf(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (bits >>> 16) | 0x40; // NaN, quiet so that no zero is left of it
  if (magnitude < 0x7f800000 && magnitude >= 0x7f7f8000) return -1; // would round to infinity
  return ((bits >>> 16) & 0x8000) | roundOff(magnitude, 16);
}

/** `value / 2^places`, to the nearest integer, ties to even. */
function roundOff(value: number, places: number): number {
  const half = 2 ** (places - 1);
  const isOdd = (value >>> places) & 1;
  return (value + half - 1 + isOdd) >>> places;
}
