// SPDX-License-Identifier: Apache-2.0
// Heads that classify: how many labels there are, and what a prediction costs.

import { type Tensor, cast, reshape } from '@nabla/core';
import { binaryCrossEntropyWithLogits, crossEntropy, mseLoss } from '@nabla/layers';
import { z } from 'zod';

import { IGNORED } from '../generation/causal-model.ts';

/** The most labels that a number alone may ask for: a head is made of it before a checkpoint has confirmed it. */
const MOST_LABELS = 2 ** 17;

const problemType = z.enum(['regression', 'single_label_classification', 'multi_label_classification']);

/** What config.json says of a classifier's labels, with transformers' defaults. */
export const labelFields = {
  id2label: z.record(z.string(), z.string()).nullish(),
  label2id: z.record(z.string(), z.int()).nullish(),
  num_labels: z.int().min(1).max(MOST_LABELS).nullish(),
  problem_type: problemType.nullish(),
};

/** {@link labelFields} of a configuration. */
export interface LabelsConfig {
  readonly id2label?: Readonly<Record<string, string>> | null | undefined;
  readonly num_labels?: number | null | undefined;
  readonly problem_type?: z.infer<typeof problemType> | null | undefined;
}

/** How many labels there are: as many as have names, else `num_labels`, else 2. */
export function labelCount({ num_labels, id2label }: LabelsConfig): number {
  const named = Object.keys(id2label ?? {}).length;
  return named > 0 ? named : (num_labels ?? 2);
}

/** The names of all labels by id; `LABEL_7` where the configuration has none. */
export function labelNames(config: LabelsConfig): string[] {
  return Array.from({ length: labelCount(config) }, (_, id) => config.id2label?.[id] ?? `LABEL_${id}`);
}

/**
 * The fields of a config.json with changes. A new number of labels takes the names of the old ones away, which would count instead.
 *
 * @param fields   as the file has them
 * @param changes  what is to be different
 */
export function withChanges<Fields extends object>(fields: Fields, changes: Readonly<Record<string, unknown>>): Fields {
  const isRenumbered = Object.hasOwn(changes, 'num_labels') && !Object.hasOwn(changes, 'id2label');
  return { ...fields, ...(isRenumbered && { id2label: undefined, label2id: undefined }), ...changes };
}

/**
 * What predictions cost, by `problem_type`: mean squared error, cross entropy, or binary cross entropy of each label. Where it is not
 * set: mean squared error for one label, cross entropy for int32 labels, else binary cross entropy, as in transformers.
 *
 * @param logits  `[batch, labels]`
 * @param targets int32 `[batch]` for one label out of several (-100 does not count); `[batch, labels]` for each label by itself, or for
 *                as many numbers; `[batch]` or `[batch, 1]` for one number
 * @returns       a scalar
 * @throws {ShapeError} the targets do not match the logits
 */
export function classificationLoss(logits: Tensor, targets: Tensor, config: LabelsConfig): Tensor {
  const several = targets.dtype === 'int32' ? 'single_label_classification' : 'multi_label_classification';
  const problem = config.problem_type ?? (labelCount(config) === 1 ? 'regression' : several);
  if (problem === 'single_label_classification') return crossEntropy(logits, targets, { ignoreIndex: IGNORED });
  const numbers = cast(targets, 'float32');
  if (problem === 'multi_label_classification') return binaryCrossEntropyWithLogits(logits, numbers);
  const isVector = targets.shape.length === 1 && logits.shape.at(-1) === 1; // [batch, 1] and [batch] are the same numbers
  return mseLoss(isVector ? reshape(logits, [-1]) : logits, numbers);
}
