// SPDX-License-Identifier: Apache-2.0
// What a network says of the classes of texts that are tokens: how well it does on many, and its answer to one.

import { type Tensor, reshape, scope, softmax } from '@nabla/core';
import type { Dataset } from '@nabla/data';
import { crossEntropy } from '@nabla/layers';

import { type TokenBatch, type TokenExample, collateTokens, evaluationOptions } from '../finetune/batches.ts';
import { Accuracy } from '../metrics/accuracy.ts';
import { meanMetrics } from '../training/evaluation.ts';
import type { Metrics } from '../training/events.ts';
import type { Prediction } from '../training/recipe.ts';
import { rankClasses } from './rank-classes.ts';

const EVALUATION_BATCH = 64;

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
