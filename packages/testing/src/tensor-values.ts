// SPDX-License-Identifier: Apache-2.0
// The values of a tensor as plain data, and how test data of any form becomes that.

import { Tensor } from '@nabla/core';

/** A tensor as plain data: row-major values, their shape, and the element type. */
export interface TensorValues {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

/** Tensors by name. */
export type TensorRecord = Readonly<Record<string, TensorValues>>;

/** Nested lists of numbers, as deep as the tensor has axes. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/** What a tensor can be compared with. A nested list says nothing about the element type, a typed array nothing about the shape. */
export type Expected = Tensor | TensorValues | NestedNumbers | Float32Array | Int32Array | Uint8Array;

/** Like {@link TensorValues}; a `shape` or `dtype` that the test data leaves open is undefined. */
export interface ExpectedValues {
  readonly shape: readonly number[] | undefined;
  readonly dtype: string | undefined;
  readonly values: ArrayLike<number>;
}

/** Reads a tensor from its device. Strings and complex numbers are not comparable this way. */
export function readTensor(tensor: Tensor): TensorValues {
  if (tensor.dtype === 'string' || tensor.dtype === 'complex64') {
    throw new TypeError(`cannot compare a tensor of dtype ${tensor.dtype} number by number`);
  }
  return { shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() };
}

/** Reads test data of any accepted form. */
export function readExpected(expected: Expected): ExpectedValues {
  if (expected instanceof Tensor) return readTensor(expected);
  if (expected instanceof Float32Array) return { shape: undefined, dtype: 'float32', values: expected };
  if (expected instanceof Int32Array) return { shape: undefined, dtype: 'int32', values: expected };
  if (expected instanceof Uint8Array) return { shape: undefined, dtype: 'bool', values: expected };
  if (isTensorValues(expected)) return expected;
  return { ...readNested(expected), dtype: undefined };
}

// Lists have a method `values`, so the shape tells them apart.
function isTensorValues(expected: TensorValues | NestedNumbers): expected is TensorValues {
  return typeof expected === 'object' && 'shape' in expected;
}

function readNested(nested: NestedNumbers): { shape: number[]; values: number[] } {
  if (typeof nested === 'number' || typeof nested === 'boolean') return { shape: [], values: [Number(nested)] };
  const parts = nested.map(readNested);
  const inner = parts.length === 0 ? [] : parts[0].shape;
  if (parts.some(({ shape }) => shape.join() !== inner.join())) throw new TypeError('the nested list is ragged');
  return { shape: [nested.length, ...inner], values: parts.flatMap(({ values }) => values) };
}

/** The index of the element at `offset` of a row-major tensor: `[1, 2]`. */
export function indexAt(offset: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = offset % shape[axis];
    offset = Math.floor(offset / shape[axis]);
  }
  return index;
}
