// SPDX-License-Identifier: Apache-2.0
// Products of matrices in bf16 against the same in float32; none where the processor multiplies in float32 only.

import { NablaError, matMul, setDevice, setMatmulPrecision, tensor } from '@nabla/core';

import { fill } from '../inputs.mjs';

/** Products in a run whose weight is kept: far more than those before it is. */
const KEPT = 200;

/** Rows, inner length and columns, and whether the second operand is transposed (T), or the first. */
const CASES = [
  ...[
    [512, 512, 512],
    [1024, 1024, 1024],
    [512, 768, 3072],
  ].flatMap((shape) => ['NN', 'NT', 'TN'].map((kind) => [shape, kind])),
  [[256, 256, 256], 'NN'],
  [[64, 64, 64], 'NN'],
  ...[1, 8, 32].map((rows) => [[rows, 768, 3072], 'NT', KEPT]),
];

/** Numbers that bf16 holds exactly, so that both compute the same: multiples of 1/128 below 1/2. */
function operand(seed, height, width, isTransposed) {
  const values = fill(height * width, seed).map((value) => Math.round(value * 128) / 128);
  return tensor(values, isTransposed ? [width, height] : [height, width]);
}

let current = 'float32';

/** Sets the precision where it is another one: that drops what is kept of weights. */
function choose(precision) {
  if (precision !== current) setMatmulPrecision(precision);
  current = precision;
}

function prepareIn(precision) {
  return ({ rows, inner, columns, transposeA, transposeB, products }) => {
    const a = operand(1, rows, inner, transposeA);
    const b = operand(2, inner, columns, transposeB);
    const run = () => {
      choose(precision);
      for (let i = 1; i < products; i++) matMul(a, b, transposeA, transposeB).dispose();
      return { product: matMul(a, b, transposeA, transposeB) };
    };
    return { run, kept: [a, b, { dispose: () => choose('float32') }] };
  };
}

function multiplies() {
  try {
    setDevice('cpu');
    setMatmulPrecision('bf16');
    setMatmulPrecision('float32');
    return true;
  } catch (error) {
    if (error instanceof NablaError) return false;
    throw error;
  }
}

const every = CASES.map(([[rows, inner, columns], kind, products = 1]) => ({
  name: `gemm-bf16/${rows}x${inner}x${columns}/${kind}`,
  device: 'cpu',
  unit: 'GFLOP/s',
  work: 2 * rows * inner * columns * products,
  spec: {
    family: 'gemm-bf16',
    ...{ rows, inner, columns, products },
    ...{ transposeA: kind[0] === 'T', transposeB: kind[1] === 'T' },
  },
  prepare: prepareIn('bf16'),
  rivals: { float32: prepareIn('float32') },
}));

export const bf16Cases = multiplies() ? every : [];
