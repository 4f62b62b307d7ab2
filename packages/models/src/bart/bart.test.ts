// SPDX-License-Identifier: Apache-2.0
// Tests of BART against transformers' numbers, of its options against their formulas, of its checkpoints.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  Generator,
  type Tensor,
  add,
  dispose,
  fill,
  gather,
  linear,
  mul,
  noGrad,
  plainAttention,
  plainLayerNorm,
  relu,
  scope,
  sigmoid,
  tensor2d,
  writeSafetensors,
} from '@nabla/core';
import { randomTensor, tolerance, useDevice } from '@nabla/testing';

import { describeByLayer, describeCachedDecoding } from '../generation/test-cached-decoding.ts';
import { describeTinyGeneration } from '../generation/test-generation.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { joinHeads, splitHeads } from '../pretrained/heads.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { describeTiny, encoderDecoderResult } from '../pretrained/test-hf-tiny.ts';
import type { BartConfig } from './config.ts';
import { BartForConditionalGeneration, BartModel } from './model.ts';

describeTiny('bart', BartForConditionalGeneration, (model, inputs) => {
  const embed = (tokens: Tensor): Tensor => model.model.embed(tokens);
  return encoderDecoderResult(model, { embed, encoder: model.model.encoder, decoder: model.model.decoder }, inputs);
});

describeTinyGeneration('bart', BartForConditionalGeneration);

/** Stacks of different sizes. */
const CONFIG = {
  vocab_size: 13,
  max_position_embeddings: 70,
  d_model: 8,
  encoder_layers: 1,
  encoder_attention_heads: 4,
  encoder_ffn_dim: 10,
  decoder_layers: 2,
  decoder_attention_heads: 2,
  decoder_ffn_dim: 6,
  tie_word_embeddings: false,
  scale_embedding: true,
} as const satisfies Partial<BartConfig>;

const makeModel = (generator: Generator): BartForConditionalGeneration =>
  new BartForConditionalGeneration(CONFIG, generator);
describeCachedDecoding('BartForConditionalGeneration', makeModel);
describeByLayer('BartForConditionalGeneration', makeModel, { encoder: 1, decoder: 2 });

const int32 = (values: number[][]): Tensor => tensor2d(values, undefined, 'int32');

/** Gives a model's norms, biases and everything else random values, so that none can be forgotten. */
function randomize(model: BartForConditionalGeneration | BartModel): void {
  for (const [i, [, variable]] of [...model.namedState()].entries()) {
    scope(() => variable.assign(mul(randomTensor(variable.shape, { seed: i }), 0.7)));
  }
}

describe('BART by its formulas', () => {
  useDevice('js');

  const swish = (x: Tensor): Tensor => mul(x, sigmoid(mul(x, 1.702)));

  it.each<[string, Partial<BartConfig>, (x: Tensor) => Tensor]>([
    ['its defaults', { activation_function: 'relu' }, relu],
    [
      'another activation and embeddings as they are',
      { activation_function: 'quick_gelu', scale_embedding: false },
      swish,
    ],
    ['no norm of embeddings', { activation_function: 'relu', normalize_embedding: false }, relu],
    [
      'norms before and at the end',
      { activation_function: 'relu', normalize_before: true, add_final_layer_norm: true },
      relu,
    ],
  ])('encodes with %s', (_, options, activation) => {
    const config = { ...CONFIG, ...options };
    const model = new BartModel(config, new Generator(1)).eval();
    randomize(model);
    scope(() => {
      const state = model.stateDict();
      const get = (name: string): Tensor => state[`encoder.${name}`];
      const norm = (x: Tensor, name: string): Tensor => plainLayerNorm(x, get(`${name}.weight`), get(`${name}.bias`));
      const map = (x: Tensor, name: string): Tensor =>
        linear(x, get(`layers.0.${name}.weight`), get(`layers.0.${name}.bias`));
      const attention = (x: Tensor): Tensor => {
        const [query, key, value] = ['q', 'k', 'v'].map((one) => splitHeads(map(x, `self_attn.${one}_proj`), 4));
        return map(joinHeads(plainAttention(query, key, value)), 'self_attn.out_proj');
      };
      const network = (x: Tensor): Tensor => map(activation(map(x, 'fc1')), 'fc2');
      const step = (x: Tensor, name: string, f: (y: Tensor) => Tensor): Tensor =>
        config.normalize_before ? add(x, f(norm(x, `layers.0.${name}`))) : norm(add(x, f(x)), `layers.0.${name}`);

      const tokens = int32([[5, 6, 7, 1]]);
      const scaled = mul(gather(model.shared.weight, tokens), config.scale_embedding ? Math.sqrt(8) : 1);
      const placed = add(scaled, gather(get('embed_positions.weight'), int32([[2, 3, 4, 5]])));
      const x = config.normalize_embedding === false ? placed : norm(placed, 'layernorm_embedding');
      const y = step(step(x, 'self_attn_layer_norm', attention), 'final_layer_norm', network);
      const expected = config.add_final_layer_norm ? norm(y, 'layer_norm') : y;
      expect(model.encode(tokens).states).toBeCloseToTensor(expected, tolerance('matmul', 64));
    });
    model.dispose();
  });

  it('adds its constant to logits of an output matrix of its own, or of the embedding', () => {
    scope(() => {
      const hidden = randomTensor([2, 8], { seed: 1 });
      const [own, tied] = [false, true].map((tie_word_embeddings) => {
        const model = new BartForConditionalGeneration({ ...CONFIG, tie_word_embeddings }, new Generator(1));
        randomize(model);
        return model;
      }) as [BartForConditionalGeneration, BartForConditionalGeneration];
      const expected = (model: BartForConditionalGeneration, weight: Tensor | undefined): Tensor =>
        add(linear(hidden, weight ?? hidden), model.final_logits_bias);
      expect(own.logits(hidden)).toBeCloseToTensor(expected(own, own.lm_head?.weight), tolerance('matmul', 8));
      expect(tied.logits(hidden)).toBeCloseToTensor(expected(tied, tied.model.shared.weight), tolerance('matmul', 8));
      expect(tied.parameters()).not.toContain(tied.final_logits_bias);
      dispose(own, tied);
    });
  });

  it('leaves layers out while training, as often as layerdrop says', () => {
    const model = new BartModel({ ...CONFIG, encoder_layerdrop: 0.5, dropout: 0 }, new Generator(1));
    const seen = noGrad(() =>
      Array.from({ length: 60 }, () =>
        scope(() => {
          const [before, after] = model.encoder.hiddenStates(model.embed(int32([[3, 4]])));
          return before === after ? 0 : 1;
        }),
      ),
    );
    const applied = seen.filter((one) => one === 1).length;
    expect(applied).toBeGreaterThan(18);
    expect(applied).toBeLessThan(42);
    model.dispose();
  });

  it.each(['encoder', 'decoder'])('refuses heads that do not divide the width: %s', (part) => {
    const config = { ...CONFIG, [`${part}_attention_heads`]: 3 };
    expect(() => new BartModel(config, new Generator(1))).toThrow(/to divide d_model/);
  });
});

describe('checkpoints of BART', () => {
  useDevice('js');
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nabla-bart-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  async function write(tensors: Record<string, Tensor>, config: object): Promise<void> {
    await writeSafetensors(join(folder, 'model.safetensors'), tensors);
    const named = { architectures: ['BartForConditionalGeneration'], model_type: 'bart', ...config };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(named));
  }

  it.each<[string, (name: string) => string[]]>([
    ['without their prefix', (name) => [name.replace(/^model\./, '')]],
    ['with the output matrix beside the embedding', (name) => (isEmbedding(name) ? [name, 'lm_head.weight'] : [name])],
    ['with the output matrix instead of the embedding', (name) => [isEmbedding(name) ? 'lm_head.weight' : name]],
    [
      'with the embedding under the names of its users',
      (name) =>
        isEmbedding(name) ? ['encoder', 'decoder'].map((user) => `model.${user}.embed_tokens.weight`) : [name],
    ],
  ])('load %s', async (_, rename) => {
    const model = new BartForConditionalGeneration({ ...CONFIG, tie_word_embeddings: true }, new Generator(1));
    randomize(model);
    const state = Object.entries(model.stateDict());
    await write(
      Object.fromEntries(state.flatMap(([name, values]) => rename(name).map((spelled) => [spelled, values]))),
      model.config,
    );
    const loaded = await fromPretrained(folder, BartForConditionalGeneration);
    const found = loaded.stateDict();
    for (const [name, values] of state) expect([name, found[name]?.dataSync()]).toEqual([name, values.dataSync()]);
    dispose(model, loaded);
  });

  it('give BartModel, and without a constant of logits a model that adds none', async () => {
    const model = new BartModel({ ...CONFIG, tie_word_embeddings: true }, new Generator(1));
    await savePretrained(model, folder);
    const loaded = await fromPretrained(folder);
    expect(loaded).toBeInstanceOf(BartModel);
    const whole = await fromPretrained(folder, BartForConditionalGeneration);
    scope(() => expect(whole.final_logits_bias).toBeCloseToTensor(fill([1, 13], 0), tolerance('exact')));
    expect(whole.model.shared.weight.dataSync()).toEqual(model.shared.weight.dataSync());
    dispose(model, loaded, whole);
  });

  it('must have an output matrix that is not tied, and the sizes of their configuration', async () => {
    const model = new BartForConditionalGeneration(CONFIG, new Generator(1));
    const { 'lm_head.weight': output, ...others } = model.stateDict();
    await write(others, model.config);
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', /lm_head\.weight/);
    for (const [field, value, tensor] of [
      ['max_position_embeddings', 1e12, 'embed_positions'],
      ['vocab_size', 1e12, 'shared.weight'],
      ['encoder_ffn_dim', 1e12, 'encoder.layers.0.fc1'],
      ['decoder_ffn_dim', 12, 'decoder.layers.1.fc1'],
      ['encoder_layers', 1e9, 'encoder.layers.999999999'],
      ['decoder_layers', 3, 'decoder.layers.2'],
    ] as const) {
      const load = fromPretrained(folder, { config: { [field]: value } });
      await expect(load).rejects.toThrowCode('PRETRAINED', new RegExp(tensor.replaceAll('.', '\\.')));
    }
    expect(output?.shape).toEqual([13, 8]);
    model.dispose();
  });
});

function isEmbedding(name: string): boolean {
  return name === 'model.shared.weight';
}
