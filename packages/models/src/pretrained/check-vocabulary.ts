// SPDX-License-Identifier: Apache-2.0
// Whether a tokenizer and a model go together, as far as the tokens of a text show it.

import { ArgumentError } from '@nabla/core';

/**
 * @param vocabulary how many tokens the model has
 * @param nameOf     how a token is shown
 * @throws {ArgumentError} the tokenizer made a token that the model does not have (code `VOCABULARY`)
 */
export function checkVocabulary(
  op: string,
  ids: readonly number[],
  vocabulary: number,
  nameOf: (id: number) => string | undefined,
): void {
  const unknown = ids.find((id) => id >= vocabulary);
  if (unknown === undefined) return;
  const expected = `to make tokens of the model's vocabulary, 0 to ${vocabulary - 1}`;
  const received = `${unknown} for "${nameOf(unknown) ?? ''}"`;
  const hint = 'Tokenizer and weights are not of the same model.';
  throw new ArgumentError({ op, argument: 'the tokenizer', expected, received, hint }, 'VOCABULARY');
}
