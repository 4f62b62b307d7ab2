// SPDX-License-Identifier: Apache-2.0
// Tests of the commands with the name of a model in place of its folder, against a hub on this machine.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Generator, setDevice } from '@nabla/core';
import { BertForSequenceClassification, BertModel, loadTextModel, savePretrained } from '@nabla/models';
import { COMMIT, filesIn, useHub } from '@nabla/testing';

import { nabla, useFolder } from '../test-nabla.ts';
import { makePublishedFolder } from '../test-published.ts';

useFolder();
const hub = useHub();

const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'good', 'bad', 'film', 'a'];
const shape = { vocab_size: 8, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };
const config = { ...shape, max_position_embeddings: 12 };
const js = ['--device', 'js'];

beforeAll(async () => {
  setDevice('js');
  await makePublishedFolder('writer');
  const models = {
    encoder: new BertModel(config, new Generator(1)),
    classifier: new BertForSequenceClassification(config, new Generator(2)),
  };
  for (const [name, model] of Object.entries(models)) {
    await savePretrained(model, name);
    model.dispose();
    writeFileSync(join(name, 'vocab.txt'), WORDS.join('\n'));
  }
});

const inCache = (...path: string[]): string => join(hub.folder, 'hub', 'models--owner--name', ...path);

describe('a name of the hub', () => {
  const asked: readonly (readonly [command: string, folder: string, words: readonly string[]])[] = [
    ['generate', 'writer', ['--prompt', 'abc', '--tokens', '4', '--greedy', ...js]],
    ['embed', 'encoder', ['a good film', '--json', ...js]],
    ['classify', 'classifier', ['a bad film', '--json', ...js]],
  ];

  it.each(asked)('does for nabla %s, and shows how far the files have come', async (command, folder, words) => {
    hub.files = filesIn(folder);
    const expected = await nabla(command, folder, ...words);
    const first = await nabla(command, 'owner/name@v1', ...words);
    expect({ ...first, notes: '' }).toEqual({ ...expected, notes: '' });
    expect(first.notes).toMatch(/B of .*B: model\.safetensors\n/);
    process.env['HF_HUB_OFFLINE'] = '1';
    expect(await nabla(command, 'owner/name@v1', ...words)).toEqual(expected); // of the cache
  });

  it('does for nabla chat', async () => {
    hub.files = filesIn('writer');
    expect(await nabla('chat', 'owner/name', ...js)).toMatchObject({ status: 0, result: '' });
    expect(hub.requests).toContain('GET /large/model.safetensors');
  });

  it('does for nabla tokenizer, without the weights', async () => {
    hub.files = filesIn('writer');
    const { status, result } = await nabla('tokenizer', 'show', 'owner/name', 'ab', '--json');
    expect({ status, shown: JSON.parse(result) as unknown }).toEqual({
      status: 0,
      shown: { event: 'tokenizer', text: 'ab', ids: [97, 98], tokens: ['a', 'b'] },
    });
    expect(hub.requests.filter((line) => line.includes('model.safetensors'))).toEqual([]);
    process.env['HF_HUB_OFFLINE'] = '1';
    expect((await nabla('tokenizer', 'show', 'owner/name', 'ab')).status).toBe(0);
  });

  it('does for nabla finetune, which notes the name', async () => {
    hub.files = filesIn('classifier');
    writeFileSync('films.csv', `text,label\n${'a good film,good\na bad film,bad\n'.repeat(10)}`);
    const words = ['--task', 'classification', '--data', 'films.csv', '--steps', '1', '--out', 'tuned', ...js];
    const { status, notes } = await nabla('finetune', 'owner/name', ...words);
    expect({ status, notes }).toMatchObject({ status: 0, notes: expect.stringMatching(/: model\.safetensors\n/) });
    const answer = await nabla('classify', 'tuned', 'a film', ...js); // the run holds the model that was learned
    expect(answer.result).toMatch(/^(good|bad) +\(/);
    rmSync('tuned', { recursive: true });
  });

  it('brings everything that a sentence encoder has', async () => {
    const modules = ['Transformer', 'Pooling', 'Dense'].map((kind, i) => ({
      ...{ idx: i, name: String(i), path: i === 0 ? '' : `${i}_${kind}` },
      type: `sentence_transformers.models.${kind}`,
    }));
    const dense = { in_features: 8, out_features: 3, bias: false };
    const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
    const header = JSON.stringify({ 'linear.weight': { dtype: 'F32', shape: [3, 8], data_offsets: [0, 96] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    hub.files = {
      ...filesIn('encoder'),
      'modules.json': json(modules),
      'sentence_bert_config.json': json({ max_seq_length: 12 }),
      '1_Pooling/config.json': json({ word_embedding_dimension: 8, pooling_mode_mean_tokens: true }),
      '2_Dense/config.json': json(dense),
      '2_Dense/model.safetensors': Buffer.concat([length, Buffer.from(header), Buffer.alloc(96, 1)]),
      '2_Dense/other.txt': json('not needed'),
    };
    const { status, result } = await nabla('embed', 'owner/name', 'a film', '--json', ...js);
    expect(status).toBe(0);
    expect((JSON.parse(result) as { embedding: number[] }).embedding).toHaveLength(3);
    expect(Object.keys(filesIn(inCache('snapshots', COMMIT)))).not.toContain('2_Dense/other.txt');
  });
});

describe('offline', () => {
  beforeEach(() => {
    process.env['HF_HUB_OFFLINE'] = '1';
  });

  it.each([
    ['generate', ['--prompt', 'a']],
    ['chat', []],
    ['embed', ['a']],
    ['classify', ['a']],
    ['serve', []],
    ['finetune', ['--task', 'classification', '--data', 'abc.txt']],
  ])('nabla %s says which files to put where', async (command, words) => {
    const { status, notes } = await nabla(command, 'owner/name@v1', ...words);
    expect(status).toBe(1);
    for (const file of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      expect(notes).toContain(`${hub.endpoint}/owner/name/resolve/v1/${file}`);
      expect(notes).toContain(inCache('snapshots', 'v1', file));
    }
  });

  it('nabla tokenizer asks for the tokenizer alone', async () => {
    const { notes } = await nabla('tokenizer', 'show', 'owner/name', 'a');
    expect(notes).toContain(inCache('snapshots', 'main', 'tokenizer.json'));
    expect(notes).not.toContain('safetensors');
  });
});

it('a program may name a model of the hub as well', async () => {
  hub.files = filesIn('writer');
  const seen: string[] = [];
  const { model, tokenizer } = await loadTextModel('owner/name', { onProgress: ({ file }) => void seen.push(file) });
  expect([model.vocabulary, tokenizer.size]).toEqual([259, 259]);
  expect(seen).toContain('model.safetensors');
  model.dispose();
});
