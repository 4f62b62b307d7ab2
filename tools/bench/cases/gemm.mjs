// SPDX-License-Identifier: Apache-2.0
// Products of matrices: square, flat and tall ones, each as it is and transposed, and batches of small ones.

import { matMul, tensor } from '@nabla/core';

import { fill } from '../inputs.mjs';

/** Rows, inner length and columns. */
const SHAPES = [
  [64, 64, 64],
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [8, 768, 3072],
  [32, 784, 256],
  [512, 768, 3072],
  [1024, 768, 12564],
];

/** Matrices in a batch, then as above: the products of attention. */
const BATCHED_SHAPES = [
  [96, 64, 64, 64],
  [48, 256, 64, 256],
];

/** One row: the products of decoding. */
const ROW_SHAPES = [[1, 768, 3072]];

/** On the js device: those whose peer is done within a second. */
const JS_SHAPES = [
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
];

/** The second operand transposed: a linear layer; the first: the gradient of its weight. */
const TRANSPOSED = { NN: [false, false], NT: [false, true], TN: [true, false], TT: [true, true] };

function prepare({ batch, rows, inner, columns, transposeA, transposeB }) {
  const lead = batch > 1 ? [batch] : [];
  const matrix = (seed, height, width, isTransposed) =>
    tensor(fill(batch * height * width, seed), [...lead, ...(isTransposed ? [width, height] : [height, width])]);
  const a = matrix(1, rows, inner, transposeA);
  const b = matrix(2, inner, columns, transposeB);
  return { run: () => ({ product: matMul(a, b, transposeA, transposeB) }), kept: [a, b] };
}

function gemm(batch, [rows, inner, columns], transposition, device) {
  const [transposeA, transposeB] = TRANSPOSED[transposition];
  const name = `gemm/${batch > 1 ? `${batch}x` : ''}${rows}x${inner}x${columns}/${transposition}`;
  return {
    name: device === 'js' ? `js/${name}` : name,
    device,
    unit: 'GFLOP/s',
    work: 2 * batch * rows * inner * columns,
    kernel: device === 'cpu',
    spec: { family: 'gemm', batch, rows, inner, columns, transposeA, transposeB },
    prepare,
  };
}

export const gemmCases = [
  ...SHAPES.flatMap((shape) => Object.keys(TRANSPOSED).map((kind) => gemm(1, shape, kind, 'cpu'))),
  ...ROW_SHAPES.flatMap((shape) => ['NN', 'NT'].map((kind) => gemm(1, shape, kind, 'cpu'))),
  ...BATCHED_SHAPES.flatMap(([batch, ...shape]) => ['NN', 'NT', 'TN'].map((kind) => gemm(batch, shape, kind, 'cpu'))),
  ...JS_SHAPES.flatMap((shape) => ['NN', 'NT'].map((kind) => gemm(1, shape, kind, 'js'))),
];
