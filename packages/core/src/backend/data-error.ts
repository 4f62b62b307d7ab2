// SPDX-License-Identifier: Apache-2.0
// The error of a kernel that meets a number it cannot use, such as an index out of range: the same on every device.

import { ArgumentError } from '../errors.ts';

/**
 * An ArgumentError of code `DATA`.
 *
 * @param received  the number and where it stands: `12 in row 3`
 */
export function dataError(
  op: string,
  argument: string,
  expected: string,
  received: string,
  cause?: unknown,
): ArgumentError {
  return new ArgumentError({ op, argument, expected, received }, 'DATA', { cause });
}

// What native kernels give to `fail` (kernels/contract.h): op: expected argument …, received ….
const COMPLAINT = /^(\S+): expected (\S+) (.+), received (.+)$/;

/** The {@link dataError} that a native kernel has worded; undefined when its text has another form. */
export function parseDataError(message: string, cause: unknown): ArgumentError | undefined {
  const [, op, argument, expected, received] = COMPLAINT.exec(message) ?? [];
  return op === undefined ? undefined : dataError(op, argument, expected, received, cause);
}
