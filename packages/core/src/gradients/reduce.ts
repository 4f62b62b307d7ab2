// SPDX-License-Identifier: Apache-2.0
// Gradients of Cumsum and Prod, which tfjs has wrong for axes that are not the last one, or are counted from the end; of
// Sum and Mean, for which tfjs makes a tensor of ones in JavaScript; and of Abs.

import { normalizeAxes, normalizeAxis } from '../shape.ts';
import {
  type GradConfig,
  type Tensor,
  broadcastTo,
  cumprod,
  cumsum,
  div,
  mul,
  reshape,
  sign,
  transpose,
  zeros,
} from '../tf.ts';

interface CumsumAttributes {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** The same sum in the other direction. tfjs then transposes it, unless the axis is the last. */
export const cumsumGradient: GradConfig = {
  kernelName: 'Cumsum',
  gradFunc: (gradOut, _, attributes) => ({
    x: () => {
      const { axis, exclusive, reverse } = attributes as object as CumsumAttributes;
      const gradX = gradOut as Tensor;
      return cumsum(gradX, normalizeAxis('cumsum', axis, gradX.shape.length), exclusive, !reverse);
    },
  }),
};

interface ReductionAttributes {
  readonly axis?: number | number[] | null;
}

/** What the elements of x that were reduced to one receive, all the same. */
function spread(op: string, gradOut: Tensor, x: Tensor, attributes: unknown): Tensor {
  if (x.size === 0) return zeros(x.shape);
  const { axis } = attributes as ReductionAttributes;
  const axes = normalizeAxes(op, axis ?? undefined, x.rank);
  const kept = x.shape.map((length, i) => (axes.includes(i) ? 1 : length));
  return broadcastTo(reshape(gradOut, kept), x.shape);
}

export const sumGradient: GradConfig = {
  kernelName: 'Sum',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({ x: () => spread('sum', gradOut as Tensor, x, attributes) }),
};

export const meanGradient: GradConfig = {
  kernelName: 'Mean',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const gradMean = gradOut as Tensor;
      return spread('mean', div(gradMean, x.size / gradMean.size), x, attributes);
    },
  }),
};

/** `gradOut` times the product of all other elements: of those before and those behind, so that nothing is divided by 0. */
export const prodGradient: GradConfig = {
  kernelName: 'Prod',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x], attributes) => ({
    x: () => {
      const { axis } = attributes as object as { readonly axis: number | number[] | null | undefined };
      const axes = normalizeAxes('prod', axis ?? undefined, x.rank);
      const kept = x.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
      const order = [...kept, ...axes];
      const outer = kept.map((i) => x.shape[i]);
      const inner = axes.map((i) => x.shape[i]);
      const rows = reshape(transpose(x, order), [...outer, inner.reduce((product, length) => product * length, 1)]);
      const last = rows.rank - 1;
      const others = mul(cumprod(rows, last, true), cumprod(rows, last, true, true));
      const gradRows = mul(reshape(gradOut as Tensor, [...outer, 1]), others);
      const back = order.map((_, i) => order.indexOf(i));
      return transpose(reshape(gradRows, [...outer, ...inner]), back);
    },
  }),
};

/** 0 at 0, as in PyTorch, where tfjs takes -1: the mean absolute error must not move what is right already. */
export const absGradient: GradConfig = {
  kernelName: 'Abs',
  inputsToSave: ['x'],
  gradFunc: (gradOut, [x]) => ({ x: () => mul(gradOut as Tensor, sign(x)) }),
};
