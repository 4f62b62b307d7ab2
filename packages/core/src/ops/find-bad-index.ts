// SPDX-License-Identifier: Apache-2.0
// The search for an index that is out of range, where possible without a look at them.

import { countIndexLook } from '../backend/index-looks.ts';
import { NativeBackend } from '../backend/native-backend.ts';
import { checkDtype, checkInteger, checkOptions, checkTensor } from '../check.ts';
import { type Tensor, backend } from '../tf.ts';

/** Options of {@link findBadIndex}. */
export interface FindBadIndexOptions {
  /** A number that is in range, too. */
  readonly ignored?: number | undefined;
}

/** An index that is out of range. */
export interface BadIndex {
  readonly index: number;
  /** Its place among all of them, in row-major order. */
  readonly position: number;
}

/**
 * The first of `indices` that is not from 0 to `bound - 1`; undefined where all are. A native device knows it of numbers that
 * the program wrote, and of what was moved or chosen from them, or filled: nothing is waited for then. Else they are read.
 *
 * @param indices any shape, int32
 * @param bound   an integer
 * @param options `ignored`: a number that is in range, too, wherever it is
 * @throws {DTypeError} `indices` is not int32
 * @throws {ArgumentError} `bound` or `ignored` is no integer
 * @example
 * findBadIndex(tensor1d([0, 2, -1], 'int32'), 2)?.position; // 1
 */
export function findBadIndex(indices: Tensor, bound: number, options: FindBadIndexOptions = {}): BadIndex | undefined {
  const op = 'findBadIndex';
  checkTensor(op, 'indices', indices);
  checkDtype(op, 'indices', indices, 'int32');
  checkInteger(op, 'bound', bound);
  checkOptions(op, options, ['ignored']);
  const { ignored } = options;
  if (ignored !== undefined) checkInteger(op, 'ignored', ignored);
  const active = backend();
  if (active instanceof NativeBackend) {
    if (active.areIndices(indices, bound, ignored)) return undefined;
    countIndexLook();
  }
  const values = indices.dataSync<'int32'>();
  const position = values.findIndex((index) => (index < 0 || index >= bound) && index !== ignored);
  return position === -1 ? undefined : { index: values[position], position };
}
