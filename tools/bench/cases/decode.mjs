// SPDX-License-Identifier: Apache-2.0
// Decoding one sequence: a token of a text as `generateTokens` writes it, with all that it does for one: its steps are recorded and replayed, a
// token is chosen, and the event loop turns. Every weight is read once for it.

import { Generator, dispose, noGrad, scope, storeAsBfloat16, tensor, transpose } from '@nabla/core';
import { GPT2LMHeadModel, KeyValueCache, generateTokens } from '@nabla/models';

import { fill } from '../inputs.mjs';
import { Writer } from '../writer.mjs';
import { GPT2, MODELS, fillParameters } from './models.mjs';

const FLOAT = 4;
/** Tokens of a text on either side of its middle: as many as its cache grows by, so that it grows once on each. */
const HALF = 64;
/** Seeds of the caches; those of the parameters are below. */
const FIRST_SEED = 1000;

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

/**
 * The published model with weights by the common formula, and a run that takes one token after those that are in a cache.
 *
 * @param storage of the matrices once they are rounded to bf16; without it, they are not rounded
 */
export function preparePublished(spec, storage) {
  const { layers, heads, width, past } = spec;
  const { model: other, data } = MODELS.gpt({ ...spec, batch: 1, time: past + HALF + 2 });
  fillParameters(other);
  const model = gpt2Of(spec, other);
  for (const thing of [...other.parameters(), ...data]) thing.dispose();
  if (storage !== undefined) roundMatrices(model, storage);
  const shape = [1, heads, past, width / heads];
  const caches = Array.from({ length: layers }, (_, layer) =>
    [0, 1].map((part) => tensor(fill(past * width, FIRST_SEED + 2 * layer + part), shape)),
  );
  const cache = new StillCache(caches);
  dispose(caches);
  const token = tensor([[1]], [1, 1], 'int32');
  return {
    model,
    run: () => noGrad(() => ({ logits: model.forward(token, { cache }) })),
    kept: [...model.parameters(), cache, token],
  };
}

/** Writing texts in whose middle a step finds `past` tokens in the cache; the logits of a single step are what is compared. */
function prepareWriting(spec, storage) {
  const { model, run: results, kept } = preparePublished(spec, storage);
  const prompt = Array.from({ length: spec.past + 1 - HALF }, (_, i) => i);
  const options = { maximumNewTokens: 1 + 2 * HALF, endTokens: [] };
  const writer = new Writer(() => generateTokens(model, prompt, options), 2 * HALF);
  return { time: (count) => writer.time(count), results, kept: [writer, ...kept] };
}

/** Bytes of all weights but the table of positions, of which one row is read. */
function weightBytes({ vocabulary, layers, width }) {
  return FLOAT * (vocabulary * width + layers * (12 * width ** 2 + 13 * width) + 2 * width);
}

const PAST = 255;
/** Seconds of a turn: some 64 tokens or more, one of which has its cache grow, and one is recorded. */
const TURN = 2;
/** Tokens that are written before the clock starts: a text's first ones, in which V8 compiles, take up to 1.4 times as long. */
export const TEXT = 150;

function decodeCase(family, further) {
  return {
    name: `${family}/gpt2_124M_generate_t${PAST + 1}`,
    device: 'cpu',
    unit: 'ms',
    spec: { family, ...GPT2, past: PAST },
    limit: { operation: 'read', bytes: weightBytes(GPT2) },
    turn: TURN,
    warmUp: TEXT,
    ...further,
  };
}

export const decodeCases = [
  decodeCase('decode', { prepare: (spec) => prepareWriting(spec) }),
  decodeCase('decode-bf16', {
    prepare: (spec) => prepareWriting(spec, 'bfloat16'),
    rivals: { float32: (spec) => prepareWriting(spec, 'float32') },
  }),
];
