// SPDX-License-Identifier: Apache-2.0
// Tests of nabla embed and nabla classify: with small models of random weights, whose answers must be sound, and of a known form.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { Generator, fill } from '@nabla/core';
import { BertForSequenceClassification, BertModel, type PretrainedModel, savePretrained } from '@nabla/models';

import { nabla, nablaReading } from '../test-nabla.ts';

const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'good', 'bad', 'film', 'a'];
const shape = { vocab_size: 8, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };
const config = { ...shape, max_position_embeddings: 12 };

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nabla-published-'));
  const save = async (name: string, model: PretrainedModel): Promise<void> => {
    await savePretrained(model, join(folder, name));
    model.dispose();
    writeFileSync(join(folder, name, 'vocab.txt'), WORDS.join('\n'));
  };
  await save('encoder', new BertModel(config, new Generator(1)));
  const labels = { num_labels: 2, id2label: { 0: 'negative', 1: 'positive' } };
  await save('classifier', new BertForSequenceClassification({ ...config, ...labels }, new Generator(2)));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('nabla embed', () => {
  it('prints how alike texts are', async () => {
    const { status, result } = await nabla(
      'embed',
      join(folder, 'encoder'),
      'a good film',
      'a bad film',
      'a good film',
    );
    expect(status).toBe(0);
    const rows = result.trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.trim().split(/\s{2,}/)[1])).toEqual(['a good film', 'a bad film', 'a good film']);
    expect(rows[0]).toMatch(/1\.000 +-?0\.\d{3} +1\.000$/);
  });

  it('prints vectors of length 1', async () => {
    const { result } = await nabla('embed', join(folder, 'encoder'), '--json', 'a film');
    const { text, embedding } = JSON.parse(result) as { text: string; embedding: number[] };
    expect([text, embedding.length, Math.hypot(...embedding)]).toEqual(['a film', 8, expect.closeTo(1, 5)]);
  });
});

describe('nabla classify', () => {
  it('names the class, and says how likely each is', async () => {
    const { status, result } = await nabla('classify', join(folder, 'classifier'), 'a good film', '--json');
    expect(status).toBe(0);
    const answer = JSON.parse(result) as { prediction: string; classes: { class: string; chance: number }[] };
    expect(answer.classes.map(({ class: name }) => name).sort()).toEqual(['negative', 'positive']);
    expect(answer.classes.reduce((total, { chance }) => total + chance, 0)).toBeCloseTo(1, 5);
    expect(answer.prediction).toBe(answer.classes[0]?.class);
  });

  it('refuses a model that tells no classes apart', async () => {
    const { status, notes } = await nabla('classify', join(folder, 'encoder'), 'a film');
    expect(status).toBe(1);
    expect(notes).toMatch(
      /to be a classifier, received BertModel, which makes vectors of texts. It is for nabla embed, nabla serve\. .*\[MODEL\]/s,
    );
  });

  it('refuses a text without a token, a tokenizer of another model, and an answer that is no number', async () => {
    const copy = join(folder, 'damaged');
    cpSync(join(folder, 'classifier'), copy, { recursive: true });
    const vocabulary = Object.fromEntries([...WORDS, 'new'].map((word, id) => [word, id]));
    const tokenizer = {
      pre_tokenizer: { type: 'Whitespace' },
      model: { type: 'WordLevel', unk_token: '[UNK]', vocab: vocabulary },
    };
    writeFileSync(join(copy, 'tokenizer.json'), JSON.stringify(tokenizer)); // without tokens around a text
    const asked = async (text: string): Promise<string> => {
      const { status, notes } = await nabla('classify', copy, text);
      expect(status).toBe(1);
      return notes;
    };
    expect(await asked('')).toMatch(/the text "" to have a token, received none\. .*\[TEXT\]/);
    expect(await asked('a new film')).toMatch(/0 to 7, received 8 for "new"\..*\[VOCABULARY\]/);
    const model = new BertForSequenceClassification({ ...config, num_labels: 2 }, new Generator(2));
    const broken = fill([2, config.hidden_size], NaN);
    model.classifier.weight.assign(broken);
    broken.dispose();
    await savePretrained(model, copy);
    model.dispose();
    expect(await asked('a film')).toMatch(/class ".*" to be a finite number, received NaN\. .*\[CLASSIFY\]/);
  });

  it('reads lines from stdin', async () => {
    const lines = (): Readable => Readable.from(['a good film\na bad film\n']);
    const words = ['classify', join(folder, 'classifier'), '--json'];
    const given = await nabla(...words, 'a good film', 'a bad film');
    expect(await nablaReading(lines(), ...words)).toEqual(given);
    expect(await nablaReading(lines(), ...words, '-')).toEqual(given);
    const vectors = await nablaReading(lines(), 'embed', join(folder, 'encoder'), '--json');
    expect(vectors.result.trimEnd().split('\n')).toHaveLength(2);
  });
});
