// SPDX-License-Identifier: Apache-2.0
// The largest and smallest elements along axes.

import { checkBoolean, checkTensor } from '../check.ts';
import { type Shape, normalizeAxes } from '../shape.ts';
import {
  type GradSaveFunc,
  type Tensor,
  cast,
  customGrad,
  div,
  equal,
  mul,
  reshape,
  sum,
  max as tfjsMax,
  min as tfjsMin,
} from '../tf.ts';

/**
 * The largest element along some axes, or of all. Where it stands at several positions they share its gradient, as in PyTorch's
 * `amax`; tfjs gives each of them the whole.
 *
 * @param x         numbers of any shape
 * @param axes      one axis, several, or undefined for all; negative ones count from the end
 * @param keepDims  whether the axes stay, with length 1; default false
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @example
 * max(tensor2d([[1, 5], [7, 3]]), 1); // [5, 7]
 */
export function max(x: Tensor, axes?: number | readonly number[] | null, keepDims = false): Tensor {
  return extremum('max', tfjsMax, x, axes, keepDims);
}

/**
 * The smallest element along some axes, or of all. Like {@link max}.
 *
 * @param x         numbers of any shape
 * @param axes      one axis, several, or undefined for all; negative ones count from the end
 * @param keepDims  whether the axes stay, with length 1; default false
 * @throws {ArgumentError} there is no such axis, or it is named twice (code `AXIS`)
 * @example
 * min(tensor2d([[1, 5], [7, 3]]), 1); // [1, 3]
 */
export function min(x: Tensor, axes?: number | readonly number[] | null, keepDims = false): Tensor {
  return extremum('min', tfjsMin, x, axes, keepDims);
}

function extremum(
  op: string,
  reduce: typeof tfjsMax,
  x: Tensor,
  axes: number | readonly number[] | null | undefined,
  keepDims: boolean,
): Tensor {
  checkTensor(op, 'x', x);
  checkBoolean(op, 'keepDims', keepDims);
  const along = normalizeAxes(op, axes ?? undefined, x.shape.length);
  if (x.dtype !== 'float32') return reduce(x, along, keepDims);
  const kept: Shape = x.shape.map((length, axis) => (along.includes(axis) ? 1 : length));
  const run = customGrad((...received: (Tensor | GradSaveFunc)[]) => {
    const [input, save] = received as [Tensor, GradSaveFunc];
    const value = reduce(input, along, keepDims);
    save([input, value]);
    return {
      value,
      gradFunc: (gradOut: Tensor, [of, out]: Tensor[]) => {
        const ties = cast(equal(of, reshape(out, [...kept])), 'float32');
        return mul(ties, div(reshape(gradOut, [...kept]), sum(ties, along, true)));
      },
    };
  });
  return run(x);
}
