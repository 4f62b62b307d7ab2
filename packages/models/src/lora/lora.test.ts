// SPDX-License-Identifier: Apache-2.0
// Tests of low-rank adaptation: the formula, what is trained, merging, PEFT's files.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, add, dispose, matMul, mul, readSafetensorsHeader, scope, tensor, transpose } from '@nabla/core';
import { AdamW } from '@nabla/optimizers';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { type Conv1D, GPT2LMHeadModel } from '../gpt2/model.ts';
import { Lora } from './lora.ts';
import { loadAdapter, saveAdapter } from './peft-files.ts';

const config = { vocab_size: 19, n_positions: 16, n_embd: 12, n_layer: 2, n_head: 3 };
const IDS = [[3, 1, 4, 1, 5, 9]];

const makeModel = (): GPT2LMHeadModel => new GPT2LMHeadModel(config, new Generator(1)).eval();

/** The projection to queries, keys and values of a block. */
function layerOf(model: GPT2LMHeadModel, block: number): Conv1D {
  return [...model.transformer.h].map(({ attn }) => attn.c_attn)[block];
}

/** Trains the corrections for a few steps, so that they are not 0. */
function trainLora(model: GPT2LMHeadModel, lora: Lora, steps = 3): number[] {
  const optimizer = new AdamW(lora.parameters(), { learningRate: 0.05 });
  const losses = scope(() => {
    const tokens = tensor(IDS, undefined, 'int32');
    return Array.from({ length: steps }, () => optimizer.step(() => model.loss(tokens, tokens)).dataSync()[0] ?? NaN);
  });
  optimizer.dispose();
  return losses;
}

describe.each(devices())('Lora on %s', (device) => {
  useDevice(device);

  it('changes nothing at first, learns, and leaves the weights alone', () => {
    const model = makeModel();
    scope(() => {
      const tokens = tensor(IDS, undefined, 'int32');
      const before = model.forward(tokens);
      const weight = layerOf(model, 0).weight.dataSync().slice();
      const lora = new Lora(model, { generator: new Generator(2), rank: 2 });
      expect(model.forward(tokens)).toBeCloseToTensor(before, tolerance('exact'));
      const losses = trainLora(model, lora, 5);
      expect(losses[4]).toBeLessThan((losses[0] ?? NaN) - 0.1);
      expect(layerOf(model, 0).weight.dataSync()).toEqual(weight);
      lora.detach();
      expect(model.forward(tokens)).toBeCloseToTensor(before, tolerance('exact'));
      lora.dispose();
    });
    model.dispose();
  });

  it('computes x · W + alpha / rank · x · Aᵀ · Bᵀ, and merging does the same for good', () => {
    const model = makeModel();
    scope(() => {
      const layer = layerOf(model, 1);
      const lora = new Lora(model, { generator: new Generator(2), rank: 3, alpha: 12 });
      trainLora(model, lora);
      const state = lora.stateDict();
      const [a, b] = ['A', 'B'].map((part) => state[`adapters.transformer.h.1.attn.c_attn.lora_${part}.weight`]);
      if (a === undefined || b === undefined) throw new Error('no correction of that name');
      const x = tensor([[0.5, -1, 2, 0, 1, 3, -2, 1, 0.25, -0.5, 1, 2]]);
      const change = mul(matMul(matMul(x, transpose(a)), transpose(b)), 4);
      const expected = add(add(matMul(x, layer.weight), layer.bias), change);
      expect(layer.forward(x)).toBeCloseToTensor(expected, tolerance('matmul', 64));
      const tokens = tensor(IDS, undefined, 'int32');
      const corrected = model.forward(tokens);
      lora.merge();
      expect(model.forward(tokens)).toBeCloseToTensor(corrected, tolerance('matmul', 64));
      expect(model.parameters().length).toBe([...model.namedState()].length);
      lora.dispose();
    });
    model.dispose();
  });

  it('is saved in PEFT’s files, and comes back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nabla-lora-'));
    const model = makeModel();
    const lora = new Lora(model, { generator: new Generator(2), rank: 2, alpha: 6, trained: ['ln_f'] });
    trainLora(model, lora);
    const tokens = tensor(IDS, undefined, 'int32');
    const expected = model.forward(tokens);
    await saveAdapter(model, lora, folder);
    const { tensors } = await readSafetensorsHeader(join(folder, 'adapter_model.safetensors'));
    expect(Object.keys(tensors).sort()).toEqual([
      'base_model.model.transformer.h.0.attn.c_attn.lora_A.weight',
      'base_model.model.transformer.h.0.attn.c_attn.lora_B.weight',
      'base_model.model.transformer.h.1.attn.c_attn.lora_A.weight',
      'base_model.model.transformer.h.1.attn.c_attn.lora_B.weight',
      'base_model.model.transformer.ln_f.bias',
      'base_model.model.transformer.ln_f.weight',
    ]);
    expect(JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'))).toMatchObject({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      r: 2,
      lora_alpha: 6,
      target_modules: ['c_attn'],
      modules_to_save: ['ln_f'],
      fan_in_fan_out: true,
    });
    const other = makeModel();
    const loaded = await loadAdapter(other, folder, new Generator(3));
    const found = other.forward(tokens);
    expect(found).toBeCloseToTensor(expected, tolerance('exact'));
    loaded.dispose();
    lora.dispose();
    dispose(tokens, expected, found);
    model.dispose();
    other.dispose();
    rmSync(folder, { recursive: true });
  });
});

describe('Lora', () => {
  useDevice('js');

  it('corrects every linear layer where it is asked to', () => {
    const model = makeModel();
    const lora = new Lora(model, { generator: new Generator(2), targets: 'all-linear' });
    expect(lora.targets.length).toBe(8);
    lora.dispose();
    model.dispose();
  });

  it('refuses a name that no layer has, and says which there are', () => {
    const model = makeModel();
    const options = { generator: new Generator(2), targets: ['q_proj'] };
    expect(() => new Lora(model, options)).toThrowCode('LORA', /"q_proj".*c_attn, c_proj, c_fc/);
    model.dispose();
  });

  it.each([
    [{ alpha_pattern: { c_attn: 64 } }, /"alpha_pattern" of ".*adapter_config\.json" to be empty or left out/],
    [{ rank_pattern: { c_attn: 4 } }, /"rank_pattern".*to be empty or left out/],
    [{ init_lora_weights: 'pissa_niter_16' }, /"init_lora_weights".*to leave the weights of the model alone/],
    [{ target_modules: '.*attn' }, /"target_modules".*to be a list, or to be one of all-linear, received "\.\*attn"/],
  ])('refuses what would compute something else: %j', async (changes, message) => {
    const model = makeModel();
    const folder = mkdtempSync(join(tmpdir(), 'nabla-lora-'));
    const lora = new Lora(model, { generator: new Generator(2), rank: 2 });
    await saveAdapter(model, lora, folder);
    lora.dispose();
    const file = join(folder, 'adapter_config.json');
    const saved = JSON.parse(readFileSync(file, 'utf8')) as object;
    const empty = { alpha_pattern: {}, rank_pattern: {}, init_lora_weights: 'gaussian' };
    writeFileSync(file, JSON.stringify({ ...saved, ...empty }));
    (await loadAdapter(model, folder, new Generator(3))).dispose();
    writeFileSync(file, JSON.stringify({ ...saved, ...changes }));
    await expect(loadAdapter(model, folder, new Generator(3))).rejects.toThrowCode('PRETRAINED', message);
    model.dispose();
    rmSync(folder, { recursive: true });
  });
});
