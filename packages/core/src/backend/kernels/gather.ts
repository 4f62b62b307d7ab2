// SPDX-License-Identifier: Apache-2.0
// tfjs' kernels that read, add or write by index, on device cpu.

import { sizeOf } from '../../shape.ts';
import { type KernelConfig, type TensorInfo, backend_util, util } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeDataType } from '../native-backend.ts';
import { isNative } from './copy.ts';

interface GatherInputs {
  readonly x: TensorInfo; // [...batch, ...outer, length, ...slice]
  readonly indices: TensorInfo; // [...batch, ...count], int32
}

const gather = nativeKernel<GatherInputs, { axis: number; batchDims?: number }>('GatherV2', {
  accepts: ({ x, indices }) => isNative(x.dtype) && indices.dtype === 'int32',
  run: ({ x, indices }, { axis, batchDims = 0 }, backend) => {
    const [along] = util.parseAxisParam(axis, x.shape);
    const sizes = backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims);
    const out = backend.allocate(sizes.outputShape, x.dtype as NativeDataType);
    const call = {
      in: backend.buffer(x),
      indices: backend.buffer(indices),
      out: backend.buffer(out),
      batch: sizes.batchSize,
      outer: sizes.outerSize,
      length: sizes.dimSize,
      slice: sizes.sliceSize,
      count: sizes.batchSize === 0 ? 0 : sizeOf(indices.shape) / sizes.batchSize,
    };
    if (x.dtype === 'bool') backend.kernels.gather_b8(call);
    else backend.kernels.gather_b32(call);
    return out;
  },
});

interface SegmentSumInputs {
  readonly x: TensorInfo; // [rows, ...slice]
  readonly segmentIds: TensorInfo; // [rows], int32
}

const unsortedSegmentSum = nativeKernel<SegmentSumInputs, { numSegments: number }>('UnsortedSegmentSum', {
  accepts: ({ x, segmentIds }, { numSegments }) =>
    x.dtype === 'float32' &&
    segmentIds.dtype === 'int32' &&
    segmentIds.shape.length === 1 &&
    segmentIds.shape[0] === x.shape[0] &&
    numSegments > 0,
  run: ({ x, segmentIds }, { numSegments }, backend) => {
    const [rows, ...slice] = x.shape;
    const out = backend.allocate([numSegments, ...slice], 'float32');
    backend.kernels.segment_sum_f32({
      in: backend.buffer(x),
      segments: backend.buffer(segmentIds),
      out: backend.buffer(out),
      rows,
      slice: sizeOf(slice),
      groups: numSegments,
    });
    return out;
  },
});

interface OneHotAttributes {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype: NativeDataType;
}

/** How a number is stored in a dtype, as an unsigned integer. */
function bitsOf(value: number, dtype: NativeDataType): number {
  if (dtype === 'bool') return Uint8Array.of(value)[0];
  const stored = dtype === 'float32' ? Float32Array.of(value) : Int32Array.of(value);
  return new Uint32Array(stored.buffer)[0];
}

const oneHot = nativeKernel<{ indices: TensorInfo }, OneHotAttributes>('OneHot', {
  accepts: ({ indices }, { dtype }) => indices.dtype === 'int32' && isNative(dtype),
  run: ({ indices }, { depth, onValue, offValue, dtype }, backend) => {
    const out = backend.allocate([...indices.shape, depth], dtype);
    const call = {
      indices: backend.buffer(indices),
      out: backend.buffer(out),
      count: sizeOf(indices.shape),
      depth,
      on: bitsOf(onValue, dtype),
      off: bitsOf(offValue, dtype),
    };
    if (dtype === 'bool') backend.kernels.one_hot_b8(call);
    else backend.kernels.one_hot_b32(call);
    return out;
  },
});

export const gatherKernels: readonly KernelConfig[] = [gather, unsortedSegmentSum, oneHot];
