// SPDX-License-Identifier: Apache-2.0
// What is done to a decoded text as a whole, and yet while it is made.

import { type DecodeStep, cleanUpWord } from './decoders.ts';

/**
 * Takes out the spaces that stand before punctuation and contractions, as `clean_up_tokenization_spaces` asks for.
 *
 * Every pattern begins with a space and only `␣'␣` has another one, so a text can be cut before a space that follows neither a space nor
 * `␣'`: the halves, cleaned each for itself, are the whole, cleaned. What comes after the last such place is held back.
 */
export function cleanUpText(): DecodeStep {
  let held = '';
  return {
    push: (part) => {
      held += part;
      const cut = lastCut(held);
      const settled = held.slice(0, cut);
      held = held.slice(cut);
      return settled === '' ? [] : [cleanUpWord(settled)];
    },
    end: () => [cleanUpWord(held)],
  };
}

function lastCut(text: string): number {
  for (let at = text.lastIndexOf(' '); at > 0; at = text.lastIndexOf(' ', at - 1)) {
    if (text[at - 1] !== ' ' && text.slice(at - 2, at) !== " '") return at;
  }
  return 0;
}

/** Every `suffix` (CLIP's `</w>`) is a space, and white space at both ends goes, as CLIP's tokenizer in transformers has it. */
export function endOfWords(suffix: string): DecodeStep {
  let held = '';
  let begun = false;
  const settle = (text: string): string[] => {
    const trimmed = begun ? text : text.trimStart();
    begun ||= trimmed !== '';
    return trimmed === '' ? [] : [trimmed];
  };
  return {
    push: (part) => {
      held = (held + part).replaceAll(suffix, ' ');
      let kept = held.length;
      for (let length = Math.min(suffix.length - 1, held.length); length > 0; length--) {
        if (!held.endsWith(suffix.slice(0, length))) continue;
        kept -= length;
        break;
      }
      kept = held.slice(0, kept).trimEnd().length;
      const settled = held.slice(0, kept);
      held = held.slice(kept);
      return settle(settled);
    },
    end: () => settle(held.trimEnd()),
  };
}
