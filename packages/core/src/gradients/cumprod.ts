// SPDX-License-Identifier: Apache-2.0
// Gradient of Cumprod, exact where x holds zeros too: nothing is divided.

import { type GradConfig, type Tensor, add, cumprod, mul, pad, reverse, slice } from '../tf.ts';

interface CumprodAttributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** `out[i] = x[i + by]` along the axis, 0 behind the end. */
function shift(x: Tensor, axis: number, by: number): Tensor {
  const begin = x.shape.map((_, i) => (i === axis ? by : 0));
  const size = x.shape.map((length, i) => (i === axis ? length - by : length));
  const padding = x.shape.map((_, i): [number, number] => [0, i === axis ? by : 0]);
  return pad(slice(x, begin, size), padding);
}

/**
 * With `y[j] = x[0] … x[j]`: `gradX[i] = (x[0] … x[i-1]) s[i]` and `s[i] = gradOut[i] + x[i+1] s[i+1]`. The recurrence is solved
 * by doubling: after the step of length d, `s[i]` holds the terms of the 2d next elements and `factors[i]` their product.
 */
function gradient(gradOut: Tensor, x: Tensor, axis: number, exclusive: boolean): Tensor {
  const length = x.shape[axis];
  if (x.size === 0) return gradOut;
  let sums = exclusive ? shift(gradOut, axis, 1) : gradOut;
  let factors = shift(x, axis, 1);
  for (let distance = 1; distance < length; distance *= 2) {
    sums = add(sums, mul(factors, shift(sums, axis, distance)));
    factors = mul(factors, shift(factors, axis, distance));
  }
  return mul(cumprod(x, axis, true), sums);
}

export const cumprodGradient: GradConfig = {
  kernelName: 'Cumprod',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const { axis, exclusive, reverse: backwards } = attributes as object as CumprodAttributes;
      const flip = (values: Tensor): Tensor => (backwards ? reverse(values, axis) : values);
      return flip(gradient(flip(gradOut as Tensor), flip(x), axis, exclusive));
    },
  }),
};
