// SPDX-License-Identifier: Apache-2.0
// Tests of loading published folders: files of every layout, and every way in which a folder can be wrong.

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, type Tensor, dispose, readSafetensors, writeSafetensors, zeros } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { BertForSequenceClassification } from '../bert/heads.ts';
import { GPT2LMHeadModel, GPT2Model } from '../gpt2/model.ts';
import { LlamaForCausalLM } from '../llama/model.ts';
import { fromPretrained } from './from-pretrained.ts';
import { savePretrained } from './save-pretrained.ts';

useDevice('js');

const SHAPE = { vocab_size: 7, n_positions: 5, n_embd: 4, n_layer: 2, n_head: 2 };

let root: string;
let folder: string;
let made = 0;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'nabla-pretrained-'))));
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(async () => {
  folder = join(root, `model-${++made}`);
  const model = new GPT2LMHeadModel(SHAPE, new Generator(1));
  await savePretrained(model, folder);
  model.dispose();
});

const weights = (): string => join(folder, 'model.safetensors');

/** Changes config.json. */
function configure(changes: Record<string, unknown>): void {
  const file = join(folder, 'config.json');
  const config = { ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...changes };
  writeFileSync(file, JSON.stringify(config));
}

/** Changes the tensors. */
async function rewrite(change: (tensors: Record<string, Tensor>) => Record<string, Tensor>): Promise<void> {
  const { tensors } = await readSafetensors(weights());
  const changed = change(tensors);
  await writeSafetensors(weights(), changed);
  dispose(tensors, changed);
}

/** Splits the weights into two files with an index. */
async function shard(): Promise<void> {
  const { tensors } = await readSafetensors(weights());
  const names = Object.keys(tensors);
  const parts = [names.slice(0, 9), names.slice(9)];
  const map: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    const file = `model-0000${i + 1}-of-00002.safetensors`;
    await writeSafetensors(join(folder, file), Object.fromEntries(part.map((name) => [name, tensors[name]])));
    for (const name of part) map[name] = file;
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  rmSync(weights());
  dispose(tensors);
}

/** The values of one tensor of the model that the folder gives. */
async function loaded(): Promise<number[]> {
  const model = await fromPretrained(folder, GPT2LMHeadModel);
  const values = [...model.transformer.h].at(-1)?.mlp.c_fc.weight.dataSync() ?? [];
  model.dispose();
  return [...values];
}

describe('the layouts of weights', () => {
  it('one file, several with an index, and one in another type give the same', async () => {
    const single = await loaded();
    expect(single.some((value) => value !== 0)).toBe(true);
    await shard();
    expect(await loaded()).toEqual(single);
  });

  it('a variant such as model.fp16.safetensors is taken where it is the only one', async () => {
    const single = await loaded();
    renameSync(weights(), join(folder, 'model.fp16.safetensors'));
    expect(await loaded()).toEqual(single);
    writeFileSync(join(folder, 'model.bf16.safetensors'), '');
    await expect(loaded()).rejects.toThrowCode('PRETRAINED', /model\.safetensors/);
  });

  it('names with and without the prefix fit a model with a head and without', async () => {
    await rewrite((tensors) => {
      return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name.replace('transformer.', ''), x]));
    });
    expect((await loaded()).length).toBe(64);
    const headless = await fromPretrained(folder, GPT2Model);
    headless.dispose();
  });

  it('tensors that the model does not have are left out, such as the masks of old checkpoints', async () => {
    await rewrite((tensors) => ({ ...tensors, 'h.0.attn.bias': zeros([1, 1, 5, 5]), other: zeros([3]) }));
    expect((await loaded()).length).toBe(64);
  });
});

it('takes the class that config.json names, or the first of its type', async () => {
  configure({ architectures: ['GPT2Model'] });
  const named = await fromPretrained(folder);
  expect(named).toBeInstanceOf(GPT2Model);
  configure({ architectures: undefined });
  const first = await fromPretrained(folder);
  expect(first).toBeInstanceOf(GPT2LMHeadModel);
  named.dispose();
  first.dispose();
});

it('gives fields that config.json lacks the default of their own architecture', async () => {
  const sizes = { vocab_size: 7, hidden_size: 4, intermediate_size: 4, num_hidden_layers: 1, num_attention_heads: 1 };
  const untied = new LlamaForCausalLM(sizes, new Generator(1)); // GPT-2 and most others are tied where nothing is said
  await savePretrained(untied, folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...sizes, architectures: ['LlamaForCausalLM'] }));
  const read = await fromPretrained(folder, LlamaForCausalLM);
  expect(read.lm_head?.weight.dataSync()).toEqual(untied.lm_head?.weight.dataSync());
  untied.dispose();
  read.dispose();
});

describe('a configuration that is wrong', () => {
  it.each([
    [
      { architectures: ['GPT2LMHeadMode'] },
      /"architectures" of ".*config\.json".*one of .*BertModel.*Did you mean "GPT2LMHeadModel"/,
    ],
    [{ architectures: ['MambaForCausalLM'] }, /"MambaForCausalLM"/],
    [{ architectures: undefined, model_type: 'rwkv' }, /"rwkv"/],
    [{ activation_function: 'gelu_newest' }, /"activation_function".*gelu_new.*received "gelu_newest"/],
    [{ n_head: 3 }, /"n_head".*to divide n_embd/],
    [{ n_head: 0 }, /"n_head".*at least 1/],
    [{ n_embd: '4' }, /"n_embd".*a number.*received "4"/],
    [{ n_layer: 2.5 }, /"n_layer".*an integer/],
    [{ attn_pdrop: 1.5 }, /"attn_pdrop".*below 1/],
    [{ layer_norm_epsilon: null }, /"layer_norm_epsilon"/],
    [{ vocab_size: 8 }, /"transformer\.wte\.weight".*to be \[8, 4\].*received \[7, 4\]/],
    [{ n_positions: 1e12 }, /wpe\.weight.*\[1000000000000, 4\]/],
    [{ n_embd: 2 ** 40, n_head: 1 }, /wte\.weight/],
    [{ n_layer: 1e9 }, /none named .*h\.999999999\.mlp\.c_fc\.weight/],
    [{ n_inner: 1e9 }, /c_fc\.weight.*\[4, 1000000000\]/],
    [{ eos_token_id: 'end' }, /"eos_token_id".*to be a number, or to be a list, received "end"/],
    [{ eos_token_id: [1, 'x'] }, /"eos_token_id".*to be a number, or to be a number at \[1\], received \[1, "x"\]/],
  ])('%j', async (changes, message) => {
    configure(changes);
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', message);
  });

  it.each([
    ['', /to be a JSON file/],
    ['{"n_embd": 4', /to be a JSON file/],
    ['[]', /config\.json" to be an object, received \[\]/],
  ])('%j', async (text, message) => {
    writeFileSync(join(folder, 'config.json'), text);
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', message);
  });
});

describe('weights that are wrong', () => {
  it('none at all, or a folder without config.json', async () => {
    rmSync(weights());
    await expect(fromPretrained(folder)).rejects.toThrowCode(
      'PRETRAINED',
      /to have model\.safetensors.*received neither/,
    );
    const empty = join(root, 'empty');
    mkdirSync(empty, { recursive: true });
    await expect(fromPretrained(empty)).rejects.toThrowCode('PRETRAINED', /config\.json.*no such file/);
  });

  it('pickled ones: says how to convert them', async () => {
    renameSync(weights(), join(folder, 'pytorch_model.bin'));
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', /pytorch_model\.bin.*nabla convert/);
  });

  it('a file of several is missing, or lies elsewhere', async () => {
    await shard();
    rmSync(join(folder, 'model-00002-of-00002.safetensors'));
    await expect(fromPretrained(folder)).rejects.toThrowCode(
      'PRETRAINED',
      /weight_map\..*"model-00002-of-00002\.safetensors"/,
    );
    const index = { weight_map: { 'transformer.wte.weight': '../model-1/model.safetensors' } };
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', /a file of the same folder.*"\.\.\/model-1/);
    for (const name of ['', '.', '..']) {
      const elsewhere = { weight_map: { 'transformer.wte.weight': name } };
      writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(elsewhere));
      await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', /"weight_map\.transformer\.wte\.weight"/);
    }
  });

  it('a file is cut off', async () => {
    writeFileSync(weights(), readFileSync(weights()).subarray(0, -8));
    await expect(fromPretrained(folder)).rejects.toThrowCode('SAFETENSORS');
  });

  it('a tensor is of another shape, or is not there', async () => {
    const name = 'transformer.h.1.ln_1.bias';
    await rewrite((tensors) => ({ ...tensors, [name]: zeros([5]) }));
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', /h\.1\.ln_1\.bias".*\[4\].*\[5\]/);
    await rewrite(({ [name]: gone, ...rest }) => {
      gone?.dispose();
      return rest;
    });
    await expect(fromPretrained(folder)).rejects.toThrowCode('PRETRAINED', /none named transformer\.h\.1\.ln_1\.bias/);
    const model = await fromPretrained(folder, GPT2LMHeadModel, { newParameters: true });
    model.dispose();
  });

  it('those of another family', async () => {
    await expect(fromPretrained(folder, BertForSequenceClassification)).rejects.toThrowCode('PRETRAINED');
  });
});
