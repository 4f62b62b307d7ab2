// SPDX-License-Identifier: Apache-2.0
// Strided copies on device cpu, which all kernels that only move elements are made of.

import { type Shape, rowMajorStrides, sameShape, sizeOf } from '../../shape.ts';
import type { DataType, TensorInfo } from '../../tf.ts';
import type { NativeBackend, NativeDataType } from '../native-backend.ts';

/** For every index of `shape`, which element of one tensor goes where in another. Strides and offsets count elements. */
export interface CopyWalk {
  readonly shape: Shape;
  readonly inStrides: readonly number[];
  readonly outStrides: readonly number[];
  /** Axes along which the input is read from its end. */
  readonly reversed?: readonly boolean[];
  readonly inOffset?: number;
  readonly outOffset?: number;
}

/** A {@link CopyWalk} as the native kernel takes it; see native/src/kernels/copy.h. */
export interface NativeWalk {
  readonly shape: readonly number[];
  readonly in_strides: readonly number[];
  readonly out_strides: readonly number[];
  readonly reversed: readonly number[];
}

/** Axes that a native walk may have. */
export const MAX_AXES = 8;

interface Axis {
  length: number;
  readonly inStride: number;
  readonly outStride: number;
  readonly reversed: boolean;
}

/** Whether the elements of a dtype are in native memory, as bits that a copy can move. */
export function isNative(dtype: DataType): dtype is NativeDataType {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

/**
 * The same copy over as few axes as possible: axes of length 1 go, and neighbours that both tensors step through evenly
 * become one. Of what is left, the axis along which the input is dense comes last or next to last: there the kernel is fast.
 *
 * @example
 * shortestWalk({ shape: [4, 1, 2, 3], inStrides: [6, 6, 3, 1], outStrides: [6, 6, 3, 1] }).shape; // [24]
 */
export function shortestWalk({ shape, inStrides, outStrides, reversed }: CopyWalk): NativeWalk {
  const axes: Axis[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis];
    if (length === 1) continue;
    const outer = {
      length,
      inStride: inStrides[axis],
      outStride: outStrides[axis],
      reversed: reversed?.[axis] === true,
    };
    if (axes.length > 0 && continues(outer, axes[0])) axes[0].length *= length;
    else axes.unshift(outer);
  }
  const dense = axes.findIndex(({ inStride }) => inStride === 1);
  if (dense >= 0 && dense < axes.length - 2) {
    const [axis] = axes.splice(dense, 1);
    axes.splice(axes.length - 1, 0, axis);
  }
  return {
    shape: axes.map(({ length }) => length),
    in_strides: axes.map(({ inStride }) => inStride),
    out_strides: axes.map(({ outStride }) => outStride),
    reversed: axes.map((axis) => Number(axis.reversed)),
  };
}

/** Whether one step along `outer` is as long as all of `inner`, in both tensors. */
function continues(outer: Axis, inner: Axis): boolean {
  const alike = outer.reversed === inner.reversed;
  return (
    alike && outer.inStride === inner.inStride * inner.length && outer.outStride === inner.outStride * inner.length
  );
}

/** Copies elements of `from` into `to`, both of one dtype. */
export function copyElements(backend: NativeBackend, from: TensorInfo, to: TensorInfo, walk: CopyWalk): void {
  if (sizeOf(walk.shape) === 0) return;
  const { inOffset: in_offset = 0, outOffset: out_offset = 0 } = walk;
  const call = { in: backend.buffer(from), out: backend.buffer(to), ...shortestWalk(walk), in_offset, out_offset };
  if (to.dtype === 'bool') backend.kernels.copy_b8(call);
  else backend.kernels.copy_b32(call);
}

/** A tensor with the elements of `x` in memory of its own. */
export function duplicate(backend: NativeBackend, x: TensorInfo): TensorInfo {
  const out = backend.allocate(x.shape, x.dtype as NativeDataType);
  copyElements(backend, x, out, { shape: [sizeOf(x.shape)], inStrides: [1], outStrides: [1] });
  return out;
}

/** What a tensor is read as; see {@link readStrided}. */
export interface Reading {
  readonly shape: Shape;
  /** One per axis of `shape`, in elements; 0 repeats the same ones. */
  readonly strides: readonly number[];
  readonly offset?: number;
  readonly reversed?: readonly boolean[];
}

/** A tensor with the elements of `x` read in another order; it shares the memory of `x` when the order is the same. */
export function readStrided(backend: NativeBackend, x: TensorInfo, reading: Reading): TensorInfo {
  const { shape, strides, offset = 0, reversed } = reading;
  const size = sizeOf(shape);
  const walk = { shape, inStrides: strides, outStrides: rowMajorStrides(shape), inOffset: offset };
  if (size === sizeOf(x.shape) && inOrder(walk, reversed)) return backend.share(x, shape);
  const out = backend.allocate(shape, x.dtype as NativeDataType);
  copyElements(backend, x, out, { ...walk, ...(reversed && { reversed }) });
  return out;
}

/** Whether a walk over all elements meets them as they lie in memory. */
function inOrder({ shape, inStrides, outStrides }: CopyWalk, reversed: readonly boolean[] | undefined): boolean {
  return shape.every((length, axis) => {
    return length === 1 || (inStrides[axis] === outStrides[axis] && reversed?.[axis] !== true);
  });
}

/**
 * Joins tensors of one dtype along an axis into a tensor of shape `shape`; what they do not cover stays undefined.
 * Their shapes count only from `axis` on: a tensor is cut into as many pieces as the axes of `shape` before it have indices.
 */
export function join(backend: NativeBackend, tensors: readonly TensorInfo[], shape: Shape, axis: number): TensorInfo {
  const out = backend.allocate(shape, tensors[0].dtype as NativeDataType);
  const rows = sizeOf(shape.slice(0, axis));
  const width = sizeOf(shape.slice(axis));
  // What is known of int32 is known of all elements (decision 30): here of zeros, and of each tensor that is added to them.
  if (out.dtype === 'int32') {
    backend.kernels.fill_i32({ out: backend.buffer(out), count: sizeOf(shape), value: 0 });
  }
  let outOffset = 0;
  for (const tensor of tensors) {
    const columns = rows === 0 ? 0 : sizeOf(tensor.shape) / rows;
    const walk = { shape: [rows, columns], inStrides: [columns, 1], outStrides: [width, 1], outOffset };
    copyElements(backend, tensor, out, walk);
    outOffset += columns;
  }
  return out;
}

/** Whether two shapes and their dtypes are equal. */
export function sameKind(a: TensorInfo, b: TensorInfo): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}
