// SPDX-License-Identifier: Apache-2.0
// Tensors of given values. Lists whose rows differ in length are refused; tfjs would move values from one row to another.

import { checkOneOf, checkRank, checkSizes } from '../check.ts';
import { describeValue } from '../describe-value.ts';
import { ArgumentError, ShapeError, formatShape } from '../errors.ts';
import { type Shape, sizeOf } from '../shape.ts';
import {
  type DataType,
  type Rank,
  type ShapeMap,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  type TensorLike,
  env,
  type tensor1d as tfjsTensor1d,
  type tensor2d as tfjsTensor2d,
  type tensor3d as tfjsTensor3d,
  type tensor4d as tfjsTensor4d,
  type tensor5d as tfjsTensor5d,
  tensor as tfjsTensor,
  util,
} from '../tf.ts';
import { isRow, readLists, shapeOfLists } from './nested-lists.ts';

// The same check for lists that operations take in the place of tensors. Tfjs needs seven times as long with it, so where tensors are
// made lists are read here.
env().set('TENSORLIKE_CHECK_SHAPE_CONSISTENCY', true);

/**
 * A tensor of the given values.
 *
 * @param values  a number, boolean or string, nested lists of them, or a typed array, which the tensor may take for its memory
 * @param shape   default: the lengths of the lists
 * @param dtype   default: float32 for numbers, int32 for a typed array of integers, bool and string for what they are
 * @throws {ShapeError} rows of one list differ in length (code `RAGGED`), or the values do not have `shape` (code `SHAPE`)
 * @throws {ArgumentError} `values` hold something else (code `ARGUMENT`)
 * @example
 * tensor([[1, 2], [3, 4]]).shape; // [2, 2]
 */
export function tensor<R extends Rank>(values: TensorLike, shape?: ShapeMap[R], dtype?: DataType): Tensor<R> {
  return make('tensor', values, shape, dtype);
}

/** A tensor of one axis, see {@link tensor}. */
export function tensor1d(values: Parameters<typeof tfjsTensor1d>[0], dtype?: DataType): Tensor1D {
  return make('tensor1d', values, undefined, dtype, 1);
}

/** A tensor of two axes, see {@link tensor}. Values without rows need a shape. */
export function tensor2d(
  values: Parameters<typeof tfjsTensor2d>[0],
  shape?: [number, number],
  dtype?: DataType,
): Tensor2D {
  return make('tensor2d', values, shape, dtype, 2);
}

/** A tensor of three axes, see {@link tensor2d}. */
export function tensor3d(
  values: Parameters<typeof tfjsTensor3d>[0],
  shape?: [number, number, number],
  dtype?: DataType,
): Tensor3D {
  return make('tensor3d', values, shape, dtype, 3);
}

/** A tensor of four axes, see {@link tensor2d}. */
export function tensor4d(
  values: Parameters<typeof tfjsTensor4d>[0],
  shape?: [number, number, number, number],
  dtype?: DataType,
): Tensor4D {
  return make('tensor4d', values, shape, dtype, 4);
}

/** A tensor of five axes, see {@link tensor2d}. */
export function tensor5d(
  values: Parameters<typeof tfjsTensor5d>[0],
  shape?: [number, number, number, number, number],
  dtype?: DataType,
): Tensor5D {
  return make('tensor5d', values, shape, dtype, 5);
}

const DTYPES = ['float32', 'int32', 'bool', 'string'] as const;

function make<R extends Rank>(
  op: string,
  values: TensorLike,
  given: ShapeMap[R] | undefined,
  dtype: DataType = util.inferDtype(values),
  rank?: number,
): Tensor<R> {
  checkOneOf(op, 'dtype', dtype, DTYPES);
  if (dtype === 'string') return tfjsTensor(values, given, dtype);
  const lengths = shapeOfLists(values);
  if (given !== undefined) checkGivenShape(op, given, lengths, rank);
  else if (rank !== undefined) checkRank(op, 'values', { shape: lengths }, rank);
  const elements = Array.isArray(values) ? readLists(op, values, lengths, dtype) : checkFlat(op, values);
  return tfjsTensor(elements, given ?? (lengths as ShapeMap[R]), dtype);
}

/** Elements without rows may have any shape of as many; of rows, only the last axis may be cut. */
function checkGivenShape(op: string, shape: Shape, lengths: Shape, rank: number | undefined): void {
  checkSizes(op, 'shape', shape);
  if (rank !== undefined && shape.length !== rank) {
    throw new ArgumentError({ op, argument: 'shape', expected: `to have ${rank} axes`, received: formatShape(shape) });
  }
  const [wanted, received] = [sizeOf(shape), sizeOf(lengths)];
  if (wanted === received && lengths.slice(0, -1).every((length, axis) => length === shape[axis])) return;
  const hint = wanted === received ? undefined : `That shape has ${wanted} elements, the values are ${received}.`;
  throw new ShapeError({ op, argument: 'values', expected: formatShape(shape), received: lengths, hint });
}

function checkFlat(op: string, values: TensorLike): TensorLike {
  if (isRow(values) || typeof values === 'number' || typeof values === 'boolean') return values;
  const expected = 'to be a number, nested lists of numbers, or a Float32Array, Int32Array or Uint8Array';
  const hint = ArrayBuffer.isView(values) ? 'Convert it first: Float32Array.from(values).' : undefined;
  throw new ArgumentError({ op, argument: 'values', expected, received: describeValue(values), hint });
}
