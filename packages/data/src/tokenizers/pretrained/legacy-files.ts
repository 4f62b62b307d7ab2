// SPDX-License-Identifier: Apache-2.0
// The tokenizer.json that older folders lack, made of their vocab.txt (BERT), or vocab.json and merges.txt (GPT-2, RoBERTa, CLIP).

import { bertTemplate } from './written-parts.ts';
import { type JsonFields, tokenizerError } from './json-fields.ts';

/** A tokenizer.json in memory. */
export type TokenizerJson = Readonly<Record<string, unknown>>;

/**
 * BERT's tokenizer: one token on each line of vocab.txt.
 *
 * @param config  tokenizer_config.json, whose `do_lower_case`, `strip_accents`, `tokenize_chinese_chars` and `*_token` count
 * @see https://github.com/huggingface/transformers/blob/main/src/transformers/models/bert/tokenization_bert.py
 */
export function wordPieceFromFiles(file: string, text: string, config: JsonFields | undefined): TokenizerJson {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocab = numbered(file, lines);
  const name = (role: string, fallback: string): string => tokenName(config, role) ?? fallback;
  const [cls, sep] = [name('cls', '[CLS]'), name('sep', '[SEP]')];
  const id = (token: string): number => idOf(file, vocab, token);
  const special = ['pad', 'unk', 'cls', 'sep', 'mask'].map((role) => name(role, `[${role.toUpperCase()}]`));
  return {
    ...frame,
    added_tokens: addedTokens(special, vocab),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config?.flag('tokenize_chinese_chars', true) ?? true,
      strip_accents: config?.value('strip_accents') ?? null,
      lowercase: config?.flag('do_lower_case', true) ?? true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: bertTemplate(cls, id(cls), sep, id(sep)),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: name('unk', '[UNK]'),
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab),
    },
  };
}

/**
 * The byte-level tokenizers of GPT-2, RoBERTa and CLIP, told apart by their vocabularies: CLIP's words end with `</w>`, RoBERTa has
 * `<s>` and `</s>`.
 *
 * @see https://github.com/huggingface/transformers/blob/main/src/transformers/convert_slow_tokenizer.py
 */
export function bytePairsFromFiles(
  vocab: JsonFields,
  merges: { readonly file: string; readonly text: string },
  config: JsonFields | undefined,
): TokenizerJson {
  const ids = new Map(vocab.names().map((token) => [token, vocab.integer(token, 0, 0xffffff)]));
  const model = {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: '',
    end_of_word_suffix: '',
    fuse_unk: false,
    byte_fallback: false,
    vocab: Object.fromEntries(ids),
    merges: readMergesText(merges.file, merges.text),
  };
  if (ids.has('!</w>')) return clip(vocab.file, ids, model);
  const spaced = config?.flag('add_prefix_space', false) ?? false;
  const byteLevel = { type: 'ByteLevel', add_prefix_space: spaced, trim_offsets: true, use_regex: true };
  const isRoberta = ids.has('<s>') && ids.has('</s>');
  const special = isRoberta ? ['<s>', '<pad>', '</s>', '<unk>', '<mask>'] : ['<|endoftext|>'];
  const roberta = { type: 'RobertaProcessing', sep: ['</s>', ids.get('</s>')], cls: ['<s>', ids.get('<s>')] };
  return {
    ...frame,
    added_tokens: addedTokens(special, ids).map((token) => ({ ...token, lstrip: token.content === '<mask>' })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: isRoberta ? { ...roberta, trim_offsets: true, add_prefix_space: spaced } : byteLevel,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model,
  };
}

/** CLIP's words: contractions, letters, single digits, other signs; in lower case. */
const clipWords =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

function clip(file: string, ids: ReadonlyMap<string, number>, model: TokenizerJson): TokenizerJson {
  const [start, end] = ['<|startoftext|>', '<|endoftext|>'];
  const [startId, endId] = [idOf(file, ids, start), idOf(file, ids, end)];
  return {
    ...frame,
    added_tokens: addedTokens([start, end], ids),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: clipWords }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [end, endId],
      cls: [start, startId],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { ...model, unk_token: end, end_of_word_suffix: '</w>' },
  };
}

const frame = { version: '1.0', truncation: null, padding: null };

/** The pairs of a merges.txt; its first line may be `#version: 0.2`. */
function readMergesText(file: string, text: string): [string, string][] {
  const lines = text.split(/\r?\n/);
  const merges: [string, string][] = [];
  for (const [i, line] of lines.entries()) {
    if (line === '' || (i === 0 && line.startsWith('#version'))) continue;
    const [left, right, ...more] = line.split(' ');
    if (left === undefined || right === undefined || left === '' || right === '' || more.length > 0) {
      throw tokenizerError({
        file,
        field: `line ${i + 1}`,
        expected: 'to be two tokens',
        received: JSON.stringify(line),
      });
    }
    merges.push([left, right]);
  }
  return merges;
}

function numbered(file: string, tokens: readonly string[]): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const before = ids.get(token);
    if (before !== undefined) {
      const received = `${JSON.stringify(token)}, which is also line ${before + 1}`;
      throw tokenizerError({ file, field: `line ${id + 1}`, expected: 'to be a token of its own', received });
    }
    ids.set(token, id);
  }
  return ids;
}

function idOf(file: string, ids: ReadonlyMap<string, number>, token: string): number {
  const id = ids.get(token);
  if (id !== undefined) return id;
  throw tokenizerError({
    file,
    expected: `to have the token ${JSON.stringify(token)}`,
    received: `${ids.size} others`,
  });
}

/** Those of the special tokens that the vocabulary has. */
function addedTokens(contents: readonly string[], ids: ReadonlyMap<string, number>): { content: string; id: number }[] {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const known = contents.flatMap((content) => {
    const id = ids.get(content);
    return id === undefined ? [] : [{ id, content, ...flags }];
  });
  return known.sort((a, b) => a.id - b.id);
}

function tokenName(config: JsonFields | undefined, role: string): string | undefined {
  const value = config?.value(`${role}_token`);
  return typeof value === 'object'
    ? config?.object(`${role}_token`).text('content')
    : config?.optionalText(`${role}_token`);
}
