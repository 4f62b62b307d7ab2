// SPDX-License-Identifier: Apache-2.0
// Which class of a family learns a task.

import { ArgumentError } from '@nabla/core';

import type { PretrainedClass, PretrainedConfig } from '../pretrained/architecture.ts';
import { architectures } from '../pretrained/architectures.ts';
import { type LearnedTask, taskOf } from '../pretrained/task-classes.ts';

/**
 * The class for a task, of the family that a configuration is of.
 *
 * @throws {ArgumentError} that family has none (code `FINETUNE`)
 */
export function classFor(task: LearnedTask, { model_type: type }: PretrainedConfig): PretrainedClass {
  const able = architectures.filter(({ architecture }) => taskOf(architecture.name) === task);
  const found = able.find(({ architecture }) => architecture.modelType === type);
  if (found !== undefined) return found;
  const types = able.map(({ architecture }) => architecture.modelType).join(', ');
  const expected = `to be of a family that learns ${task}: ${types}`;
  throw new ArgumentError(
    { op: 'finetune', argument: 'the model', expected, received: type ?? 'none named' },
    'FINETUNE',
  );
}
