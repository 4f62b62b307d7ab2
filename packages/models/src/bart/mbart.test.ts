// SPDX-License-Identifier: Apache-2.0
// Tests of mBART: where a text begins, which language it is written in, the cache, what its configuration cannot say. Its numbers are held
// against transformers' in heads/published-heads.test.ts.

import { Generator, tensor2d } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { generate } from '../generation/generate.ts';
import { describeCachedDecoding } from '../generation/test-cached-decoding.ts';
import type { BartConfig } from './config.ts';
import { MBartForConditionalGeneration } from './mbart.ts';

const CONFIG = {
  vocab_size: 13,
  max_position_embeddings: 70,
  d_model: 8,
  encoder_layers: 1,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 10,
  decoder_layers: 2,
  decoder_attention_heads: 2,
  decoder_ffn_dim: 6,
  scale_embedding: true,
} as const satisfies Partial<BartConfig>;

describeCachedDecoding('mBART', (generator) => new MBartForConditionalGeneration(CONFIG, generator));

describe('a text that mBART writes', () => {
  useDevice('js');

  const make = (fields: Partial<BartConfig>): MBartForConditionalGeneration =>
    new MBartForConditionalGeneration({ ...CONFIG, ...fields }, new Generator(1)).eval();

  it.each([
    [{ decoder_start_token_id: 7 }, 7],
    [{ bos_token_id: 4 }, 4],
    [{}, 0],
  ])('begins as the configuration says, else with the token that texts begin with: %j', (fields, start) => {
    const model = make(fields);
    expect(model.decoderStart).toBe(start);
    model.dispose();
  });

  it('has the token of its language first', async () => {
    const model = make({ decoder_start_token_id: 2, forced_bos_token_id: 11 });
    const options = { maximumNewTokens: 3, sample: false };
    const { sequences } = await generate(model, { inputIds: [[5, 6, 7, 2]] }, options);
    expect(sequences[0]?.slice(0, 2)).toEqual([2, 11]);
    model.dispose();
  });
});

it('mBART refuses a configuration whose norms are not its own', () => {
  const make = (): unknown =>
    new MBartForConditionalGeneration({ ...CONFIG, normalize_before: false }, new Generator(1));
  expect(make).toThrow(/normalize_before/);
});

it('labels of mBART go one further, the last before the first, padding after all', () => {
  const model = new MBartForConditionalGeneration(CONFIG, new Generator(1));
  const labels = tensor2d([[5, 6, 2, 8], [7, 2, 8, -100], [-100, -100, -100, -100]], [3, 4], 'int32'); // prettier-ignore
  const shifted = model.decoderTokensFor(labels);
  expect(shifted.arraySync()).toEqual([[8, 5, 6, 2], [8, 7, 2, 8], [1, 1, 1, 1]]); // prettier-ignore
  labels.dispose();
  shifted.dispose();
  model.dispose();
});
