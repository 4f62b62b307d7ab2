// SPDX-License-Identifier: Apache-2.0
// The patterns of a tokenizer.json as regular expressions of JavaScript, and what is done with their matches.

import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { messageOf } from '../../files.ts';
import type { JsonFields } from './json-fields.ts';

/** What becomes of the matches when a text is split at them. */
export const splitBehaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
export type SplitBehavior = (typeof splitBehaviors)[number];

/** `{ "String": … }` or `{ "Regex": … }`, the latter as Oniguruma writes it, which Hugging Face's library uses. */
export function readPattern(fields: JsonFields): RegExp {
  const pattern = fields.object('pattern');
  if (pattern.has('String')) return new RegExp(escapePattern(pattern.text('String')), 'gu');
  const source = pattern.text('Regex');
  try {
    const { pattern: compiled } = new SplitPreTokenizer({
      type: 'Split',
      pattern: { Regex: source },
      behavior: 'Isolated',
      invert: false,
    });
    if (compiled !== null) return compiled;
  } catch (error) {
    throw pattern.error('Regex', 'to be a regular expression', `${JSON.stringify(source)} (${messageOf(error)})`);
  }
  throw pattern.error('Regex', 'to be a regular expression', JSON.stringify(source));
}

/** The text with every match of a pattern replaced by `content`, which is taken as it is. */
export function replacePattern(text: string, pattern: RegExp, content: string): string {
  return text.replace(pattern, () => content);
}

/**
 * The pieces of a text, split at the matches of a pattern; none of them is empty.
 *
 * @param invert  the matches are what is kept, and what lies between them is the delimiter
 * @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/tokenizer/normalizer.rs, `split`
 */
export function splitText(text: string, pattern: RegExp, behavior: SplitBehavior, invert = false): string[] {
  const pieces: string[] = [];
  // Most often there is nothing to merge.
  if (behavior === 'Removed' || behavior === 'Isolated') {
    const keepsMatch = behavior === 'Isolated' || invert;
    const keepsRest = behavior === 'Isolated' || !invert;
    eachPart(text, pattern, (start, end, isMatch) => {
      if (isMatch ? keepsMatch : keepsRest) pieces.push(text.slice(start, end));
    });
    return pieces;
  }
  const parts: { readonly text: string; readonly isDelimiter: boolean }[] = [];
  eachPart(text, pattern, (start, end, isMatch) => {
    parts.push({ text: text.slice(start, end), isDelimiter: isMatch !== invert });
  });
  const backwards = behavior === 'MergedWithNext';
  let afterDelimiter = false;
  for (const part of backwards ? parts.toReversed() : parts) {
    const joins = behavior === 'Contiguous' ? part.isDelimiter === afterDelimiter : part.isDelimiter && !afterDelimiter;
    const last = pieces.at(-1);
    if (joins && last !== undefined) pieces[pieces.length - 1] = backwards ? part.text + last : last + part.text;
    else pieces.push(part.text);
    afterDelimiter = part.isDelimiter;
  }
  return backwards ? pieces.reverse() : pieces;
}

/** The matches of a pattern and what lies between them, from left to right; none of them is empty. */
function eachPart(text: string, pattern: RegExp, visit: (start: number, end: number, isMatch: boolean) => void): void {
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (match.index > done) visit(done, match.index, false);
    if (end > match.index) visit(match.index, end, true);
    done = end;
  }
  if (done < text.length) visit(done, text.length, false);
}

/** A text as a pattern that matches it. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
