// SPDX-License-Identifier: Apache-2.0
// Tokens beside the model's vocabulary, such as `<|endoftext|>`: they are found in a text before anything else happens to it.

import { escapePattern } from './patterns.ts';

/** A token beside the model's own, with Hugging Face's names. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Found only where no letter, digit or mark touches it. */
  readonly single_word: boolean;
  /** Takes the white space before it along. */
  readonly lstrip: boolean;
  /** Takes the white space after it along. */
  readonly rstrip: boolean;
  /** Looked for in the normalized text rather than in the text itself. */
  readonly normalized: boolean;
  /** Left out of a decoded text where that is asked for. */
  readonly special: boolean;
}

/** A piece of a text: an added token, or what lies between two of them. */
export type Piece = { readonly id: number } | { readonly text: string; readonly start: number };

/** The pieces of a text; none of them is empty. */
export type Finder = (text: string) => Piece[];

/**
 * Finds added tokens: from left to right, the longest where several begin at one place.
 *
 * @param tokens  what to look for, by their content
 * @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/tokenizer/added_vocabulary.rs
 */
export function makeFinder(tokens: ReadonlyMap<string, AddedToken>): Finder {
  const contents = [...tokens.keys()].filter((content) => content !== '').sort((a, b) => b.length - a.length);
  if (contents.length === 0) return (text) => (text === '' ? [] : [{ text, start: 0 }]);
  const pattern = new RegExp(contents.map(escapePattern).join('|'), 'gu');
  return (text) => {
    const pieces: Piece[] = [];
    let done = 0;
    for (const match of text.matchAll(pattern)) {
      const token = tokens.get(match[0]);
      const end = match.index + match[0].length;
      if (token === undefined || match.index < done || (token.single_word && touchesWord(text, match.index, end)))
        continue;
      const start = token.lstrip
        ? done + text.slice(done, match.index).replace(/\p{White_Space}+$/u, '').length
        : match.index;
      if (start > done) pieces.push({ text: text.slice(done, start), start: done });
      pieces.push({ id: token.id });
      done = token.rstrip ? end + (/^\p{White_Space}*/u.exec(text.slice(end))?.[0].length ?? 0) : end;
    }
    if (done < text.length) pieces.push({ text: text.slice(done), start: done });
    return pieces;
  };
}

const wordBefore = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const wordAfter = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

function touchesWord(text: string, start: number, end: number): boolean {
  return wordBefore.test(text.slice(Math.max(0, start - 2), start)) || wordAfter.test(text.slice(end, end + 2));
}
