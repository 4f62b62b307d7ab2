// SPDX-License-Identifier: Apache-2.0
// What a tokenizer.json may do to a text before it is split: the table of its normalizers.

import { toByteCharacters } from './bytes.ts';
import type { JsonFields } from './json-fields.ts';
import { readPattern, replacePattern } from './patterns.ts';
import { readCharacterMap } from './precompiled-charsmap.ts';

/** A text to another. */
export type Normalizer = (text: string) => string;

/**
 * One row for each type. Those of @huggingface/tokenizers are not used where they differ from the Rust library: its BERT misses
 * ideographs beyond U+FFFF, its lowercase knows the final sigma, its precompiled map is an approximation.
 *
 * @see https://github.com/huggingface/tokenizers/tree/main/tokenizers/src/normalizers
 */
const normalizers: Readonly<Record<string, (fields: JsonFields) => Normalizer>> = {
  BertNormalizer: readBert,
  ByteLevel: () => toByteCharacters,
  Lowercase: () => lowercase,
  NFC: () => (text) => text.normalize('NFC'),
  NFD: () => (text) => text.normalize('NFD'),
  NFKC: () => (text) => text.normalize('NFKC'),
  NFKD: () => (text) => text.normalize('NFKD'),
  Nmt: () => (text) => text.replace(nmtRemoved, '').replace(nmtSpaces, ' '),
  Precompiled: (fields) => (fields.has('precompiled_charsmap') ? readCharacterMap(fields) : (text) => text),
  Prepend: (fields) => {
    const prefix = fields.text('prepend');
    return (text) => (text === '' ? text : prefix + text);
  },
  Replace: (fields) => {
    const pattern = readPattern(fields);
    const content = fields.text('content');
    return (text) => replacePattern(text, pattern, content);
  },
  Sequence: (fields) => {
    const steps = fields.objects('normalizers').map(readNormalizer);
    return (text) => steps.reduce((partly, step) => step(partly), text);
  },
  Strip: (fields) => {
    const left = fields.flag('strip_left', false);
    const right = fields.flag('strip_right', false);
    return (text) =>
      text.replace(left ? /^\p{White_Space}+/u : /^/, '').replace(right ? /\p{White_Space}+$/u : /$/, '');
  },
  StripAccents: () => (text) => text.replace(/\p{M}/gu, ''),
};

/** @throws {ArgumentError} the type is unknown or a field of it is wrong: names file and field (code `TOKENIZER`) */
export function readNormalizer(fields: JsonFields): Normalizer {
  return fields.choose('type', normalizers)(fields);
}

/** Lower case, each character for itself: `Σ` is `σ` at the end of a word too. */
export function lowercase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

const nmtRemoved = /[\u0001-\u0008\u000B\u000E-\u001F\u007F\u008F\u009F]/g;
const nmtSpaces = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/g;

/** What BERT drops: control characters other than tab and line ends, NUL and U+FFFD among them. */
const bertControl = /\uFFFD|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
/** The blocks of ideographs that BERT takes for words of their own. */
const ideographs =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

function readBert(fields: JsonFields): Normalizer {
  const cleanText = fields.flag('clean_text', true);
  const ideographsApart = fields.flag('handle_chinese_chars', true);
  const lower = fields.flag('lowercase', true);
  const stripAccents = fields.flag('strip_accents', lower);
  return (text) => {
    let result = text;
    if (cleanText) result = result.replace(bertControl, '').replace(/\p{White_Space}/gu, ' ');
    if (ideographsApart) result = result.replace(ideographs, ' $& ');
    if (stripAccents) result = result.normalize('NFD').replace(/\p{Mn}/gu, '');
    return lower ? lowercase(result) : result;
  };
}
