// SPDX-License-Identifier: Apache-2.0
// Decoding one sequence: the next token's logits from a cache of keys and values. Every weight is read once for it.

import {
  add,
  concat,
  linear,
  noGrad,
  reshape,
  scaledDotProductAttention,
  slice,
  storeAsBfloat16,
  tensor,
  transpose,
  unstack,
} from '@nabla/core';

import { fill } from '../inputs.mjs';
import { MODELS, fillParameters } from './models.mjs';

const GPT2 = { vocabulary: 50257, layers: 12, heads: 12, width: 768 };
const FLOAT = 4;
/** Seeds of the caches; those of the parameters are below. */
const FIRST_SEED = 1000;

/** Self-attention of one token `[1, 1, width]` to those in the cache and itself. */
function attend({ in_proj_weight, in_proj_bias, out_proj, heads }, x, cache) {
  const [, , width] = x.shape;
  const projected = reshape(linear(x, in_proj_weight, in_proj_bias), [1, 1, 3, heads, width / heads]);
  const [query, ...current] = unstack(transpose(projected, [2, 0, 3, 1, 4])); // each [1, heads, 1, headSize]
  const [key, value] = current.map((part, i) => concat([cache[i], part], 2)); // [1, heads, past + 1, headSize]
  return out_proj.forward(reshape(scaledDotProductAttention(query, key, value), x.shape));
}

/** The logits `[1, 1, vocabulary]` of what follows `token`, the one after those in the caches. */
function decode(model, token, caches) {
  const [, , past] = caches[0][0].shape;
  const position = slice(model.positions.weight, [past, 0], [1, -1]);
  let x = add(model.embedding.forward(token), position); // [1, 1, width]
  for (const [i, { self_attn, norm1, norm2, linear1, linear2 }] of [...model.blocks].entries()) {
    x = add(x, attend(self_attn, norm1.forward(x), caches[i]));
    x = add(x, linear2.forward(linear(norm2.forward(x), linear1.weight, linear1.bias, { activation: 'gelu' })));
  }
  return linear(model.norm.forward(x), model.embedding.weight);
}

/** Rounds the matrices of a model to bf16, and keeps them so or as float32. */
function roundMatrices(model, storage) {
  for (const matrix of model.parameters().filter(({ rank }) => rank === 2)) {
    storeAsBfloat16(matrix);
    if (storage === 'bfloat16') continue;
    const rounded = tensor(matrix.dataSync(), matrix.shape);
    matrix.assign(rounded);
    rounded.dispose();
  }
}

function prepare(spec, storage) {
  const { layers, heads, width, past } = spec;
  const { model, data } = MODELS.gpt({ ...spec, batch: 1, time: past + 1 });
  fillParameters(model);
  if (storage !== undefined) roundMatrices(model, storage);
  const shape = [1, heads, past, width / heads];
  const caches = Array.from({ length: layers }, (_, layer) =>
    [0, 1].map((part) => tensor(fill(past * width, FIRST_SEED + 2 * layer + part), shape)),
  );
  const token = tensor([[1]], [1, 1], 'int32');
  return {
    run: () => noGrad(() => ({ logits: decode(model, token, caches) })),
    kept: [...model.parameters(), ...data, token, ...caches.flat()],
  };
}

/** Bytes of all weights but the table of positions, of which one row is read. */
function weightBytes({ vocabulary, layers, width }) {
  return FLOAT * (vocabulary * width + layers * (12 * width ** 2 + 13 * width) + 2 * width);
}

export const decodeCases = [255].flatMap((past) => {
  const name = `gpt2_124M_t${past + 1}`;
  const limit = { operation: 'read', bytes: weightBytes(GPT2) };
  const common = { device: 'cpu', unit: 'ms', limit, patience: 3 };
  return [
    { name: `decode/${name}`, ...common, spec: { family: 'decode', ...GPT2, past }, prepare: (spec) => prepare(spec) },
    {
      name: `decode-bf16/${name}`,
      ...common,
      spec: { family: 'decode-bf16', ...GPT2, past },
      prepare: (spec) => prepare(spec, 'bfloat16'),
      rivals: { float32: (spec) => prepare(spec, 'float32') },
    },
  ];
});
