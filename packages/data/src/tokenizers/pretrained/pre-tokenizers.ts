// SPDX-License-Identifier: Apache-2.0
// How a tokenizer.json splits a text into words before the model cuts them into tokens: the table of its pre-tokenizers.

import { toByteCharacters } from './bytes.ts';
import type { JsonFields } from './json-fields.ts';
import { escapePattern, readPattern, splitBehaviors, splitText } from './patterns.ts';

/** A text to its words. `isStart` says that the text begins where the caller's text does. */
export type PreTokenizer = (text: string, isStart: boolean) => string[];

/**
 * One row for each type. Those of @huggingface/tokenizers are not used: several ignore their options (`behavior`, `split`) or take
 * only ASCII for letters, digits or white space.
 *
 * @see https://github.com/huggingface/tokenizers/tree/main/tokenizers/src/pre_tokenizers
 */
const preTokenizers: Readonly<Record<string, (fields: JsonFields) => PreTokenizer>> = {
  BertPreTokenizer: () => bertWords,
  ByteLevel: readByteLevel,
  CharDelimiterSplit: (fields) => {
    const delimiter = new RegExp(escapePattern(fields.text('delimiter')), 'gu');
    return (text) => splitText(text, delimiter, 'Removed');
  },
  Digits: (fields) => {
    const each = fields.flag('individual_digits', false);
    return (text) => splitText(text, /\p{N}/gu, each ? 'Isolated' : 'Contiguous');
  },
  FixedLength: (fields) => {
    const length = fields.integer('length', 1, 0xffffffff, 5);
    return (text) => {
      const characters = [...text];
      const starts = Array.from({ length: Math.ceil(characters.length / length) }, (_, i) => i * length);
      return starts.map((start) => characters.slice(start, start + length).join(''));
    };
  },
  Metaspace: readMetaspace,
  Punctuation: (fields) => {
    const behavior = fields.oneOf('behavior', splitBehaviors, 'Isolated');
    return (text) => splitText(text, punctuation, behavior);
  },
  Sequence: (fields) => {
    const steps = fields.objects('pretokenizers').map(readPreTokenizer);
    return (text, isStart) =>
      steps.reduce((words, step) => words.flatMap((word, i) => step(word, isStart && i === 0)), [text]);
  },
  Split: (fields) => {
    const pattern = readPattern(fields);
    const behavior = fields.oneOf('behavior', splitBehaviors);
    const invert = fields.flag('invert', false);
    return (text) => splitText(text, pattern, behavior, invert);
  },
  Whitespace: () => (text) => splitText(text, wordsAndSigns, 'Removed', true),
  WhitespaceSplit: () => (text) => splitText(text, /\p{White_Space}/gu, 'Removed'),
};

/** @throws {ArgumentError} the type is unknown or a field of it is wrong: names file and field (code `TOKENIZER`) */
export function readPreTokenizer(fields: JsonFields): PreTokenizer {
  return fields.choose('type', preTokenizers)(fields);
}

/** A mark that BERT takes for a word of its own: all of ASCII that is no letter, digit or space, and Unicode's punctuation. */
const punctuation = /[\p{P}!-/:-@[-`{-~]/gu;
const wordsAndSigns =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

/**
 * GPT-2's words: a contraction, or letters, digits or other signs with at most one space before them, or white space, of which the last
 * space is left to the word after it.
 *
 * @see https://github.com/openai/gpt-2/blob/master/src/encoder.py
 */
export const gpt2Words: RegExp =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** BERT's words: between white space, each punctuation mark for itself. */
export function bertWords(text: string): string[] {
  return splitText(text, /\p{White_Space}/gu, 'Removed').flatMap((word) => splitText(word, punctuation, 'Isolated'));
}

function readByteLevel(fields: JsonFields): PreTokenizer {
  const prefixSpace = fields.flag('add_prefix_space', true);
  const useRegex = fields.flag('use_regex', true);
  return (text) => {
    const prefixed = prefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    const words = useRegex ? splitText(prefixed, gpt2Words, 'Isolated') : [prefixed];
    return words.map(toByteCharacters);
  };
}

/** SentencePiece's words: spaces become `▁`, and each starts a word. */
function readMetaspace(fields: JsonFields): PreTokenizer {
  const replacement = fields.text('replacement', '▁');
  const legacy = fields.flag('add_prefix_space', true) ? 'always' : 'never';
  const scheme = fields.oneOf('prepend_scheme', ['always', 'first', 'never'], legacy);
  const split = fields.flag('split', true);
  const mark = new RegExp(escapePattern(replacement), 'gu');
  return (text, isStart) => {
    const spaced = text.replaceAll(' ', () => replacement);
    const wanted = scheme === 'always' || (scheme === 'first' && isStart);
    const prefixed = wanted && !spaced.startsWith(replacement) ? replacement + spaced : spaced;
    return split ? splitText(prefixed, mark, 'MergedWithNext') : [prefixed];
  };
}
