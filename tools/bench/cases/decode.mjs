// SPDX-License-Identifier: Apache-2.0
// Decoding one sequence: the next token's logits from a cache of keys and values. Every weight is read once for it. By ops, and by
// the published GPT-2 with its own cache, which keeps its weights the other way round.

import {
  Generator,
  add,
  concat,
  linear,
  noGrad,
  reshape,
  scaledDotProductAttention,
  scope,
  slice,
  storeAsBfloat16,
  tensor,
  transpose,
  unstack,
} from '@nabla/core';
import { GPT2LMHeadModel, KeyValueCache } from '@nabla/models';

import { fill } from '../inputs.mjs';
import { GPT2, MODELS, fillParameters } from './models.mjs';

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

function prepare(spec) {
  const { layers, heads, width, past } = spec;
  const { model, data } = MODELS.gpt({ ...spec, batch: 1, time: past + 1 });
  fillParameters(model);
  const shape = [1, heads, past, width / heads];
  const caches = Array.from({ length: layers }, (_, layer) =>
    [0, 1].map((part) => tensor(fill(past * width, FIRST_SEED + 2 * layer + part), shape)),
  );
  const token = tensor([[1]], [1, 1], 'int32');
  return {
    model,
    caches,
    token,
    run: () => noGrad(() => ({ logits: decode(model, token, caches) })),
    kept: [...model.parameters(), ...data, token, ...caches.flat()],
  };
}

/** The values of a layer whose weight is `[outputs, inputs]`, for one whose weight is `[inputs, outputs]`. */
function assignTurned(layer, weight, bias) {
  scope(() => layer.weight.assign(transpose(weight)));
  layer.bias.assign(bias);
}

/** The published model with the values of the other one, for as many tokens as that. */
export function gpt2Of({ vocabulary, layers, heads, width }, { embedding, positions, blocks, norm }) {
  const [context] = positions.weight.shape;
  const sizes = { vocab_size: vocabulary, n_positions: context, n_embd: width, n_layer: layers, n_head: heads };
  const model = new GPT2LMHeadModel({ ...sizes, activation_function: 'gelu' }, new Generator(1));
  const { wte, wpe, h, ln_f } = model.transformer;
  wte.weight.assign(embedding.weight);
  wpe.weight.assign(positions.weight);
  ln_f.loadStateDict(norm.stateDict());
  const blocksOfOther = [...blocks];
  for (const [i, { ln_1, attn, ln_2, mlp }] of [...h].entries()) {
    const { self_attn, norm1, norm2, linear1, linear2 } = blocksOfOther[i];
    ln_1.loadStateDict(norm1.stateDict());
    ln_2.loadStateDict(norm2.stateDict());
    assignTurned(attn.c_attn, self_attn.in_proj_weight, self_attn.in_proj_bias);
    assignTurned(attn.c_proj, self_attn.out_proj.weight, self_attn.out_proj.bias);
    assignTurned(mlp.c_fc, linear1.weight, linear1.bias);
    assignTurned(mlp.c_proj, linear2.weight, linear2.bias);
  }
  return model.eval();
}

/** A cache that holds the same tokens before every run: what a run adds is written over by the next one. */
class StillCache extends KeyValueCache {
  #isFull = false;

  constructor(caches) {
    super(caches.length);
    for (const [layer, [keys, values]] of caches.entries()) this.write(layer, keys, values);
    this.advance(caches[0][0].shape[2]);
    this.#isFull = true;
  }

  advance(time) {
    if (!this.#isFull) super.advance(time);
  }
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

/** @param storage of the matrices once they are rounded to bf16; without it, they are not rounded */
export function preparePublished(spec, storage) {
  const { model: other, caches, token, kept } = prepare(spec);
  const model = gpt2Of(spec, other);
  const cache = new StillCache(caches);
  for (const thing of kept) if (thing !== token) thing.dispose();
  if (storage !== undefined) roundMatrices(model, storage);
  return {
    run: () => noGrad(() => ({ logits: model.forward(token, { cache }) })),
    kept: [...model.parameters(), cache, token],
  };
}

/** Bytes of all weights but the table of positions, of which one row is read. */
function weightBytes({ vocabulary, layers, width }) {
  return FLOAT * (vocabulary * width + layers * (12 * width ** 2 + 13 * width) + 2 * width);
}

const PAST = 255;
/** Tokens that are written before the clock starts: a text's first ones, in which V8 compiles, take up to 1.4 times as long. */
export const TEXT = 150;

function decodeCase(family, model, further) {
  return {
    name: `${family}/${model}_t${PAST + 1}`,
    device: 'cpu',
    unit: 'ms',
    spec: { family, ...GPT2, past: PAST },
    limit: { operation: 'read', bytes: weightBytes(GPT2) },
    patience: 3,
    warmUp: TEXT,
    ...further,
  };
}

export const decodeCases = [
  decodeCase('decode', 'gpt2_124M', { prepare }),
  decodeCase('decode', 'gpt2_124M_published', { prepare: (spec) => preparePublished(spec) }),
  decodeCase('decode-bf16', 'gpt2_124M_published', {
    prepare: (spec) => preparePublished(spec, 'bfloat16'),
    rivals: { float32: (spec) => preparePublished(spec, 'float32') },
  }),
];
