// SPDX-License-Identifier: Apache-2.0
// Operations that memory bounds: the bytes that they must read and write, in a second, to be seen beside those of a copy.

import {
  Generator,
  adamWStep,
  concat,
  dropout,
  gelu,
  layerNorm,
  ones,
  rmsNorm,
  softmax,
  softmaxCrossEntropy,
  tensor,
  variable,
} from '@nabla/core';

import { fill, fillIntegers } from '../inputs.mjs';
import { largestCache } from '../machine.mjs';

const COLUMNS = 1024;
const FLOAT = 4;
/** A matrix fills the largest cache, and has 64 MiB where that is small: none is still there when its turn comes again. */
const ROWS = Math.max(16384, Math.ceil(largestCache() / (COLUMNS * FLOAT)));

const matrix = ({ rows, columns }, seed, scale = 4) => tensor(fill(rows * columns, seed, { scale }), [rows, columns]);

function copy({ rows, columns }) {
  const halves = [1, 2].map((seed) => matrix({ rows: rows / 2, columns }, seed));
  return { run: () => ({ out: concat(halves) }), kept: halves };
}

function adamW(spec) {
  const [parameter, firstMoment, secondMoment] = [1, 3, 4].map((seed) => {
    const start = matrix(spec, seed, seed === 1 ? 4 : 0); // moments start at zero
    const changed = variable(start);
    start.dispose();
    return changed;
  });
  const gradient = matrix(spec, 2);
  const settings = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
  let step = 0;
  const run = () => {
    step += 1;
    adamWStep([parameter], [gradient], [firstMoment], [secondMoment], { step, ...settings });
    return { parameter };
  };
  return { run, kept: [parameter, firstMoment, secondMoment, gradient] };
}

/** An operation from one matrix to another. */
const ofMatrix = (operation) => (spec) => {
  const x = matrix(spec, 1);
  return { run: () => ({ out: operation(x) }), kept: [x] };
};

function normalize(spec) {
  const x = matrix(spec, 1);
  const [weight, bias] = [2, 3].map((seed) => tensor(fill(spec.columns, seed)));
  return { run: () => ({ out: layerNorm(x, weight, bias) }), kept: [x, weight, bias] };
}

function crossEntropy(spec) {
  const logits = matrix(spec, 1);
  const labels = tensor(fillIntegers(spec.rows, 2, spec.columns), [spec.rows], 'int32');
  return { run: () => ({ loss: softmaxCrossEntropy(logits, labels) }), kept: [logits, labels] };
}

/** By name: how it is made ready, how many matrices it reads and writes, and what memory does at best meanwhile, if not a copy. */
const OPERATIONS = {
  copy: [copy, 2],
  softmax: [ofMatrix((x) => softmax(x)), 2],
  layerNorm: [normalize, 2],
  gelu: [ofMatrix((x) => gelu(x)), 2],
  adamW: [adamW, 7, 'update'],
  rmsNorm: [ofMatrix((x) => rmsNorm(x, ones([COLUMNS]))), 2],
  dropout: [ofMatrix((x) => dropout(x, { probability: 0.1, generator: new Generator(7) })), 2],
  crossEntropy: [crossEntropy, 1, 'read'],
};

export const bandwidthCases = Object.entries(OPERATIONS).map(([operation, [prepare, matrices, limit = 'copy']]) => ({
  name: `bandwidth/${operation}`,
  device: 'cpu',
  unit: 'GB/s',
  work: matrices * ROWS * COLUMNS * FLOAT,
  limit: { operation: limit, bytes: matrices * ROWS * COLUMNS * FLOAT },
  spec: { family: 'bandwidth', operation, rows: ROWS, columns: COLUMNS },
  prepare,
}));
