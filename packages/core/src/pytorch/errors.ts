// SPDX-License-Identifier: Apache-2.0
// How a file of PyTorch is refused: naming the file, and what in it.

import { ArgumentError } from '../errors.ts';

/** What is wrong with a file, or with one tensor in it. */
export interface PyTorchDefect {
  readonly file: string;
  readonly tensor?: string;
  readonly expected: string;
  readonly received: string;
  readonly hint?: string;
}

const DAMAGED = 'The file is damaged or incomplete: fetch or save it again.';

/** The error of a file that is not what torch.save makes of tensors (code `PICKLE`). */
export function pickleError(defect: PyTorchDefect, cause?: unknown): ArgumentError {
  const { file, tensor, hint = DAMAGED } = defect;
  const argument = tensor === undefined ? `"${file}"` : `tensor "${tensor}" of "${file}"`;
  const options = cause === undefined ? {} : { cause };
  return new ArgumentError({ op: 'readPyTorch', argument, ...defect, hint }, 'PICKLE', options);
}
