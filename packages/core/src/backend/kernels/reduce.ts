// SPDX-License-Identifier: Apache-2.0
// tfjs' reductions on device cpu: a table, one row per kernel. See native/src/kernels/reduce.h for what each computes.

import { type Shape, normalizeAxis, sizeOf } from '../../shape.ts';
import { type KernelConfig, type TensorInfo, backend_util, util } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeDataType } from '../native-backend.ts';
import type { NativeCalls } from '../native-kernels.ts';

/** One call of a native reduction: `[outer, reduce, inner]` becomes `[outer, inner]`. */
export interface ReducePass {
  readonly outer: number;
  readonly reduce: number;
  readonly inner: number;
}

/**
 * The calls that reduce `axes` of a tensor, innermost first: one for each run of adjacent axes. Axes of length 1 need none.
 *
 * @param axes  counted from the front
 * @example
 * reducePasses([2, 3, 4, 5], [0, 2, 3]); // [{"outer":6,"reduce":20,"inner":1},{"outer":1,"reduce":2,"inner":3}]
 */
export function reducePasses(shape: Shape, axes: readonly number[]): ReducePass[] {
  const passes: ReducePass[] = [];
  let [reduce, inner] = [1, 1];
  for (let axis = shape.length - 1; axis >= -1; axis--) {
    if (axes.includes(axis)) {
      reduce *= shape[axis];
    } else if (axis < 0 || shape[axis] !== 1) {
      if (reduce > 1) passes.push({ outer: sizeOf(shape.slice(0, axis + 1)), reduce, inner });
      inner *= shape[axis];
      reduce = 1;
    }
  }
  return passes;
}

/** The native reductions. */
type ReduceName = keyof NativeCalls & `reduce_${string}`;

/** The native reduction for each dtype that has one; the others run the definition. */
type Natives = Readonly<Partial<Record<string, ReduceName>>>;

interface ReduceAttributes {
  readonly axis?: number | number[] | null;
  readonly reductionIndices?: number | number[] | null; // what Max calls its axis
  readonly keepDims?: boolean;
}

/** The result has the dtype of the input. What an empty tensor reduces to, the definition says. */
function reduction(kernelName: string, natives: Natives): KernelConfig {
  return nativeKernel<{ x: TensorInfo }, ReduceAttributes>(kernelName, {
    accepts: ({ x }) => natives[x.dtype] !== undefined && sizeOf(x.shape) > 0,
    run: ({ x }, { axis, reductionIndices, keepDims }, backend) => {
      const kernel = backend.kernels[natives[x.dtype] as ReduceName];
      const axes = util.parseAxisParam((axis ?? reductionIndices) as number[], x.shape);
      const [reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
      const passes = reducePasses(x.shape, axes);
      let result = passes.length === 0 ? backend.share(x) : x;
      for (const pass of passes) {
        const out = backend.allocate([pass.outer * pass.inner], x.dtype as NativeDataType);
        kernel({ in: backend.buffer(result), out: backend.buffer(out), ...pass });
        if (result !== x) backend.disposeData(result.dataId);
        result = out;
      }
      return { ...result, shape: keepDims === true ? backend_util.expandShapeToKeepDim(reduced, axes) : reduced };
    },
  });
}

/** The index of an extreme element along one axis. */
function argReduction(kernelName: string, native: 'arg_max_f32' | 'arg_min_f32'): KernelConfig {
  return nativeKernel<{ x: TensorInfo }, { axis: number }>(kernelName, {
    accepts: ({ x }) => x.dtype === 'float32' && sizeOf(x.shape) > 0,
    run: ({ x }, { axis }, backend) => {
      const [along] = util.parseAxisParam(axis, x.shape);
      const out = backend.allocate(x.shape.toSpliced(along, 1), 'int32');
      const outer = sizeOf(x.shape.slice(0, along));
      const inner = sizeOf(x.shape.slice(along + 1));
      const call = { in: backend.buffer(x), out: backend.buffer(out), outer, reduce: x.shape[along], inner };
      backend.kernels[native](call);
      return out;
    },
  });
}

interface CumsumAttributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

const cumsum = nativeKernel<{ x: TensorInfo }, CumsumAttributes>('Cumsum', {
  accepts: ({ x }) => x.dtype === 'float32' || x.dtype === 'int32',
  run: ({ x }, { axis, exclusive, reverse }, backend) => {
    const along = normalizeAxis('cumsum', axis, x.shape.length);
    const out = backend.allocate(x.shape, x.dtype as NativeDataType);
    const call = {
      in: backend.buffer(x),
      out: backend.buffer(out),
      outer: sizeOf(x.shape.slice(0, along)),
      length: x.shape[along],
      inner: sizeOf(x.shape.slice(along + 1)),
      exclusive: Number(exclusive),
      reverse: Number(reverse),
    };
    if (x.dtype === 'int32') backend.kernels.cumsum_i32(call);
    else backend.kernels.cumsum_f32(call);
    return out;
  },
});

export const reduceKernels: readonly KernelConfig[] = [
  reduction('Sum', { float32: 'reduce_sum_f32', int32: 'reduce_sum_i32' }),
  reduction('Mean', { float32: 'reduce_mean_f32' }),
  reduction('Prod', { float32: 'reduce_prod_f32', int32: 'reduce_prod_i32' }),
  reduction('Max', { float32: 'reduce_max_f32', int32: 'reduce_max_i32' }),
  reduction('Min', { float32: 'reduce_min_f32', int32: 'reduce_min_i32' }),
  reduction('All', { bool: 'reduce_all_bool' }),
  reduction('Any', { bool: 'reduce_any_bool' }),
  argReduction('ArgMax', 'arg_max_f32'),
  argReduction('ArgMin', 'arg_min_f32'),
  cumsum,
];
