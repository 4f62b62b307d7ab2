// SPDX-License-Identifier: Apache-2.0
// Where an answer ends.

import { type TextModel, generationDefaults } from '@nabla/models';

/** The end tokens of the model, and that of the tokenizer: of models taught to converse, some folders name the end of a turn only there. */
export async function endTokensOf({ model, tokenizer }: TextModel): Promise<number[]> {
  const { eos_token_id: own } = await generationDefaults(model);
  return [...new Set([own ?? [], tokenizer.eosId ?? []].flat())];
}
