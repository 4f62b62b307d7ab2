// SPDX-License-Identifier: Apache-2.0
// Times matrix products, training steps and decoding on a device: `node tools/gpu/time.mjs cuda`, or one case of them by name behind it.
// Prints one JSON object a line as it goes: of a case milliseconds, the losses of the first three steps, and the memory that a step takes.
// time.py does the same in PyTorch.

import { readFileSync } from 'node:fs';

import {
  Generator,
  argMax,
  dispose,
  matMul,
  nativeMemory,
  scope,
  setActivationStorage,
  setDevice,
  setMatmulPrecision,
  slice,
  tensor,
} from '@nabla/core';
import { GPT2LMHeadModel, generateTokens, storeMatrices } from '@nabla/models';
import { Adam, AdamW, SGD } from '@nabla/optimizers';

import { TEXT, preparePublished as prepareDecoding } from '../bench/cases/decode.mjs';
import { MODELS, fillParameters } from '../bench/cases/models.mjs';
import { fill } from '../bench/inputs.mjs';
import { time } from './measure.mjs';

const { matmul, steps, decode } = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8'));
const OPTIMIZERS = {
  sgd: (parameters) => new SGD(parameters, { learningRate: 0.01 }),
  adam: (parameters) => new Adam(parameters, { learningRate: 1e-3 }),
  adamw: (parameters) => new AdamW(parameters, { learningRate: 3e-4 }),
};
const only = process.argv[3]; // what names of cases begin with

function timeProduct(size) {
  const [a, b] = [1, 2].map((seed) => tensor(fill(size * size, seed, { scale: 4 }), [size, size]));
  const milliseconds = time(() => {
    const product = matMul(a, b);
    const corner = slice(product, [0, 0], [1, 1]);
    product.dispose();
    return corner;
  });
  dispose([a, b]);
  return milliseconds;
}

function timeStep(spec) {
  const { model, loss } = MODELS[spec.model](spec);
  fillParameters(model);
  const optimizer = OPTIMIZERS[spec.optimizer](model.parameters());
  const step = () => optimizer.step(loss);
  const losses = Array.from({ length: 3 }, () => step().dataSync()[0]);
  const milliseconds = time(step);
  return { milliseconds, losses, peakBytes: nativeMemory()?.peak };
}

/** A token of one sequence, chosen before the next is computed. */
function timeDecoding(spec) {
  const { run, kept } = prepareDecoding(spec);
  const write = () => {
    const token = argMax(run().logits, -1);
    token.dataSync();
    return token;
  };
  const milliseconds = time(() => scope(write), TEXT);
  for (const thing of kept) thing.dispose();
  return { milliseconds };
}

/** A token of one text, by the function that a program calls, whose steps are replayed: the best of three texts. In bf16 so are its weights. */
async function timeWriting({ vocabulary, layers, heads, width, past }) {
  const sizes = { vocab_size: vocabulary, n_layer: layers, n_head: heads, n_embd: width };
  const model = new GPT2LMHeadModel(sizes, new Generator(1)).eval();
  if (precision === 'bf16') storeMatrices(model);
  const times = [];
  for (let text = 0; text < 3; text++) {
    const begin = performance.now();
    let tokens = 0;
    for await (const { id } of generateTokens(model, [1, 2, 3, 4], { maximumNewTokens: past, endTokens: [] }))
      tokens += id >= 0;
    times.push((performance.now() - begin) / tokens);
  }
  model.dispose();
  return { milliseconds: Math.min(...times) };
}

setDevice(process.argv[2]);
const precision = process.env.NABLA_PRECISION ?? 'float32';
setMatmulPrecision(precision);
if (precision === 'bf16') setActivationStorage('bfloat16');
const measurements = {
  ...Object.fromEntries(matmul.map((size) => [`matmul_${size}`, () => ({ milliseconds: timeProduct(size) })])),
  ...Object.fromEntries(Object.entries(steps).map(([name, spec]) => [name, () => timeStep(spec)])),
  decode: () => timeDecoding(decode),
  write: () => timeWriting(decode),
};
for (const [name, measure] of Object.entries(measurements)) {
  if (only === undefined || name.startsWith(only)) console.log(JSON.stringify({ [name]: await measure() }));
}
