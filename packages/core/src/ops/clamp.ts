// SPDX-License-Identifier: Apache-2.0
// Replaces elements: beyond bounds, not finite, or under a mask.

import { checkDtype, checkFloat, checkNumber, checkOptions, checkTensor } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { type Tensor, clipByValue, equal, fill, isNaN as isNotANumber, zerosLike } from '../tf.ts';
import { broadcastTo, where } from './broadcast-to.ts';

/** Options of {@link clamp}; at least one of the two. */
export interface ClampOptions {
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * `min(max(x, minimum), maximum)`; either bound may be left out. The gradient is 0 beyond a bound, and 1 at it. NaN stays.
 *
 * @param x  any shape, float32
 * @throws {ArgumentError} neither bound is given, or `minimum` is greater than `maximum`
 * @throws {DTypeError} `x` is not float32
 * @example
 * clamp(tensor1d([-2, 0, 5]), { minimum: 0 }); // [0, 0, 5]
 */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  checkFloat('clamp', { x });
  checkOptions('clamp', options, ['minimum', 'maximum']);
  const { minimum, maximum } = options;
  if (minimum === undefined && maximum === undefined) {
    throw new ArgumentError({ op: 'clamp', argument: 'minimum or maximum', expected: 'to be given', received: 'none' });
  }
  if (minimum !== undefined) checkNumber('clamp', 'minimum', minimum);
  if (maximum !== undefined) checkNumber('clamp', 'maximum', maximum, minimum === undefined ? {} : { minimum });
  return clipByValue(x, minimum ?? -Infinity, maximum ?? Infinity);
}

/** What {@link nanToNum} puts in place of numbers that are not finite. */
export interface NanToNumOptions {
  /** Default 0. */
  readonly nan?: number;
  /** For infinity; default the largest float32. */
  readonly positive?: number;
  /** For minus infinity; default the smallest float32. */
  readonly negative?: number;
}

const LARGEST = 3.4028234663852886e38; // of float32

/**
 * Replaces NaN and infinities. Their gradient is 0, that of all others 1.
 *
 * @param x  any shape, float32
 * @throws {ArgumentError} a replacement is not a finite number
 * @throws {DTypeError} `x` is not float32
 * @example
 * nanToNum(tensor1d([NaN, 1, Infinity]), { positive: 9 }); // [0, 1, 9]
 */
export function nanToNum(x: Tensor, options: NanToNumOptions = {}): Tensor {
  checkFloat('nanToNum', { x });
  checkOptions('nanToNum', options, ['nan', 'positive', 'negative']);
  const { nan = 0, positive = LARGEST, negative = -LARGEST } = options;
  checkNumber('nanToNum', 'nan', nan);
  checkNumber('nanToNum', 'positive', positive);
  checkNumber('nanToNum', 'negative', negative);
  const constant = (value: number): Tensor => fill(x.shape, value);
  const known = where(isNotANumber(x), constant(nan), x);
  const bounded = where(equal(x, Infinity), constant(positive), known);
  return where(equal(x, -Infinity), constant(negative), bounded);
}

/**
 * `value` where the mask holds, `x` elsewhere. What is filled gets no gradient.
 *
 * @param x      any shape, float32
 * @param mask   bool, a shape that broadcasts to that of `x`
 * @param value  a number; infinities too, as for scores of attention
 * @throws {ShapeError} `mask` does not broadcast to `x` (code `BROADCAST`)
 * @throws {DTypeError} `x` is not float32, or `mask` not bool
 * @throws {ArgumentError} `value` is no number
 * @example
 * maskedFill(tensor1d([1, 2, 3]), tensor1d([false, true, false], 'bool'), -1); // [1, -1, 3]
 */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  checkFloat('maskedFill', { x });
  checkTensor('maskedFill', 'mask', mask);
  checkDtype('maskedFill', 'mask', mask, 'bool');
  if (typeof value !== 'number' || Number.isNaN(value)) {
    const received = typeof value === 'number' ? 'NaN' : typeof value;
    throw new ArgumentError({ op: 'maskedFill', argument: 'value', expected: 'to be a number', received });
  }
  const filled = value === 0 ? zerosLike(x) : fill(x.shape, value);
  return where(broadcastTo(mask, x.shape), filled, x);
}
