// SPDX-License-Identifier: Apache-2.0
// Fine-tuning to tell the class of a text.

import { Generator, reshape, scope, softmax } from '@nabla/core';
import { type Dataset, type PretrainedTokenizer, loadLabelledTexts, stratifiedSplit } from '@nabla/data';
import { crossEntropy } from '@nabla/layers';

import { Accuracy } from '../metrics/accuracy.ts';
import { meanMetrics } from '../training/evaluation.ts';
import { type TokenExample, collateTokens } from './batches.ts';
import type { FinetuneConfig } from './config.ts';
import { type FinetuneTask, forwardBatch } from './learner.ts';

const EVALUATION_BATCH = 64;

/** A data set in other examples, each made when it is asked for. */
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
  const examples = all.map(({ label }, i) => ({ ids: inputIds[i] ?? [], typeIds: tokenTypeIds[i], labels: [label] }));
  return { length: examples.length, get: (index) => examples[index] as TokenExample };
}

export const classificationTask: FinetuneTask = {
  head: ['classifier', 'score'],

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

  evaluate(model, data, padding, count) {
    const accuracy = new Accuracy();
    const options = {
      batchSize: EVALUATION_BATCH,
      count,
      collate: (examples: readonly TokenExample[]) => collateTokens(examples, padding),
    };
    const means = meanMetrics(data, options, (batch) => {
      const logits = forwardBatch(model, batch); // [batch, classes]
      const classes = reshape(batch.labels, [-1]);
      accuracy.update(logits, classes);
      return { loss: crossEntropy(logits, classes, { reduction: 'sum' }) };
    });
    return { ...means, accuracy: accuracy.compute() };
  },

  predict(model, tokenizer, { maximumLength }, texts) {
    const names = namesOf(model.config);
    return Promise.resolve(
      texts.map((input) => {
        const { inputIds, tokenTypeIds } = tokenizer.encodeBatch([input], { maximumLength });
        const chances = scope(() => {
          const [ids = [], typeIds = []] = [inputIds[0], tokenTypeIds[0]];
          const batch = collateTokens([{ ids, typeIds, labels: [] }], 0);
          return softmax(forwardBatch(model, batch)).dataSync<'float32'>();
        });
        const classes = [...chances]
          .map((chance, id) => ({ class: names[id] ?? String(id), chance }))
          .sort((a, b) => b.chance - a.chance);
        return { input, prediction: classes[0]?.class, classes };
      }),
    );
  },
};

/** The names of a model's classes, as its configuration has them. */
export function namesOf(config: Readonly<Record<string, unknown>>): readonly string[] {
  const names = config['id2label'];
  if (typeof names !== 'object' || names === null) return [];
  const entries = Object.entries(names as Record<string, unknown>);
  return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, name]) => String(name));
}
