// SPDX-License-Identifier: Apache-2.0
// From the bytes of a file to the values of a tensor. Files are little-endian, and so is every processor that Node runs on here.

import type { FileType } from './format.ts';

/** Values of a tensor: float32, int32 or bool. */
export type Values = Float32Array | Int32Array | Uint8Array;

/**
 * Writes `count` elements that stand at the beginning of `bytes` to `out` from `start` on.
 *
 * @returns what makes the conversion impossible, or undefined
 */
export type Convert = (bytes: ArrayBuffer, count: number, out: Values, start: number) => string | undefined;

const copyFrom =
  (view: (bytes: ArrayBuffer, count: number) => ArrayLike<number>): Convert =>
  (bytes, count, out, start) => {
    out.set(view(bytes, count), start);
    return undefined;
  };

/**
 * One row per type: F32, I32, U8 and BOOL as they are, F16 and BF16 exactly, F64 rounded to float32, I64 where every value
 * fits 32 bits. A BOOL must be 0 or 1.
 */
export const CONVERSIONS: Readonly<Record<FileType, Convert>> = {
  F64: copyFrom((bytes, count) => new Float64Array(bytes, 0, count)),
  F32: copyFrom((bytes, count) => new Float32Array(bytes, 0, count)),
  F16: (bytes, count, out, start) => {
    const halves = new Uint16Array(bytes, 0, count);
    const table = (halfTable ??= makeHalfTable());
    for (let i = 0; i < count; i++) out[start + i] = table[halves[i]];
    return undefined;
  },
  BF16: (bytes, count, out, start) => {
    const upper = new Uint16Array(bytes, 0, count);
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
    for (let i = 0; i < count; i++) bits[start + i] = upper[i] << 16;
    return undefined;
  },
  I64: (bytes, count, out, start) => {
    const words = new Int32Array(bytes, 0, 2 * count);
    for (let i = 0; i < count; i++) {
      const low = words[2 * i];
      if (words[2 * i + 1] !== low >> 31) return `${new BigInt64Array(bytes, 8 * i, 1)[0]}, which 32 bits cannot hold`;
      out[start + i] = low;
    }
    return undefined;
  },
  I32: copyFrom((bytes, count) => new Int32Array(bytes, 0, count)),
  U8: copyFrom((bytes, count) => new Uint8Array(bytes, 0, count)),
  BOOL: (bytes, count, out, start) => {
    const values = new Uint8Array(bytes, 0, count);
    const wrong = values.find((value) => value > 1);
    if (wrong !== undefined) return `${wrong} as a truth value`;
    out.set(values, start);
    return undefined;
  },
};

let halfTable: Float32Array | undefined;

/** The value of each of the 65,536 numbers of IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function makeHalfTable(): Float32Array {
  return Float32Array.from({ length: 65536 }, (_, half) => {
    const sign = half < 32768 ? 1 : -1;
    const exponent = (half >> 10) & 31;
    const fraction = (half & 1023) / 1024;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    if (exponent === 0) return sign * fraction * 2 ** -14;
    return sign * (1 + fraction) * 2 ** (exponent - 15);
  });
}
