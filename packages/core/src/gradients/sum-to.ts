// SPDX-License-Identifier: Apache-2.0
// Undoes broadcasting: what an operand that was repeated receives is the sum over its repetitions.

import { type Shape, broadcastAxes, sameShape } from '../shape.ts';
import { type Tensor, reshape, sum } from '../tf.ts';

/** Sums `gradient` to `shape`, which broadcast to the shape that it has. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const axes = broadcastAxes(shape, gradient.shape);
  return reshape(axes.length === 0 ? gradient : sum(gradient, axes), [...shape]);
}
