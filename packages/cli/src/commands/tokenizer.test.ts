// SPDX-License-Identifier: Apache-2.0
// Tests of nabla tokenizer.

import { writeFileSync } from 'node:fs';

import { PretrainedTokenizer } from '@nabla/data';

import { nabla, useFolder } from '../test-nabla.ts';

describe('nabla tokenizer', () => {
  useFolder();
  beforeAll(() => writeFileSync('hugs.txt', 'hug hugs\npun bun hug\n'.repeat(20)));

  it('learns byte pair encoding and shows its tokens', async () => {
    const { status, result, notes } = await nabla(
      'tokenizer',
      'train',
      'hugs.txt',
      'abc.txt',
      '--vocabulary',
      '265',
      '-o',
      'bpe',
    );
    expect([status, result, notes]).toEqual([0, 'bpe/tokenizer.json\n', '265 tokens\n']);
    const shown = await nabla('tokenizer', 'show', 'bpe', 'hug un 你');
    expect(shown.status).toBe(0);
    const [line, ...rows] = shown.result.trimEnd().split('\n');
    const tokenizer = await PretrainedTokenizer.fromFolder('bpe');
    const { ids } = tokenizer.encode('hug un 你');
    expect(line).toBe(ids.map((id) => tokenizer.tokenOf(id)).join(' '));
    expect(rows[0]).toMatch(/^id +token +text *$/);
    expect(rows.filter((row) => /^\d+ /.test(row)).map((row) => Number(row.split(' ')[0]))).toEqual(ids);
  });

  it('learns WordPiece', async () => {
    await nabla(
      'tokenizer',
      'train',
      'hugs.txt',
      '--kind',
      'wordpiece',
      '--vocabulary',
      '40',
      '-o',
      'words/tokenizer.json',
    );
    const { result } = await nabla('tokenizer', 'show', 'words', 'HUGS hugb', '--plain');
    expect(result.split('\n')[0]).toBe('hugs [UNK]');
    expect((await nabla('tokenizer', 'show', 'words', 'bun')).result.split('\n')[0]).toBe('[CLS] bun [SEP]');
  });

  it('writes characters as well', async () => {
    const { result, notes } = await nabla('tokenizer', 'train', 'abc.txt', '--kind', 'character');
    expect([result, notes]).toEqual(['tokenizer/tokenizer.json\n', '8 tokens\n']);
    expect((await nabla('tokenizer', 'show', 'tokenizer', 'cab')).result.split('\n')[0]).toBe('c a b');
  });

  it.each<[string[], number, string]>([
    [['train', 'none.txt'], 1, 'none.txt'],
    [['train', 'hugs.txt', '--vocabulary', '10'], 1, 'to be at least 257'],
    [['train', 'hugs.txt', '--kind', 'word'], 2, 'Allowed choices are bpe, wordpiece, character'],
    [['show', './nowhere', 'text'], 1, 'to be a folder, or a model of the hub'],
  ])('refuses %j', async (words, status, message) => {
    const ran = await nabla('tokenizer', ...words);
    expect(ran.status).toBe(status);
    expect(ran.notes).toContain(message);
  });
});
