// SPDX-License-Identifier: Apache-2.0
// How a file of PyTorch is refused: naming the file, and what in it.

import { ArgumentError } from '../errors.ts';
import { type Defect, describeDefect } from '../safetensors/format.ts';

/** The error of a file that is not what torch.save makes of tensors (code `PICKLE`). */
export function pickleError(defect: Defect, cause?: unknown): ArgumentError {
  const options = cause === undefined ? {} : { cause };
  return new ArgumentError(describeDefect('readPyTorch', defect), 'PICKLE', options);
}
