// SPDX-License-Identifier: Apache-2.0
// Compares a tensor with expected values and says in full what differs: shape, element type, device, elements.

import { type Tensor, formatShape } from '@nabla/core';
import { describeDifferences, differences } from './compare.ts';
import { activeDevice } from './devices.ts';
import { type Expected, type ExpectedValues, type TensorValues, readExpected, readTensor } from './tensor-values.ts';
import { type Tolerance, tolerance } from './tolerances.ts';

/** Whether they agree, and a sentence that says so or lists what differs. */
export interface Comparison {
  readonly agree: boolean;
  readonly message: string;
}

/** Compares shape, element type (where `expected` has them) and every number within `limit`. */
export function compareTensors(received: Tensor, expected: Expected, limit: Tolerance): Comparison {
  const actual = readTensor(received);
  const wanted = readExpected(expected);
  const device = `device ${activeDevice()}`;
  const mismatch = describeMismatch(actual, wanted);
  if (mismatch !== undefined) return { agree: false, message: `${mismatch} (${device})` };
  const found = differences(actual.values, wanted.values, limit);
  const { length } = wanted.values;
  const what = `${actual.dtype} ${formatShape(actual.shape)}, ${device}, ${describeTolerance(limit)}`;
  if (found.length === 0) return { agree: true, message: `all ${length} elements agree: ${what}` };
  const table = describeDifferences(found, actual.shape);
  return { agree: false, message: `${found.length} of ${length} elements differ: ${what}\n${table}` };
}

/**
 * Throws unless the tensors agree; for suites that compare many tensors in one test.
 *
 * @param label  what is compared, the first words of the message
 */
export function assertClose(
  label: string,
  received: Tensor,
  expected: Expected,
  limit: Tolerance = tolerance('elementwise'),
): void {
  const { agree, message } = compareTensors(received, expected, limit);
  if (!agree) throw new Error(`${label}: ${message}`);
}

/** What differs before any number is compared. */
function describeMismatch(actual: TensorValues, wanted: ExpectedValues): string | undefined {
  if (wanted.shape !== undefined && formatShape(wanted.shape) !== formatShape(actual.shape)) {
    return `expected shape ${formatShape(wanted.shape)}, received ${formatShape(actual.shape)}`;
  }
  if (wanted.dtype !== undefined && wanted.dtype !== actual.dtype) {
    return `expected dtype ${wanted.dtype}, received ${actual.dtype}`;
  }
  if (wanted.values.length !== actual.values.length) {
    return `expected ${wanted.values.length} elements, received ${actual.values.length}`;
  }
  return undefined;
}

function describeTolerance({ absolute, relative }: Tolerance): string {
  if (absolute === 0 && relative === 0) return 'exact';
  return `tolerance ${absolute.toExponential(2)} + ${relative.toExponential(2)} × |expected|`;
}
