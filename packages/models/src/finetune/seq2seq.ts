// SPDX-License-Identifier: Apache-2.0
// Fine-tuning to answer one text with another: translations, summaries.

import { Generator, cast, greaterEqual, mul, sum } from '@nabla/core';
import { ArrayDataset, type Dataset, type PretrainedTokenizer, loadTextPairs, randomSplit } from '@nabla/data';

import { meanMetrics } from '../training/evaluation.ts';
import { type TokenExample, evaluationOptions } from './batches.ts';
import type { FinetuneConfig } from './config.ts';
import { type FinetuneTask, lossOfBatch, writeAnswers } from './learner.ts';

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

  /** The mean cost of a token, of the batches' means weighted by their tokens. */
  evaluate(model, data, padding, count) {
    const options = evaluationOptions(EVALUATION_BATCH, padding, count);
    const means = meanMetrics(data, options, (batch) => {
      const counted = sum(cast(greaterEqual(batch.labels, 0), 'float32'));
      return { cost: mul(lossOfBatch(model, batch), counted), tokens: counted };
    });
    const loss = (means['cost'] ?? NaN) / (means['tokens'] ?? NaN);
    return { loss, perplexity: Math.exp(loss) };
  },

  predict: (model, tokenizer, { maximumLength }, inputs) => writeAnswers(model, tokenizer, inputs, maximumLength),
};
