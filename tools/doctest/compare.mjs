// SPDX-License-Identifier: Apache-2.0
// Compares what an example gave with what its last comment states.

import { types } from 'node:util';

const TOLERANCE = 1e-4;

/** Tensors and typed arrays as nested plain arrays; everything else as it is. */
export function plain(value) {
  if (types.isTypedArray(value)) return Array.from(value);
  if (typeof value?.arraySync === 'function') return value.arraySync();
  return value;
}

/** A value as one line for a person. */
export function show(value) {
  const words = (key, item) => (typeof item === 'number' && !Number.isFinite(item) ? String(item) : plain(item));
  return JSON.stringify(plain(value), words) ?? String(value);
}

/** Whether a value is the stated one: numbers within 1e-4 (relative above 1), objects in the fields that are stated. */
export function isAsStated(actual, stated) {
  const value = plain(actual);
  if (typeof stated === 'boolean' && typeof value === 'number') return value === Number(stated); // tensors of dtype bool
  if (typeof stated === 'number' && typeof value === 'number') {
    return Object.is(value, stated) || Math.abs(value - stated) <= TOLERANCE * Math.max(1, Math.abs(stated));
  }
  if (Array.isArray(stated)) {
    return (
      Array.isArray(value) && value.length === stated.length && stated.every((item, i) => isAsStated(value[i], item))
    );
  }
  if (typeof stated === 'object' && stated !== null) {
    if (typeof value !== 'object' || value === null) return false;
    return Object.keys(stated).every((key) => isAsStated(value[key], stated[key]));
  }
  return Object.is(value, stated);
}
