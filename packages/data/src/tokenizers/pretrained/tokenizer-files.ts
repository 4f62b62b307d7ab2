// SPDX-License-Identifier: Apache-2.0
// The files of a folder that belong to its tokenizer, read and parsed.

import { join } from 'node:path';
import { decodeText, kindOfPath, messageOf, readBytes } from '../../files.ts';
import { JsonFields, tokenizerError } from './json-fields.ts';
import { bytePairsFromFiles, wordPieceFromFiles } from './legacy-files.ts';

/** What a folder says about its tokenizer. */
export interface TokenizerFiles {
  /** tokenizer.json, read or made of older files. */
  readonly tokenizer: JsonFields;
  /** tokenizer_config.json */
  readonly config?: JsonFields | undefined;
  /** special_tokens_map.json */
  readonly specialTokensMap?: JsonFields | undefined;
  /** added_tokens.json */
  readonly addedTokens?: JsonFields | undefined;
  /** chat_template.jinja */
  readonly chatTemplate?: string | undefined;
}

const op = 'PretrainedTokenizer.fromFolder';

/** @throws {ArgumentError} a file is missing, cannot be read or is not what it must be: names it (code `FILE`, `TEXT` or `TOKENIZER`) */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const config = await readJson(join(folder, 'tokenizer_config.json'));
  return {
    tokenizer: await readTokenizer(folder, config),
    config,
    specialTokensMap: await readJson(join(folder, 'special_tokens_map.json')),
    addedTokens: await readJson(join(folder, 'added_tokens.json')),
    chatTemplate: await readOptional(join(folder, 'chat_template.jinja')),
  };
}

async function readTokenizer(folder: string, config: JsonFields | undefined): Promise<JsonFields> {
  const path = (name: string): string => join(folder, name);
  const file = await readJson(path('tokenizer.json'));
  if (file !== undefined) return file;
  const words = await readOptional(path('vocab.txt'));
  if (words !== undefined) {
    return new JsonFields(path('vocab.txt'), wordPieceFromFiles(path('vocab.txt'), words, config));
  }
  const vocab = await readJson(path('vocab.json'));
  const merges = await readOptional(path('merges.txt'));
  if (vocab !== undefined && merges !== undefined) {
    const json = bytePairsFromFiles(vocab, { file: path('merges.txt'), text: merges }, config);
    return new JsonFields(path('vocab.json'), json);
  }
  throw await missing(folder, vocab === undefined ? undefined : 'merges.txt');
}

async function missing(folder: string, half: string | undefined): Promise<Error> {
  const sentencePiece = ['spiece.model', 'tokenizer.model', 'sentencepiece.bpe.model'];
  const found = await Promise.all(sentencePiece.map((name) => kindOfPath(join(folder, name))));
  const name = sentencePiece.find((_, i) => found[i] === 'file');
  const received =
    half !== undefined ? `vocab.json without ${half}` : name === undefined ? 'none of them' : `only ${name}`;
  const hint =
    name === undefined
      ? undefined
      : 'Convert it once with Python: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) writes tokenizer.json.';
  const expected = 'to have tokenizer.json, vocab.txt, or vocab.json with merges.txt';
  return tokenizerError({ file: folder, expected, received, hint });
}

/** The text of a file, or undefined where there is none. */
async function readOptional(path: string): Promise<string | undefined> {
  if ((await kindOfPath(path)) !== 'file') return undefined;
  return decodeText(await readBytes(op, path), path);
}

/** The object in a JSON file, or undefined where there is no file. */
async function readJson(path: string): Promise<JsonFields | undefined> {
  const text = await readOptional(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw tokenizerError({ file: path, expected: 'to be JSON', received: messageOf(error) }, error);
  }
  return new JsonFields(path, value);
}
