// SPDX-License-Identifier: Apache-2.0
// Definitions of tfjs' kernels of int32 whose results may need more than 32 bits: they wrap around, as additions do. tfjs' own go
// through float32 (Abs) or float64, in which a product loses its last bits before it is cut.

import { type Shape, broadcastShapes, broadcastStrides, rowMajorStrides, sameShape, sizeOf } from '../../shape.ts';
import { type KernelConfig, type TensorInfo, backend_util, util } from '../../tf.ts';
import { borrowed } from '../js-backend.ts';
import { definition } from '../kernel.ts';

const { imul } = Math;

function unary(kernelName: string, f: (x: number) => number): KernelConfig {
  return definition<{ x: TensorInfo }, object>(kernelName, ({ x }, attributes, backend) => {
    if (x.dtype !== 'int32') return borrowed(kernelName, { x }, attributes, backend);
    return backend.make(x.shape, 'int32', Int32Array.from(backend.values(x), f));
  });
}

/** For every element of `shape`, where it is in a tensor that is read with `strides`. */
function* offsets(shape: Shape, strides: readonly number[]): Generator<number> {
  const own = rowMajorStrides(shape);
  for (let i = 0; i < sizeOf(shape); i++) {
    yield own.reduce((sum, step, axis) => sum + (Math.floor(i / step) % shape[axis]) * strides[axis], 0);
  }
}

function binary(kernelName: string, f: (a: number, b: number) => number): KernelConfig {
  return definition<{ a: TensorInfo; b: TensorInfo }, object>(kernelName, ({ a, b }, attributes, backend) => {
    if (a.dtype !== 'int32' || b.dtype !== 'int32') return borrowed(kernelName, { a, b }, attributes, backend);
    const shape = broadcastShapes(kernelName, a.shape, b.shape);
    const [left, right] = [a, b].map((x) => backend.values(x));
    if (sameShape(a.shape, b.shape)) {
      return backend.make(
        shape,
        'int32',
        Int32Array.from(left, (x, i) => f(x, right[i])),
      );
    }
    const at = offsets(shape, broadcastStrides(b.shape, shape));
    const values = Int32Array.from(offsets(shape, broadcastStrides(a.shape, shape)), (i) =>
      f(left[i], right[at.next().value as number]),
    );
    return backend.make(shape, 'int32', values);
  });
}

interface ProdAttributes {
  readonly axis: number | number[];
  readonly keepDims?: boolean;
}

const prod = definition<{ x: TensorInfo }, ProdAttributes>('Prod', ({ x }, attributes, backend) => {
  if (x.dtype !== 'int32') return borrowed('Prod', { x }, attributes, backend);
  const axes = util.parseAxisParam(attributes.axis, x.shape);
  const kept = backend_util.expandShapeToKeepDim(
    x.shape.filter((_, axis) => !axes.includes(axis)),
    axes,
  );
  const products = new Int32Array(sizeOf(kept)).fill(1);
  const values = backend.values(x);
  let i = 0;
  for (const to of offsets(x.shape, broadcastStrides(kept, x.shape))) products[to] = imul(products[to], values[i++]);
  const shape = attributes.keepDims === true ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return backend.make(shape, 'int32', products);
});

export const integerDefinitions: readonly KernelConfig[] = [
  unary('Abs', (x) => Math.abs(x)),
  unary('Square', (x) => imul(x, x)),
  binary('Multiply', imul),
  binary('SquaredDifference', (a, b) => imul(a - b, a - b)),
  prod,
];
