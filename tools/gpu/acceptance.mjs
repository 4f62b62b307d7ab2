// SPDX-License-Identifier: Apache-2.0
// Times what device cuda must reach: a product and convolutions in bf16, attention, kernels that wait for memory, GPT-2 in training. Prints
// one JSON object a line as it goes, which acceptance.py puts beside PyTorch's.

import { readFileSync } from 'node:fs';

import {
  Generator,
  add,
  clone,
  conv2d,
  dispose,
  dropout,
  embedding,
  gelu,
  layerNorm,
  matMul,
  mul,
  nativeMemory,
  ones,
  resetPeakMemory,
  scaledDotProductAttention,
  scope,
  setActivationStorage,
  setDevice,
  setMatmulPrecision,
  slice,
  softmax,
  softmaxCrossEntropy,
  storeAsBfloat16,
  sum,
  transpose,
  uniform,
  valueAndGrad,
  variable,
  zeros,
} from '@nabla/core';
import { AdamW } from '@nabla/optimizers';

import { MODELS, fillParameters, integers } from '../bench/cases/models.mjs';
import { time } from './measure.mjs';

const cases = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8')).acceptance;
const generator = new Generator(1);
const random = (...shape) => uniform(shape, generator);

const asItIs = (x) => x;

/** Stored as bf16. */
function half(x) {
  storeAsBfloat16(x);
  return x;
}

/** What a run is waited for by: one number of its last result. */
function end(result) {
  const { shape } = result;
  return shape.length === 0
    ? clone(result)
    : slice(result, new Array(shape.length).fill(0), new Array(shape.length).fill(1));
}
const measure = (run) => time(() => scope(() => end(run())));

function timeProduct() {
  const [a, b] = [1, 2].map(() => half(random(cases.product, cases.product)));
  const milliseconds = measure(() => matMul(a, b));
  dispose([a, b]);
  return milliseconds;
}

function timeAttention(prepare) {
  const { batch, heads, time: steps, size } = cases.attention;
  const [query, key, value] = [1, 2, 3].map(() => variable(prepare(random(batch, heads, steps, size))));
  const weight = prepare(random(batch, heads, steps, size));
  const forward = () => scaledDotProductAttention(query, key, value, { causal: true });
  const result = {
    forward: measure(forward),
    training: measure(() => valueAndGrad(() => sum(mul(forward(), weight)), [query, key, value]).gradients[0]),
  };
  dispose([query, key, value, weight]);
  return result;
}

function timeConvolution({ batch, size, inputs, outputs, kernel, stride }) {
  const x = variable(half(random(batch, size, size, inputs)));
  const weight = variable(random(outputs, inputs, kernel, kernel));
  const forward = () => conv2d(x, weight, undefined, { stride, padding: (kernel - 1) / 2 });
  const factor = half(random(batch, size / stride, size / stride, outputs));
  const result = {
    forward: measure(forward),
    training: measure(() => valueAndGrad(() => sum(mul(forward(), factor)), [x, weight]).gradients[0]),
  };
  dispose([x, weight, factor]);
  return result;
}

/** GB/s of kernels whose operands take `rows × columns` numbers. */
function timeMemory(prepare, bytesOfNumber) {
  const { rows, columns } = cases;
  const bytes = rows * columns * bytesOfNumber;
  const x = prepare(random(rows, columns));
  const y = prepare(random(rows, columns));
  const [gain, shift] = [ones([columns]), zeros([columns])];
  const table = prepare(random(50257, columns));
  const tokens = integers([rows], 1, 50257);
  const labels = integers([rows], 2, columns);
  // How many times as many bytes as x takes are read and written.
  const runs = {
    add: [3, () => add(x, y)],
    gelu: [2, () => gelu(x)],
    dropout: [2, () => dropout(x, { probability: 0.1, generator })],
    layerNorm: [2, () => layerNorm(x, gain, shift)],
    softmax: [2, () => softmax(x)],
    softmaxCrossEntropy: [1, () => softmaxCrossEntropy(x, labels)],
    embedding: [2, () => embedding(table, tokens)],
    transpose: [2, () => transpose(x)],
    'sum of rows': [1, () => sum(x, 1)],
    'sum of columns': [1, () => sum(x, 0)],
  };
  const rates = Object.entries(runs).map(([name, [times, run]]) => [name, (times * bytes) / measure(run) / 1e6]);
  dispose([x, y, gain, shift, table, tokens, labels]);
  return Object.fromEntries(rates);
}

/** Numbers per second of a step, 28 bytes for each: gradient, parameter and two moments read, and all but the gradient written. */
function timeAdamW() {
  const parameter = variable(random(cases.rows, cases.columns));
  const gradient = random(cases.rows, cases.columns);
  const optimizer = new AdamW([parameter], { learningRate: 1e-3 });
  const milliseconds = time(() => {
    optimizer.applyGradients([gradient]);
    return scope(() => end(parameter));
  });
  optimizer.dispose();
  dispose([parameter, gradient]);
  return (28 * cases.rows * cases.columns) / milliseconds / 1e6;
}

function timeTraining(batch) {
  const { model, data, loss } = MODELS[cases.training.model]({ ...cases.training, batch });
  fillParameters(model);
  const optimizer = new AdamW(model.parameters(), { learningRate: 3e-4 });
  resetPeakMemory();
  const milliseconds = time(() => optimizer.step(loss));
  const peakBytes = nativeMemory()?.peak;
  dispose(data);
  optimizer.dispose();
  model.dispose();
  return { milliseconds, peakBytes };
}

/** Prints the result, or in words why there is none. */
function say(name, run) {
  let result;
  try {
    result = run();
  } catch (error) {
    result = { error: String(error).slice(0, 300) };
  }
  console.log(JSON.stringify({ [name]: result }));
}

setDevice('cuda');
setMatmulPrecision('bf16');
setActivationStorage('bfloat16');
say('product', timeProduct);
say('attention in bf16', () => timeAttention(half));
say('kernels in bf16', () => timeMemory(half, 2));
for (const batch of cases.batches) say(`training, batch ${batch}`, () => timeTraining(batch));
for (const [name, sizes] of Object.entries(cases.convolutions))
  say(`convolution ${name}`, () => timeConvolution(sizes));
setActivationStorage('float32');
say('kernels in float32', () => timeMemory(asItIs, 4));
say('AdamW', timeAdamW);
for (const precision of ['tf32', 'float32']) {
  setMatmulPrecision(precision);
  say(`attention in ${precision}`, () => timeAttention(asItIs));
}
