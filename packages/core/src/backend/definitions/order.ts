// SPDX-License-Identifier: Apache-2.0
// Definitions of the kernels that find positions in an order: sorted, and of the largest element so far. Device cpu runs them too.

import type { KernelConfig, TensorInfo, TypedArray } from '../../tf.ts';
import { definition } from '../kernel.ts';

// Up to this many elements, insertion beats three passes over 2048 counters.
const SHORT = 48;

const DIGIT = 11; // bits that one pass sorts by

/** Whole numbers from 0 in the order of the values: -infinity first, -0 like 0, NaN last. */
function sortableKeys(values: TypedArray, isFloat: boolean): Uint32Array {
  const keys = new Uint32Array(isFloat ? Float32Array.from(values).buffer : Int32Array.from(values).buffer);
  for (let i = 0; i < keys.length; i++) {
    const bits = keys[i];
    if (!isFloat) keys[i] = bits ^ 0x80000000;
    else if ((bits & 0x7fffffff) > 0x7f800000)
      keys[i] = 0xffffffff; // NaN of any sign
    else if (bits >>> 31 === 0 || bits === 0x80000000)
      keys[i] = bits | 0x80000000; // 0 of either sign, and above
    else keys[i] = ~bits;
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
  const mask = (1 << DIGIT) - 1;
  let [from, to]: [Int32Array, Int32Array] = [order, new Int32Array(order.length)];
  for (let shift = 0; shift < 32; shift += DIGIT) {
    const starts = new Int32Array(mask + 2);
    for (let i = 0; i < keys.length; i++) starts[((keys[i] >>> shift) & mask) + 1]++;
    for (let digit = 1; digit < starts.length; digit++) starts[digit] += starts[digit - 1];
    for (let i = 0; i < from.length; i++) {
      const position = from[i];
      to[starts[(keys[position] >>> shift) & mask]++] = position;
    }
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
    if (descending) for (let i = 0; i < keys.length; i++) keys[i] = ~keys[i];
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
