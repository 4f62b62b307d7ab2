// SPDX-License-Identifier: Apache-2.0
// Pads with mirror images of what lies inside.

import { checkOneOf, checkTensor } from '../check.ts';
import { scatterRows } from '../gradients/scatter-rows.ts';
import { sizeOf } from '../shape.ts';
import { type GradSaveFunc, type Tensor, customGrad, range, reshape, mirrorPad as tfjsMirrorPad } from '../tf.ts';

/**
 * Pads every axis with its mirror image. The gradient of an element is the sum over its images; tfjs forgets all but the one inside.
 *
 * @param x       any shape of at least one axis, at most four
 * @param widths  `[before, after]` for each axis, less than its length (`reflect`), or at most its length (`symmetric`)
 * @param mode    `reflect` does not repeat the border, `symmetric` does
 * @throws {ArgumentError} the mode has another name
 * @example
 * mirrorPad(tensor1d([1, 2, 3]), [[2, 1]], 'reflect'); // [3, 2, 1, 2, 3, 2]
 */
export function mirrorPad(x: Tensor, widths: [number, number][], mode: 'reflect' | 'symmetric'): Tensor {
  checkTensor('mirrorPad', 'x', x);
  checkOneOf('mirrorPad', 'mode', mode, ['reflect', 'symmetric']);
  if (x.dtype !== 'float32') return tfjsMirrorPad(x, widths, mode);
  const { shape } = x;
  const size = sizeOf(shape);
  const run = customGrad((...received: (Tensor | GradSaveFunc)[]) => {
    const [input, save] = received as [Tensor, GradSaveFunc];
    save([]);
    return {
      value: tfjsMirrorPad(input, widths, mode),
      // The same padding of the offsets of x tells where each element came from.
      gradFunc: (gradOut: Tensor) => {
        const positions = tfjsMirrorPad(reshape(range(0, size, 1, 'int32'), shape), widths, mode);
        return reshape(scatterRows(reshape(gradOut, [-1]), reshape(positions, [-1]), size), shape);
      },
    };
  });
  return run(x);
}
