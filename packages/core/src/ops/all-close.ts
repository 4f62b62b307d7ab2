// SPDX-License-Identifier: Apache-2.0
// Whether two tensors are equal up to rounding.

import { checkBoolean, checkNumber, checkOptions, checkTensor } from '../check.ts';
import { noGrad } from '../autodiff.ts';
import { scope } from '../memory.ts';
import { sameShape } from '../shape.ts';
import { type Tensor, cast } from '../tf.ts';

/** Options of {@link allClose}. */
export interface AllCloseOptions {
  /** Default 1e-5. */
  readonly relative?: number;
  /** Default 1e-8. */
  readonly absolute?: number;
  /** Whether two NaN count as equal; default false. */
  readonly equalNan?: boolean;
}

/**
 * Whether `|a - b| <= absolute + relative |b|` for every element. Infinities are close to themselves alone. Reads the values,
 * so it waits for them; tensors of different shapes are not close.
 *
 * @param a  numbers of any shape
 * @param b  numbers
 * @throws {ArgumentError} an option is not as described
 * @example
 * allClose(tensor1d([1, 2]), tensor1d([1, 2.00001])); // true
 */
export function allClose(a: Tensor, b: Tensor, options: AllCloseOptions = {}): boolean {
  checkTensor('allClose', 'a', a);
  checkTensor('allClose', 'b', b);
  checkOptions('allClose', options, ['relative', 'absolute', 'equalNan']);
  const { relative = 1e-5, absolute = 1e-8, equalNan = false } = options;
  checkNumber('allClose', 'relative', relative, { minimum: 0 });
  checkNumber('allClose', 'absolute', absolute, { minimum: 0 });
  checkBoolean('allClose', 'equalNan', equalNan);
  if (!sameShape(a.shape, b.shape)) return false;
  const [left, right] = [valuesOf(a), valuesOf(b)];
  return left.every((value, i) => {
    const other = right[i];
    if (value === other) return true;
    if (Number.isNaN(value) || Number.isNaN(other)) return equalNan && Number.isNaN(value) && Number.isNaN(other);
    return Number.isFinite(other) && Math.abs(value - other) <= absolute + relative * Math.abs(other);
  });
}

function valuesOf(x: Tensor): Float32Array {
  return scope(() => noGrad(() => cast(x, 'float32').dataSync<'float32'>()));
}
