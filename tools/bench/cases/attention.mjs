// SPDX-License-Identifier: Apache-2.0
// Attention of 8 heads of 64 features over sequences of several lengths, forward and backward.

import { mul, scaledDotProductAttention, sum, tensor, valueAndGrad } from '@nabla/core';

import { fill } from '../inputs.mjs';

const HEADS = 8;
const HEAD_SIZE = 64;
const TIMES = [128, 512, 2048];

function prepare({ heads, time, headSize, causal }) {
  const shape = [1, heads, time, headSize];
  const make = (seed, scale) => tensor(fill(heads * time * headSize, seed, { scale }), shape);
  const inputs = [make(1, 4), make(2, 4), make(3, 1)];
  const gradOut = make(4, 1);
  const loss = () => sum(mul(scaledDotProductAttention(...inputs, { causal }), gradOut));
  const run = () => {
    const [gradQuery, gradKey, gradValue] = valueAndGrad(loss, inputs).gradients;
    return { gradQuery, gradKey, gradValue };
  };
  return { run, kept: [...inputs, gradOut] };
}

export const attentionCases = TIMES.flatMap((time) =>
  [false, true].map((causal) => ({
    name: `attention/h${HEADS}_t${time}_d${HEAD_SIZE}/${causal ? 'causal' : 'full'}`,
    device: 'cpu',
    unit: 'ms',
    spec: { family: 'attention', heads: HEADS, time, headSize: HEAD_SIZE, causal },
    prepare,
  })),
);
