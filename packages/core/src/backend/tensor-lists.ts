// SPDX-License-Identifier: Apache-2.0
// Kernels that take lists of tensors: tfjs hands them over as one array.

import { sizeOf } from '../shape.ts';
import type { TensorInfo } from '../tf.ts';
import type { Handle } from './addon.ts';
import type { NativeBackend } from './native-backend.ts';

/** Takes one array of inputs apart into `count` lists of equal length. */
export function splitLists(inputs: readonly TensorInfo[], count: number): (readonly TensorInfo[])[] {
  const length = inputs.length / count;
  return Array.from({ length: count }, (_, i) => inputs.slice(i * length, (i + 1) * length));
}

/** The numbers that a call's parameters take in the argument area beside those of its tensors, at most. */
const PARAMETERS = 64;

/**
 * Calls `run` with the native buffers of lists of equal length, side by side, and with the lengths of the tensors of the
 * first; again and again, where the lists do not fit the argument area at once.
 */
export function runOnLists(
  backend: NativeBackend,
  lists: readonly (readonly TensorInfo[])[],
  run: (buffers: readonly (readonly Handle[])[], lengths: readonly number[], start: number) => void,
): void {
  const [first] = lists;
  const tensors = Math.floor((backend.argumentCount - PARAMETERS) / (lists.length + 1)); // a handle for each, and a length
  for (let start = 0; start < first.length; start += tensors) {
    const parts = lists.map((list) => list.slice(start, start + tensors));
    const buffers = parts.map((part) => part.map((tensor) => backend.buffer(tensor)));
    run(
      buffers,
      parts[0].map(({ shape }) => sizeOf(shape)),
      start,
    );
  }
}
