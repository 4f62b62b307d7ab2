// SPDX-License-Identifier: Apache-2.0
// The sum of two tensors, which keeps neither of them for the backward pass.

import { sumTo } from '../gradients/sum-to.ts';
import { record, unrecorded } from '../tape.ts';
import { Tensor, type TensorLike, engine, add as tfjsAdd } from '../tf.ts';
import { runKernelForOne } from './run.ts';

/**
 * `a + b`, with broadcasting. Its gradient needs the shapes alone; tfjs holds on to both operands until then, which in a deep
 * network are two tensors at every residual connection that nothing else needs.
 *
 * @param a  numbers of any shape
 * @param b  numbers whose shape broadcasts with that of `a`
 * @example
 * add(tensor1d([1, 2]), 10); // [11, 12]
 */
export function add<T extends Tensor>(a: Tensor | TensorLike, b: Tensor | TensorLike): T {
  if (!isFloat(a) || !isFloat(b)) return tfjsAdd(a, b);
  if (!engine().isTapeOn()) return runKernelForOne('Add', { a, b }) as T;
  const sum = unrecorded(() => runKernelForOne('Add', { a, b }) as T);
  const [shapeA, shapeB] = [a.shape, b.shape];
  record('Add', { a, b }, sum, [], (gradOut) => ({
    a: () => sumTo(gradOut, shapeA),
    b: () => sumTo(gradOut, shapeB),
  }));
  return sum;
}

function isFloat(value: Tensor | TensorLike): value is Tensor {
  return value instanceof Tensor && value.dtype === 'float32';
}
