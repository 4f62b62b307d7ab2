// SPDX-License-Identifier: Apache-2.0
// Fine-tuning to go on with a text.

import { ArgumentError } from '@nabla/core';
import { ArrayDataset, type Dataset, loadText, splitTokens } from '@nabla/data';

import { type TokenExample, evaluationOptions } from './batches.ts';
import { type FinetuneTask, evaluateTokens, writeAnswers } from './learner.ts';

const EVALUATION_BATCH = 8;

/** Pieces that cover a text once; the last, where it has no token to predict, is left out. */
function cut(tokens: Int32Array, length: number): Dataset<TokenExample> {
  const examples: TokenExample[] = [];
  for (let start = 0; start + 1 < tokens.length; start += length) {
    const ids = [...tokens.subarray(start, start + length)];
    if (ids.length > 1) examples.push({ ids, labels: ids });
  }
  return new ArrayDataset(examples);
}

/** There is nothing to predict in a text of one token. */
function tooShort(data: string, tokens: number, heldOut: number): ArgumentError {
  const expected = `to have at least two tokens to learn from and two among the ${heldOut} that is held out`;
  const received = `${tokens} tokens`;
  const hint = 'Give a longer text.';
  return new ArgumentError({ op: 'finetune', argument: `"${data}"`, expected, received, hint }, 'FINETUNE');
}

export const causalLanguageModelTask: FinetuneTask = {
  head: [],

  async readData({ data, maximumLength, heldOut }, tokenizer, resolveData) {
    const text = await loadText(await resolveData(data));
    const ids = Int32Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids);
    const { train, validation } = splitTokens(ids, 1 - heldOut);
    const parts = { train: cut(train, maximumLength), heldOut: cut(validation, maximumLength) };
    if (parts.train.length === 0 || parts.heldOut.length === 0) throw tooShort(data, ids.length, heldOut);
    return { ...parts, fields: {} };
  },

  /** The first token of a text is not predicted. */
  weight: ({ labelCount, labels }) => labelCount - (labels.shape[0] ?? 0),

  evaluate(model, data, padding, count) {
    return evaluateTokens(this, model, data, evaluationOptions(EVALUATION_BATCH, padding, count));
  },

  predict: (model, tokenizer, _, inputs) => writeAnswers(model, tokenizer, inputs),
};
