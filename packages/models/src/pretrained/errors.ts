// SPDX-License-Identifier: Apache-2.0
// How a folder of a published model is refused: naming the file, and what in it.

import { ArgumentError } from '@nabla/core';

/** What is wrong, and where. */
export interface PretrainedDefect {
  readonly file: string;
  /** A field of a JSON file, or the name of a tensor. */
  readonly field?: string;
  readonly expected: string;
  readonly received: string;
  readonly hint?: string | undefined;
}

/** The error of a folder that is not what a published model's is (code `PRETRAINED`). */
export function pretrainedError(defect: PretrainedDefect, cause?: unknown): ArgumentError {
  const { file, field } = defect;
  const argument = field === undefined ? `"${file}"` : `"${field}" of "${file}"`;
  const options = cause === undefined ? {} : { cause };
  return new ArgumentError({ op: 'fromPretrained', argument, ...defect }, 'PRETRAINED', options);
}
