// SPDX-License-Identifier: Apache-2.0
// Gradients of functions of two elements that tfjs has wrong: it forgets that operands broadcast, or divides 0 by 0.

import {
  type GradConfig,
  type Tensor,
  cast,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  mul,
  pow,
  sub,
  where,
  zerosLike,
} from '../tf.ts';
import { sumTo } from './sum-to.ts';

/** `gradOut` where the condition holds. */
function only(condition: Tensor, gradOut: Tensor): Tensor {
  return where(condition, gradOut, zerosLike(gradOut));
}

/** The larger of two equal elements is the first, as in tfjs; tfjs' gradient fails where an operand is repeated. */
export const maximumGradient: GradConfig = {
  kernelName: 'Maximum',
  inputsToSave: ['a', 'b'],
  gradFunc: (gradOut, [a, b]) => ({
    a: () => sumTo(only(greaterEqual(a, b), gradOut as Tensor), a.shape),
    b: () => sumTo(only(less(a, b), gradOut as Tensor), b.shape),
  }),
};

/** Like {@link maximumGradient}. */
export const minimumGradient: GradConfig = {
  kernelName: 'Minimum',
  inputsToSave: ['a', 'b'],
  gradFunc: (gradOut, [a, b]) => ({
    a: () => sumTo(only(lessEqual(a, b), gradOut as Tensor), a.shape),
    b: () => sumTo(only(greater(a, b), gradOut as Tensor), b.shape),
  }),
};

/** tfjs' gradient fails where an operand is repeated. */
export const squaredDifferenceGradient: GradConfig = {
  kernelName: 'SquaredDifference',
  inputsToSave: ['a', 'b'],
  gradFunc: (gradOut, [a, b]) => {
    const slope = (from: Tensor, to: Tensor): Tensor => mul(gradOut as Tensor, mul(sub(from, to), 2));
    return { a: () => sumTo(slope(a, b), a.shape), b: () => sumTo(slope(b, a), b.shape) };
  },
};

/**
 * `gradA = b a^(b - 1)`, which is 0 for b = 0: there tfjs multiplies 0 by an infinity at a = 0. `gradB = a^b ln a`, 0 for a = 0
 * and, as in tfjs, for a < 0, where a^b is defined at whole b alone.
 */
export const powGradient: GradConfig = {
  kernelName: 'Pow',
  inputsToSave: ['a', 'b'],
  outputsToSave: [true],
  gradFunc: (gradOut, [a, b, out]) => ({
    a: () => {
      const exponent = cast(b, 'float32');
      const slope = mul(exponent, pow(a, sub(exponent, 1)));
      return sumTo(mul(gradOut as Tensor, where(equal(b, 0), zerosLike(slope), slope)), a.shape);
    },
    b: () => {
      const base = cast(a, 'float32');
      const logarithm = where(greater(base, 0), log(base), zerosLike(base));
      return sumTo(mul(gradOut as Tensor, mul(out, logarithm)), b.shape);
    },
  }),
};
