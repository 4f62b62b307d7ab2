// SPDX-License-Identifier: Apache-2.0
// Fine-tuning to tell the class of a text.

import { Generator, type Tensor, reshape, scope, softmax } from '@nabla/core';
import { ArrayDataset, type Dataset, type PretrainedTokenizer, loadLabelledTexts, stratifiedSplit } from '@nabla/data';
import { crossEntropy } from '@nabla/layers';

import { rankClasses } from '../classification/rank-classes.ts';
import { Accuracy } from '../metrics/accuracy.ts';
import { type LabelsConfig, labelNames } from '../pretrained/labels.ts';
import { meanMetrics } from '../training/evaluation.ts';
import type { Metrics } from '../training/events.ts';
import type { Prediction } from '../training/recipe.ts';
import { type TokenBatch, type TokenExample, collateTokens, evaluationOptions } from './batches.ts';
import type { FinetuneConfig } from './config.ts';
import { type FinetuneTask, forwardBatch } from './learner.ts';

const EVALUATION_BATCH = 64;

/** Texts with classes, in tokens. */
function encodeTexts(
  texts: Dataset<{ readonly text: string; readonly label: number }>,
  tokenizer: PretrainedTokenizer,
  { maximumLength }: FinetuneConfig,
): Dataset<TokenExample> {
  const all = Array.from({ length: texts.length }, (_, i) => texts.get(i));
  const { inputIds, tokenTypeIds } = tokenizer.encodeBatch(
    all.map(({ text }) => text),
    { maximumLength },
  );
  return new ArrayDataset(
    all.map(({ label }, i) => ({ ids: inputIds[i] ?? [], typeIds: tokenTypeIds[i], labels: [label] })),
  );
}

/**
 * Mean loss in nats and share of texts classified right, of at most `count` texts.
 *
 * @param logitsOf  gives logits `[batch, classes]`
 */
export function measureClasses(
  logitsOf: (batch: TokenBatch) => Tensor,
  data: Dataset<TokenExample>,
  padding: number,
  count: number,
): Metrics {
  const accuracy = new Accuracy();
  const means = meanMetrics(data, evaluationOptions(EVALUATION_BATCH, padding, count), (batch) => {
    const logits = logitsOf(batch);
    const classes = reshape(batch.labels, [-1]);
    accuracy.update(logits, classes);
    return { loss: crossEntropy(logits, classes, { reduction: 'sum' }) };
  });
  return { ...means, accuracy: accuracy.compute() };
}

/** The likeliest class of a text, and the chances of all, the likeliest first; `logitsOf` as in {@link measureClasses}. */
export function predictClass(
  logitsOf: (batch: TokenBatch) => Tensor,
  input: string,
  tokens: Omit<TokenExample, 'labels'>,
  names: readonly string[],
): Prediction {
  const chances = scope(() => softmax(logitsOf(collateTokens([{ ...tokens, labels: [] }], 0))).dataSync<'float32'>());
  return { input, ...rankClasses(names, chances) };
}

export const classificationTask: FinetuneTask = {
  head: ['classifier', 'score', 'pre_classifier', 'classification_head'],

  async readData(config, tokenizer, resolveData) {
    const { data, textColumn, labelColumn, heldOut, seed } = config;
    const texts = await loadLabelledTexts(await resolveData(data), { textColumn, labelColumn });
    const fractions = [1 - heldOut, heldOut] as const;
    const [train, test] = stratifiedSplit(texts, texts.labels, fractions, new Generator(seed));
    return {
      train: encodeTexts(train, tokenizer, config),
      heldOut: encodeTexts(test, tokenizer, config),
      fields: {
        num_labels: texts.classes.length,
        id2label: Object.fromEntries(texts.classes.entries()),
        label2id: Object.fromEntries(texts.classes.map((name, id) => [name, id])),
        problem_type: 'single_label_classification',
      },
    };
  },

  evaluate: (model, data, padding, count) =>
    measureClasses((batch) => forwardBatch(model, batch), data, padding, count),

  predict(model, tokenizer, { maximumLength }, texts) {
    const names = labelNames(model.config as LabelsConfig);
    return Promise.resolve(
      texts.map((input) => {
        const { inputIds, tokenTypeIds } = tokenizer.encodeBatch([input], { maximumLength });
        const [ids = [], typeIds = []] = [inputIds[0], tokenTypeIds[0]];
        return predictClass((batch) => forwardBatch(model, batch), input, { ids, typeIds }, names);
      }),
    );
  },
};
