// SPDX-License-Identifier: Apache-2.0
// Texts as rows of tokens, filled up to the longest of a batch.

import { type Tensor, tensor2d } from '@nabla/core';

import { IGNORED } from '../generation/causal-model.ts';
import type { EvaluationOptions } from '../training/evaluation.ts';

/** A text as tokens, and what is to be learned of it. */
export interface TokenExample {
  readonly ids: readonly number[];
  /** Which of two texts a token is of, for models that ask. */
  readonly typeIds?: readonly number[] | undefined;
  /** One label, or one for each token. */
  readonly labels: readonly number[];
}

/** A batch of texts. */
export interface TokenBatch {
  readonly tokens: Tensor; // int32 [batch, time]
  readonly attentionMask: Tensor; // int32 [batch, time]: 1 for a token, 0 for padding
  readonly tokenTypeIds?: Tensor; // int32 [batch, time]
  readonly labels: Tensor; // int32 [batch, labels]
  /** How many labels there are, those that fill up not counted. */
  readonly labelCount: number;
}

/** Puts texts into a batch; `padding` fills up tokens, -100 labels. */
export function collateTokens(examples: readonly TokenExample[], padding: number): TokenBatch {
  const rows = (read: (example: TokenExample) => readonly number[], fill: number): Tensor => {
    const lists = examples.map(read);
    const length = Math.max(1, ...lists.map((list) => list.length));
    const values = new Int32Array(lists.length * length).fill(fill);
    for (const [row, list] of lists.entries()) values.set(list, row * length);
    return tensor2d(values, [lists.length, length], 'int32');
  };
  const hasTypes = examples.some(({ typeIds }) => typeIds !== undefined);
  return {
    tokens: rows(({ ids }) => ids, padding),
    attentionMask: rows(({ ids }) => ids.map(() => 1), 0),
    labels: rows(({ labels }) => labels, IGNORED),
    labelCount: examples.reduce((count, { labels }) => count + labels.length, 0),
    ...(hasTypes && { tokenTypeIds: rows(({ typeIds = [] }) => typeIds, 0) }),
  };
}

/** How held-out texts are looked at: at most `count` of them, `batchSize` at once. */
export function evaluationOptions(
  batchSize: number,
  padding: number,
  count: number,
): EvaluationOptions<TokenExample, TokenBatch> {
  return { batchSize, count, collate: (examples) => collateTokens(examples, padding) };
}
