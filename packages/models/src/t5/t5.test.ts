// SPDX-License-Identifier: Apache-2.0
// Tests of T5 against transformers' numbers and PyTorch's buckets, of its variants against their formulas, of its checkpoints.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  Generator,
  type Tensor,
  add,
  dispose,
  gelu,
  linear,
  mul,
  noGrad,
  plainAttention,
  plainRmsNorm,
  scope,
  sigmoid,
  tensor2d,
  tensor4d,
  writeSafetensors,
} from '@nabla/core';
import { golden, tolerance, useDevice } from '@nabla/testing';

import { describeByLayer, describeCachedDecoding } from '../generation/test-cached-decoding.ts';
import { generate } from '../generation/generate.ts';
import { describeTinyGeneration } from '../generation/test-generation.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { describeTiny, encoderDecoderResult } from '../pretrained/test-hf-tiny.ts';
import { type T5Config, feedForwardOf, t5Schema } from './config.ts';
import { T5EncoderModel, T5ForConditionalGeneration } from './model.ts';
import { bucketTable, relativeBucket } from './relative-positions.ts';

describeTiny('t5', T5ForConditionalGeneration, (model, inputs) => {
  const embed = (tokens: Tensor): Tensor => model.shared.forward(tokens);
  return encoderDecoderResult(model, { embed, encoder: model.encoder, decoder: model.decoder }, inputs);
});

describeTinyGeneration('t5', T5ForConditionalGeneration);

/** Heads that are not d_model / heads wide, more blocks in the decoder, a gate, an output matrix of its own: T5 1.1. */
const CONFIG = {
  vocab_size: 13,
  d_model: 8,
  d_kv: 3,
  d_ff: 10,
  num_layers: 1,
  num_decoder_layers: 2,
  num_heads: 2,
  relative_attention_num_buckets: 6,
  relative_attention_max_distance: 9,
  feed_forward_proj: 'gated-gelu',
  tie_word_embeddings: false,
} as const satisfies Partial<T5Config>;

const makeModel = (generator: Generator): T5ForConditionalGeneration =>
  new T5ForConditionalGeneration(CONFIG, generator);
describeCachedDecoding('T5ForConditionalGeneration', makeModel);
describeByLayer('T5ForConditionalGeneration', makeModel, { encoder: 1, decoder: 2 });

describe('the buckets of relative positions', () => {
  useDevice('js');

  it.each(golden('relative_buckets').cases)('are PyTorch’s: $name', ({ options, first, found }) => {
    expect(Array.from(found.values, (_, i) => relativeBucket(first + i, options))).toEqual(found.values);
  });

  it('are those of each query and key, behind the positions that were seen', () => {
    const options = { buckets: 8, maximumDistance: 16, bidirectional: true };
    const table = bucketTable(4, 3, 9, options); // queries at 4, 5, 6
    const expected = [4, 5, 6].flatMap((query) =>
      Array.from({ length: 9 }, (_, key) => relativeBucket(key - query, options)),
    );
    expect([...table.dataSync()]).toEqual(expected);
    table.dispose();
  });
});

describe('the configuration of T5', () => {
  it.each([
    [{}, 'relu', false],
    [{ feed_forward_proj: 'gated-gelu' }, 'gelu_new', true],
    [{ feed_forward_proj: 'gelu' }, 'gelu', false],
    [{ feed_forward_proj: 'gated-silu' }, 'silu', true],
    [{ feed_forward_proj: 'gated-gelu_new', dense_act_fn: 'gelu', is_gated_act: true }, 'gelu', true],
  ])('%j has the network %s, gated %s', (fields, activation, isGated) => {
    expect(feedForwardOf(t5Schema.parse(fields))).toEqual({ activation, isGated });
  });

  it.each(['gated-swishy', 'double-gelu', 'gated-'])('refuses the network %s', (feed_forward_proj) => {
    expect(t5Schema.safeParse({ feed_forward_proj }).success).toBe(false);
  });
});

describe('T5 by its formulas', () => {
  useDevice('js');

  /** The pre-norm encoder of one block, written out. */
  function plainEncoder(model: T5EncoderModel, tokens: Tensor, activation: (x: Tensor) => Tensor): Tensor {
    const state = model.stateDict();
    const weight = (name: string): Tensor => state[`encoder.${name}.weight`];
    const attention = 'block.0.layer.0.SelfAttention';
    const normed = (x: Tensor, name: string): Tensor => plainRmsNorm(x, weight(name), { epsilon: 1e-6 });
    const x = model.shared.forward(tokens);
    const y = normed(x, 'block.0.layer.0.layer_norm');
    const [query, key, value] = ['q', 'k', 'v'].map((name) => splitHeads(linear(y, weight(`${attention}.${name}`)), 2));
    const [time = 0] = tokens.shape.slice(1);
    const table = weight(`${attention}.relative_attention_bias`).arraySync() as number[][];
    const options = { buckets: 6, maximumDistance: 9, bidirectional: true };
    const bias = [0, 1].map((head) =>
      Array.from({ length: time }, (_, q) =>
        Array.from({ length: time }, (__, k) => table[relativeBucket(k - q, options)]?.[head] ?? NaN),
      ),
    );
    const attended = plainAttention(query, key, value, { scale: 1, mask: tensor4d([bias]) });
    const z = add(x, linear(joinHeads(attended), weight(`${attention}.o`)));
    const network = 'block.0.layer.1.DenseReluDense';
    const inner = normed(z, 'block.0.layer.1.layer_norm');
    const gated = mul(activation(linear(inner, weight(`${network}.wi_0`))), linear(inner, weight(`${network}.wi_1`)));
    return normed(add(z, linear(gated, weight(`${network}.wo`))), 'final_layer_norm');
  }

  it.each([
    ['gated-gelu', (x: Tensor): Tensor => gelu(x, { approximate: 'tanh' })],
    ['gated-silu', (x: Tensor): Tensor => mul(x, sigmoid(x))],
    ['gated-quick_gelu', (x: Tensor): Tensor => mul(x, sigmoid(mul(x, 1.702)))],
  ] as const)('encodes with %s', (feed_forward_proj, activation) => {
    const model = new T5EncoderModel({ ...CONFIG, feed_forward_proj }, new Generator(3)).eval();
    scope(() => {
      const tokens = tensor2d([[5, 6, 7, 8, 9, 10, 11, 1, 2, 3, 4, 12]], undefined, 'int32'); // beyond the farthest distance
      const expected = plainEncoder(model, tokens, activation);
      expect(model.forward(tokens)).toBeCloseToTensor(expected, tolerance('matmul', 64));
    });
    model.dispose();
  });

  it('scales a tied output by 1 / sqrt(d_model), and one of its own not', () => {
    scope(() => {
      const hidden = tensor2d([[1, 2, 3, 4, 5, 6, 7, 8]]);
      const tied = new T5ForConditionalGeneration({ ...CONFIG, tie_word_embeddings: true }, new Generator(1));
      const own = new T5ForConditionalGeneration(CONFIG, new Generator(1));
      const expected = linear(mul(hidden, 1 / Math.sqrt(8)), tied.shared.weight);
      expect(tied.logits(hidden)).toBeCloseToTensor(expected, tolerance('matmul', 8));
      expect(own.logits(hidden)).toBeCloseToTensor(
        linear(hidden, own.lm_head?.weight ?? hidden),
        tolerance('matmul', 8),
      );
      dispose(tied, own);
    });
  });

  it('has its own output where transformers 5 says so: tied embeddings whose output is not scaled', () => {
    const fields = { ...CONFIG, tie_word_embeddings: true, scale_decoder_outputs: false };
    const model = new T5ForConditionalGeneration(fields, new Generator(1));
    expect(model.lm_head).toBeDefined();
    model.dispose();
  });
});

describe('checkpoints of T5', () => {
  useDevice('js');
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-t5-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Writes a model's tensors under other names, undefined for none; then config.json. */
  async function write(
    model: T5ForConditionalGeneration,
    rename: (name: string) => (string | undefined)[],
    config: object = model.config,
  ): Promise<void> {
    const tensors = Object.entries(model.stateDict()).flatMap(([name, values]) =>
      rename(name).flatMap((spelled) => (spelled === undefined ? [] : [[spelled, values] as const])),
    );
    await writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(tensors));
    const named = { architectures: ['T5ForConditionalGeneration'], model_type: 't5', ...config };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(named));
  }

  const EMBEDDED = ['encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'];

  it.each<[string, (name: string) => string[]]>([
    ['the encoder and the decoder', (name) => (name === 'shared.weight' ? EMBEDDED : [name])],
    ['the decoder alone', (name) => (name === 'shared.weight' ? EMBEDDED.slice(1) : [name])],
    ['all three', (name) => (name === 'shared.weight' ? [name, ...EMBEDDED] : [name])],
    ['a model inside of another', (name) => [`transformer.${name}`]],
  ])('have the embedding under the name of %s', async (_, rename) => {
    const model = new T5ForConditionalGeneration(CONFIG, new Generator(1));
    await write(model, rename);
    const loaded = await fromPretrained(folder, T5ForConditionalGeneration);
    const names = Object.keys(model.stateDict());
    for (const name of names) expect([name, valuesOf(loaded, name)]).toEqual([name, valuesOf(model, name)]);
    dispose(model, loaded);
  });

  it('may lack an output matrix that is said to be tied but is not scaled: it begins as the embedding', async () => {
    const fields = { ...CONFIG, tie_word_embeddings: true, scale_decoder_outputs: false };
    const model = new T5ForConditionalGeneration(fields, new Generator(1));
    await write(model, (name) => [name === 'lm_head.weight' ? undefined : name].filter((one) => one !== undefined));
    const loaded = await fromPretrained(folder, T5ForConditionalGeneration);
    expect(valuesOf(loaded, 'lm_head.weight')).toEqual(valuesOf(loaded, 'shared.weight'));
    expect(valuesOf(loaded, 'shared.weight')).toEqual(valuesOf(model, 'shared.weight'));
    dispose(model, loaded);
  });

  it('must have an output matrix that is not tied', async () => {
    const model = new T5ForConditionalGeneration(CONFIG, new Generator(1));
    await write(model, (name) => (name === 'lm_head.weight' ? [] : [name]));
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', /lm_head\.weight/);
    model.dispose();
  });

  it('give the encoder alone, and are refused where sizes are not theirs', async () => {
    const model = new T5ForConditionalGeneration(CONFIG, new Generator(1)).eval();
    await savePretrained(model, folder);
    const encoder = await fromPretrained(folder, T5EncoderModel);
    scope(() => {
      const tokens = tensor2d([[3, 4, 5]], undefined, 'int32');
      const expected = noGrad(() => model.encode(tokens).states);
      expect(encoder.forward(tokens)).toBeCloseToTensor(expected, tolerance('exact'));
    });
    for (const [field, value, tensor] of [
      ['d_kv', 4, 'q.weight'],
      ['num_heads', 1, 'relative_attention_bias'],
      ['num_decoder_layers', 1e9, 'decoder.block.999999999'],
      ['num_layers', 2, 'encoder.block.1'],
      ['vocab_size', 1e12, 'shared.weight'],
      ['d_ff', 1e12, 'wi_0'],
      ['relative_attention_num_buckets', 1e12, 'relative_attention_'],
    ] as const) {
      const load = fromPretrained(folder, { config: { [field]: value } });
      await expect(load).rejects.toThrow(new RegExp(tensor.replaceAll('.', '\\.')));
    }
    dispose(model, encoder);
  });
});

function valuesOf(model: T5ForConditionalGeneration, name: string): ArrayLike<number> | undefined {
  return model.stateDict()[name]?.dataSync();
}

it('refuses a start that is no token of the vocabulary, also one that int32 would make one', async () => {
  const model = new T5ForConditionalGeneration({ ...CONFIG, decoder_start_token_id: 2 ** 32 + 3 }, new Generator(1));
  const writing = generate(model, { inputIds: [[3]] }, { maximumNewTokens: 2 });
  await expect(writing).rejects.toThrowCode('TOKEN', /decoder_start_token_id to be tokens .* received 4294967299/);
  model.dispose();
});
