// SPDX-License-Identifier: Apache-2.0
// tfjs' kernels that take parts of a tensor, or join tensors to one, on device cpu.

import { rowMajorStrides, sizeOf } from '../../shape.ts';
import {
  type KernelConfig,
  type StridedSliceAttrs,
  type TensorInfo,
  backend_util,
  slice_util,
  util,
} from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';
import { isNative, join, readStrided, sameKind } from './copy.ts';

interface OneInput {
  readonly x: TensorInfo;
}

/** The `size` elements of `x` from `begin` on, along each axis. */
function sliceOf(backend: NativeBackend, x: TensorInfo, begin: readonly number[], size: readonly number[]): TensorInfo {
  const strides = rowMajorStrides(x.shape);
  const offset = begin.reduce((sum, start, axis) => sum + start * strides[axis], 0);
  return readStrided(backend, x, { shape: size, strides, offset });
}

/** `lengths.length` pieces of `x`, one after the other along `axis`. */
function pieces(backend: NativeBackend, x: TensorInfo, lengths: readonly number[], axis: number): TensorInfo[] {
  let begin = 0;
  return lengths.map((length) => {
    const piece = sliceOf(
      backend,
      x,
      x.shape.map((_, a) => (a === axis ? begin : 0)),
      x.shape.with(axis, length),
    );
    begin += length;
    return piece;
  });
}

const slice = nativeKernel<OneInput, { begin: number | number[]; size: number | number[] }>('Slice', {
  accepts: ({ x }) => isNative(x.dtype),
  run: ({ x }, attributes, backend) => {
    const [begin, size] = slice_util.parseSliceParams(x, attributes.begin, attributes.size);
    slice_util.assertParamsValid(x, begin, size);
    return sliceOf(backend, x, begin, size);
  },
});

const stridedSlice = nativeKernel<OneInput, StridedSliceAttrs>('StridedSlice', {
  accepts: ({ x }) => isNative(x.dtype),
  run: ({ x }, attributes, backend) => {
    const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
    const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
    const info = slice_util.sliceInfo(x.shape, attributes.begin, attributes.end, attributes.strides, ...masks);
    const { begin, end, strides: steps } = info;
    const shape = steps.map((step, axis) => Math.max(0, Math.ceil((end[axis] - begin[axis]) / step)));
    const own = rowMajorStrides(x.shape);
    // a reversed axis is read backwards from its last element, so its walk starts at the lowest one
    const lowest = steps.map((step, axis) => (step > 0 ? begin[axis] : begin[axis] + (shape[axis] - 1) * step));
    const reading = {
      shape,
      strides: steps.map((step, axis) => Math.abs(step) * own[axis]),
      offset: sizeOf(shape) === 0 ? 0 : lowest.reduce((sum, start, axis) => sum + start * own[axis], 0),
      reversed: steps.map((step) => step < 0),
    };
    return { ...readStrided(backend, x, reading), shape: info.finalShape };
  },
});

const splitV = nativeKernel<OneInput, { numOrSizeSplits: number | number[]; axis: number }>('SplitV', {
  accepts: ({ x }) => isNative(x.dtype),
  run: ({ x }, { numOrSizeSplits: splits, axis }, backend) => {
    const [along] = util.parseAxisParam(axis, x.shape);
    const lengths = backend_util.prepareSplitSize(x, Array.isArray(splits) ? [...splits] : splits, along);
    return pieces(backend, x, lengths, along);
  },
});

const unpack = nativeKernel<{ value: TensorInfo }, { axis: number }>('Unpack', {
  accepts: ({ value }) => isNative(value.dtype),
  run: ({ value }, { axis }, backend) => {
    const along = axis < 0 ? axis + value.shape.length : axis;
    const lengths = Array.from({ length: value.shape[along] }, () => 1);
    const shape = value.shape.toSpliced(along, 1);
    return pieces(backend, value, lengths, along).map((piece) => ({ ...piece, shape }));
  },
});

const concat = nativeKernel<readonly TensorInfo[], { axis: number }>('Concat', {
  accepts: ([first, ...others]) => isNative(first.dtype) && others.every(({ dtype }) => dtype === first.dtype),
  run: (tensors, { axis }, backend) => {
    const [along] = util.parseAxisParam(axis, tensors[0].shape);
    const shapes = tensors.map(({ shape }) => shape);
    backend_util.assertParamsConsistent(shapes, along);
    const shape = backend_util.computeOutShape(shapes, along);
    const full = tensors.filter((tensor) => sizeOf(tensor.shape) > 0);
    return full.length === 1 ? backend.share(full[0], shape) : join(backend, tensors, shape, along);
  },
});

const pack = nativeKernel<readonly TensorInfo[], { axis: number }>('Pack', {
  accepts: ([first, ...others]) => isNative(first.dtype) && others.every((other) => sameKind(first, other)),
  run: (tensors, { axis }, backend) => {
    const [{ shape: inner }] = tensors;
    const along = axis < 0 ? axis + inner.length + 1 : axis;
    const shape = inner.toSpliced(along, 0, tensors.length);
    return tensors.length === 1 ? backend.share(tensors[0], shape) : join(backend, tensors, shape, along);
  },
});

export const sliceKernels: readonly KernelConfig[] = [slice, stridedSlice, splitV, unpack, concat, pack];
