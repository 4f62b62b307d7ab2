// SPDX-License-Identifier: Apache-2.0
// The same numbers in every language: inputs by a formula of position and seed, and the fingerprint of a result.

// peers/inputs.py and peers/inputs.h hold the same formulas. All steps are exact, so all programs compute with the same bits.

/** 32 well mixed bits of a position and a seed. */
function mix(position, seed) {
  let bits = (Math.imul(position + 1, 0x9e3779b1) + Math.imul(seed, 0x85ebca6b)) | 0;
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return (bits ^ (bits >>> 12)) >>> 0;
}

/** `size` numbers, uniform in [-scale / 2, scale / 2) around `offset`. */
export function fill(size, seed, { scale = 1, offset = 0 } = {}) {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = ((mix(i, seed) >>> 8) / 2 ** 24 - 0.5) * scale + offset;
  return values;
}

/** `size` integers from 0 to `bound` - 1. */
export function fillIntegers(size, seed, bound) {
  const values = new Int32Array(size);
  for (let i = 0; i < size; i++) values[i] = (mix(i, seed) >>> 8) % bound;
  return values;
}

/** What stands for a result: its norm, and its product with weights that differ at every position. */
export function fingerprint(values) {
  let [squares, probe] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    squares += values[i] * values[i];
    probe += values[i] * ((mix(i, 0) >>> 8) / 2 ** 24 - 0.5);
  }
  return { norm: Math.sqrt(squares), probe };
}

const TOLERANCE = 1e-4;

/** In words what differs between two sets of fingerprints by name; undefined where they agree to 1e-4 of the norm. */
export function difference(ours, theirs) {
  for (const [name, { norm, probe }] of Object.entries(ours)) {
    const other = theirs[name];
    if (other === undefined) return `${name} is missing`;
    const distance = Math.max(Math.abs(norm - other.norm), Math.abs(probe - other.probe));
    if (!(distance <= TOLERANCE * Math.abs(norm))) {
      return `${name}: norm ${norm} and probe ${probe} against ${other.norm} and ${other.probe}`;
    }
  }
  return undefined;
}
