// SPDX-License-Identifier: Apache-2.0
// tfjs' kernels that put the elements of one tensor into another order, or repeat or surround them, on device cpu.

import { rowMajorStrides, sizeOf } from '../../shape.ts';
import { type KernelConfig, type TensorInfo, util } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeDataType } from '../native-backend.ts';
import { MAX_AXES, type Reading, copyElements, isNative, readStrided, shortestWalk } from './copy.ts';

interface OneInput {
  readonly x: TensorInfo;
}

const transpose = nativeKernel<OneInput, { perm: readonly number[] }>('Transpose', {
  accepts: ({ x }) => isNative(x.dtype),
  run: ({ x }, { perm }, backend) => {
    const strides = rowMajorStrides(x.shape);
    const reading = { shape: perm.map((axis) => x.shape[axis]), strides: perm.map((axis) => strides[axis]) };
    return readStrided(backend, x, reading);
  },
});

const reverse = nativeKernel<OneInput, { dims: number | number[] }>('Reverse', {
  accepts: ({ x }) => isNative(x.dtype),
  run: ({ x }, { dims }, backend) => {
    const axes = util.parseAxisParam(dims, x.shape);
    const reversed = x.shape.map((_, axis) => axes.includes(axis));
    return readStrided(backend, x, { shape: x.shape, strides: rowMajorStrides(x.shape), reversed });
  },
});

/** Every axis as two: how often it is repeated, and its own length. */
function tileReading(x: TensorInfo, reps: readonly number[]): Reading {
  const strides = rowMajorStrides(x.shape);
  return {
    shape: x.shape.flatMap((length, axis) => [reps[axis], length]),
    strides: strides.flatMap((stride) => [0, stride]),
  };
}

const tile = nativeKernel<OneInput, { reps: readonly number[] }>('Tile', {
  accepts: ({ x }, { reps }) => {
    const { shape, strides: inStrides } = tileReading(x, reps);
    const walk = shortestWalk({ shape, inStrides, outStrides: rowMajorStrides(shape) });
    return isNative(x.dtype) && walk.shape.length <= MAX_AXES;
  },
  run: ({ x }, { reps }, backend) => {
    const repeated = readStrided(backend, x, tileReading(x, reps));
    return { ...repeated, shape: x.shape.map((length, axis) => length * reps[axis]) };
  },
});

interface PadAttributes {
  readonly paddings: readonly (readonly [before: number, after: number])[];
  readonly constantValue: number;
}

const pad = nativeKernel<OneInput, PadAttributes>('PadV2', {
  accepts: ({ x }, { paddings }) => isNative(x.dtype) && paddings.flat().every((width) => width >= 0),
  run: ({ x }, { paddings, constantValue }, backend) => {
    const shape = x.shape.map((length, axis) => paddings[axis][0] + length + paddings[axis][1]);
    const out = backend.allocate(shape, x.dtype as NativeDataType);
    const filled = util.getTypedArrayFromDType(x.dtype as NativeDataType, 1).fill(constantValue);
    const constant = { dataId: backend.write(filled, [], x.dtype), shape: [], dtype: x.dtype };
    copyElements(backend, constant, out, { shape: [sizeOf(shape)], inStrides: [0], outStrides: [1] });
    backend.disposeData(constant.dataId);
    const outStrides = rowMajorStrides(shape);
    const outOffset = paddings.reduce((offset, [before], axis) => offset + before * outStrides[axis], 0);
    copyElements(backend, x, out, { shape: x.shape, inStrides: rowMajorStrides(x.shape), outStrides, outOffset });
    return out;
  },
});

interface MirrorPadAttributes {
  readonly paddings: readonly (readonly [before: number, after: number])[];
  readonly mode: 'reflect' | 'symmetric';
}

/** A run of elements along one axis of a padded tensor, and from which of `x` on it is copied. */
interface MirroredPart {
  readonly length: number;
  readonly source: number;
  readonly start: number;
  readonly reversed: boolean;
}

/** The two borders and the middle of an axis; `edge` is 1 where a mirror repeats the outermost element, else 0. */
function mirroredParts(length: number, [before, after]: readonly [number, number], edge: number): MirroredPart[] {
  return [
    { length: before, source: 1 - edge, start: 0, reversed: true },
    { length, source: 0, start: before, reversed: false },
    { length: after, source: length - 1 + edge - after, start: before + length, reversed: true },
  ].filter((part) => part.length > 0);
}

/** Every choice of one part per axis: the blocks that a padded tensor is made of. */
function blocksOf(parts: readonly (readonly MirroredPart[])[]): MirroredPart[][] {
  return parts.reduce<MirroredPart[][]>(
    (blocks, axis) => blocks.flatMap((block) => axis.map((part) => [...block, part])),
    [[]],
  );
}

const mirrorPad = nativeKernel<OneInput, MirrorPadAttributes>('MirrorPad', {
  accepts: ({ x }) => isNative(x.dtype),
  run: ({ x }, { paddings, mode }, backend) => {
    const shape = x.shape.map((length, axis) => paddings[axis][0] + length + paddings[axis][1]);
    const out = backend.allocate(shape, x.dtype as NativeDataType);
    const [inStrides, outStrides] = [rowMajorStrides(x.shape), rowMajorStrides(shape)];
    const edge = mode === 'symmetric' ? 1 : 0;
    for (const block of blocksOf(x.shape.map((length, axis) => mirroredParts(length, paddings[axis], edge)))) {
      copyElements(backend, x, out, {
        shape: block.map(({ length }) => length),
        inStrides,
        outStrides,
        reversed: block.map(({ reversed }) => reversed),
        inOffset: block.reduce((offset, { source }, axis) => offset + source * inStrides[axis], 0),
        outOffset: block.reduce((offset, { start }, axis) => offset + start * outStrides[axis], 0),
      });
    }
    return out;
  },
});

export const arrangeKernels: readonly KernelConfig[] = [transpose, reverse, tile, pad, mirrorPad];
