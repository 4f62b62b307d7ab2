// SPDX-License-Identifier: Apache-2.0
// Fine-tuning to answer one text with another: translations, summaries.

import { Generator } from '@nabla/core';
import { ArrayDataset, type Dataset, type PretrainedTokenizer, loadTextPairs, randomSplit } from '@nabla/data';

import { type TokenExample, evaluationOptions } from './batches.ts';
import type { FinetuneConfig } from './config.ts';
import { type FinetuneTask, evaluateTokens, writeAnswers } from './learner.ts';

const EVALUATION_BATCH = 32;

function encodePairs(
  pairs: Dataset<{ readonly source: string; readonly target: string }>,
  tokenizer: PretrainedTokenizer,
  { maximumLength }: FinetuneConfig,
): Dataset<TokenExample> {
  const all = Array.from({ length: pairs.length }, (_, i) => pairs.get(i));
  const encode = (texts: readonly string[]): number[][] => tokenizer.encodeBatch(texts, { maximumLength }).inputIds;
  const sources = encode(all.map(({ source }) => source));
  const targets = encode(all.map(({ target }) => target));
  return new ArrayDataset(sources.map((ids, i) => ({ ids, labels: targets[i] ?? [] })));
}

export const sequenceToSequenceTask: FinetuneTask = {
  head: [],

  async readData(config, tokenizer, resolveData) {
    const pairs = await loadTextPairs(await resolveData(config.data));
    const fractions = [1 - config.heldOut, config.heldOut] as const;
    const [train, test] = randomSplit(pairs, fractions, new Generator(config.seed));
    return { train: encodePairs(train, tokenizer, config), heldOut: encodePairs(test, tokenizer, config), fields: {} };
  },

  weight: ({ labelCount }) => labelCount,

  evaluate(model, data, padding, count) {
    return evaluateTokens(this, model, data, evaluationOptions(EVALUATION_BATCH, padding, count));
  },

  predict: (model, tokenizer, { maximumLength }, inputs) => writeAnswers(model, tokenizer, inputs, maximumLength),
};
