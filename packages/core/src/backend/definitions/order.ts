// SPDX-License-Identifier: Apache-2.0
// Definitions of the kernels that find positions in an order: sorted, and of the largest element so far. Device cpu runs them too.

import type { KernelConfig, TensorInfo, TypedArray } from '../../tf.ts';
import { definition } from '../kernel.ts';

// Up to this many elements, insertion beats three passes over 2048 counters.
const SHORT = 48;

const DIGIT = 11; // bits that one pass sorts by

/** Whole numbers from 0 in the order of the values: -infinity first, -0 like 0, NaN last. */
function sortableKeys(values: TypedArray, isFloat: boolean): Uint32Array {
  const floats = Float32Array.from(values, (value) => (value === 0 ? 0 : value)); // -0 becomes 0
  const keys = new Uint32Array(isFloat ? floats.buffer : Int32Array.from(values).buffer);
  for (let i = 0; i < keys.length; i++) {
    if (!isFloat) keys[i] ^= 0x80000000;
    else if (Number.isNaN(values[i])) keys[i] = 0xffffffff;
    else keys[i] = keys[i] >>> 31 === 1 ? ~keys[i] : keys[i] | 0x80000000;
  }
  return keys;
}

/** Insertion: shifts what is larger. */
function sortShort(keys: Uint32Array, order: Int32Array): void {
  for (let i = 1; i < order.length; i++) {
    const position = order[i];
    let j = i;
    for (; j > 0 && keys[order[j - 1]] > keys[position]; j--) order[j] = order[j - 1];
    order[j] = position;
  }
}

/** By the lowest digit first, each time without changing the order of equal digits. */
function sortLong(keys: Uint32Array, order: Int32Array): void {
  let [from, to]: [Int32Array, Int32Array] = [order, new Int32Array(order.length)];
  for (let shift = 0; shift < 32; shift += DIGIT) {
    const starts = new Int32Array((1 << DIGIT) + 1);
    const digit = (position: number): number => (keys[position] >>> shift) & ((1 << DIGIT) - 1);
    for (const position of from) starts[digit(position) + 1]++;
    for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
    for (const position of from) to[starts[digit(position)]++] = position;
    [from, to] = [to, from];
  }
  order.set(from);
}

/** `x [...batch, length]` → int32 positions that sort the last axis; equal elements keep their order. */
const argSort = definition<{ x: TensorInfo }, { readonly descending: boolean }>(
  'NablaArgSort',
  ({ x }, { descending }, backend) => {
    const columns = x.shape[x.shape.length - 1];
    const keys = sortableKeys(backend.values(x), x.dtype === 'float32');
    if (descending) keys.forEach((key, i) => (keys[i] = ~key));
    const out = new Int32Array(keys.length);
    for (let start = 0; start < out.length; start += columns) {
      const row = keys.subarray(start, start + columns);
      const order = out.subarray(start, start + columns);
      for (let i = 0; i < columns; i++) order[i] = i;
      (columns <= SHORT ? sortShort : sortLong)(row, order);
    }
    return backend.make(x.shape, 'int32', out);
  },
);

/** `x [...batch, length]` → int32 positions of the largest element up to each; the last of equal ones, and a NaN stays. */
const argCumulativeMax = definition<{ x: TensorInfo }, object>('NablaArgCumulativeMax', ({ x }, _, backend) => {
  const columns = x.shape[x.shape.length - 1];
  const values = backend.values(x);
  const out = new Int32Array(values.length);
  for (let start = 0; start < out.length; start += columns) {
    let best = 0;
    for (let i = 0; i < columns; i++) {
      const [value, largest] = [values[start + i], values[start + best]];
      if (value >= largest || Number.isNaN(value)) best = i;
      out[start + i] = best;
    }
  }
  return backend.make(x.shape, 'int32', out);
});

export const orderDefinitions: readonly KernelConfig[] = [argSort, argCumulativeMax];
