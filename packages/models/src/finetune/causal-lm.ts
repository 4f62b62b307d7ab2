// SPDX-License-Identifier: Apache-2.0
// Fine-tuning to go on with a text.

import { ArgumentError, type Tensor, cast, notEqual, slice, sum } from '@nabla/core';
import { ArrayDataset, type Dataset, loadText, splitTokens } from '@nabla/data';
import { crossEntropy } from '@nabla/layers';

import { IGNORED } from '../generation/causal-model.ts';
import { meanMetrics } from '../training/evaluation.ts';
import { type TokenExample, evaluationOptions } from './batches.ts';
import { type FinetuneTask, forwardBatch, writeAnswers } from './learner.ts';

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

/** Cost of the predictions that count, added up, and how many they are. */
function totals(logits: Tensor, labels: Tensor): { cost: Tensor; count: Tensor } {
  const [batch = 0, time = 0, vocabulary = 0] = logits.shape;
  const predicted = slice(logits, [0, 0, 0], [batch, time - 1, vocabulary]);
  const next = slice(labels, [0, 1], [batch, time - 1]);
  const cost = crossEntropy(predicted, next, { ignoreIndex: IGNORED, reduction: 'sum' });
  return { cost, count: sum(cast(notEqual(next, IGNORED), 'float32')) };
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

  evaluate(model, data, padding, count) {
    const options = evaluationOptions(EVALUATION_BATCH, padding, count);
    const means = meanMetrics(data, options, (batch) => {
      const { cost, count: predictions } = totals(forwardBatch(model, batch), batch.labels);
      return { cost, predictions };
    });
    const loss = (means['cost'] ?? NaN) / (means['predictions'] ?? NaN);
    return { loss, perplexity: Math.exp(loss) };
  },

  predict: (model, tokenizer, _, inputs) => writeAnswers(model, tokenizer, inputs),
};
