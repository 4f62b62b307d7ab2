// SPDX-License-Identifier: Apache-2.0
// A trained Llama from end to end: a model of llama2.c is converted, loaded, and tells the story that llama2.c tells.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { argMax, noGrad, scope, slice, tensor } from '@nabla/core';
import { describeWithData, devices, useDevice } from '@nabla/testing';

import type { CausalModel } from '../generation/causal-model.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { LlamaForCausalLM } from './model.ts';

const CONVERTER = join(import.meta.dirname, '../../../../tools/convert-llama2c.mjs');
const START = 1; // <s>

function convert(...words: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [CONVERTER, ...words], { encoding: 'utf8' });
}

/** The most probable tokens after `<s>`, one by one: with a cache, or reading all again for each. */
function greedy(model: CausalModel, count: number, hasCache: boolean): number[] {
  const cache = hasCache ? model.newCache() : undefined;
  const ids = [START];
  for (let step = 0; step < count; step++) {
    const next = scope(() => {
      const tokens = tensor([hasCache ? ids.slice(-1) : ids], undefined, 'int32');
      const hidden = model.hidden(tokens, { cache });
      const last = slice(hidden, [0, tokens.size - 1, 0], [1, 1, -1]);
      return argMax(model.logits(last), -1).dataSync()[0] ?? NaN;
    });
    ids.push(next);
  }
  cache?.dispose();
  return ids.slice(1);
}

interface TokenizerFile {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly string[] };
}

/** The text of token ids, as the decoder of tokenizer.json has it. */
function textOf(folder: string, ids: readonly number[]): string {
  const { model } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as TokenizerFile;
  const pieces = new Map(Object.entries(model.vocab).map(([piece, id]) => [id, piece]));
  const bytes = ids.map((id) => {
    const piece = pieces.get(id) ?? '';
    const byte = /^<0x(..)>$/.exec(piece)?.[1];
    return byte === undefined ? Buffer.from(piece.replaceAll('▁', ' ')) : Buffer.from(byte, 'hex');
  });
  return Buffer.concat(bytes).toString('utf8').replace(/^ /, '');
}

describeWithData('stories260K of llama2.c', 'llama2c-stories260K', (source) => {
  const [modelFile, tokenizerFile] = ['stories260K.bin', 'tok512.bin'].map((file) => join(source, file)) as [
    string,
    string,
  ];
  const story = readFileSync(join(source, '../expected/stories260K-greedy256.txt'), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'nabla-stories-'));

  beforeAll(() => expect(convert(modelFile, tokenizerFile, folder)).toMatchObject({ status: 0, stderr: '' }));
  afterAll(() => rmSync(folder, { recursive: true }));

  // Every kernel has its own tests on every CPU target: here one is enough.
  describe.each(devices().slice(0, 2))('on %s', (device) => {
    useDevice(device);

    it.each([true, false])('tells the same text, token by token (with a cache: %s)', async (hasCache) => {
      const isWhole = device !== 'js'; // 256 tokens take long there
      const model = await fromPretrained(folder, LlamaForCausalLM);
      const told = textOf(
        folder,
        noGrad(() => greedy(model, isWhole ? 256 : 20, hasCache)),
      );
      if (isWhole) expect(`${told}\n`).toBe(story);
      else expect(told).toBe('Once upon a time, there was a little girl named Lily. She loved to play');
      model.dispose();
    });
  });

  it('merges pairs in the order of SentencePiece’s scores', () => {
    const { model } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as TokenizerFile;
    const pieces = new Map(Object.entries(model.vocab).map(([piece, id]) => [id, piece]));
    const made = [...new Set(model.merges.map((pair) => pair.replace(' ', '')))];
    expect([...model.merges.slice(0, 8)]).toEqual(['▁ t', 'h e', '▁ a', '▁ s', '▁ w', 'n d', '▁th e', '▁t he']);
    // Scores fall from id to id: pieces are made in the order of their ids.
    const ids = made.map((piece) => model.vocab[piece] ?? NaN);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect([pieces.get(0), pieces.get(1), pieces.get(2), pieces.get(3), pieces.size]).toEqual([
      '<unk>',
      '<s>',
      '</s>',
      '<0x00>',
      512,
    ]);
  });

  it('is refused where a file is cut short, too long, or none of llama2.c', () => {
    const broken = join(folder, 'broken.bin');
    const bytes = readFileSync(modelFile);
    const refusal = (content: Uint8Array): string => {
      writeFileSync(broken, content);
      const { status, stderr } = convert(broken, tokenizerFile, join(folder, 'none'));
      expect(status).toBe(1);
      return stderr;
    };
    expect(refusal(bytes.subarray(0, 5000))).toMatch(/broken\.bin: expected .* bytes at/);
    expect(refusal(Buffer.concat([bytes, Buffer.alloc(4)]))).toMatch(/expected 1056540 bytes .* received 1056544/);
    expect(refusal(Buffer.alloc(28))).toMatch(/expected features above 0, received 0/);
    expect(convert(modelFile, modelFile, join(folder, 'none')).stderr).toMatch(/stories260K\.bin: expected/);
    expect(convert().stderr).toMatch(/^Usage/);
  });
});
