// SPDX-License-Identifier: Apache-2.0
// Fine-tuning to tell the class of a text.

import { Generator } from '@nabla/core';
import { ArrayDataset, type Dataset, type PretrainedTokenizer, loadLabelledTexts, stratifiedSplit } from '@nabla/data';

import { measureClasses, predictClass } from '../classification/token-classes.ts';
import { type LabelsConfig, labelNames } from '../pretrained/labels.ts';
import type { TokenExample } from './batches.ts';
import type { FinetuneConfig } from './config.ts';
import { type FinetuneTask, forwardBatch } from './learner.ts';

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

  weight: ({ labelCount }) => labelCount,

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
