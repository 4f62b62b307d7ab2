// SPDX-License-Identifier: Apache-2.0
// What single tokens read like.

import type { PretrainedTokenizer } from '@nabla/data';

/**
 * Makes the text of single tokens as they stand inside a text: alone, those of some tokenizers lose the space that they begin with. A
 * part of a character is U+FFFD.
 */
export function tokenTexts(tokenizer: PretrainedTokenizer): (id: number) => string {
  const before = tokenizer.encode('a', { addSpecialTokens: false }).ids.slice(-1);
  const shown = tokenizer.decode(before).length;
  return (id) => tokenizer.decode([...before, id], { skipSpecialTokens: false }).slice(shown);
}
