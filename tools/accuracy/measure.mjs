// SPDX-License-Identifier: Apache-2.0
// Measures the largest error of every row of elementwise.mjs and sums.mjs on every CPU target.

import { BINARY, SLOPES, UNARY } from './elementwise.mjs';
import { runKernel } from '../kernels/native.mjs';
import { SUMS } from './sums.mjs';

const COUNT = 40_000;
const SMALLEST = 1e-40; // a denormal number
const SEED = 1;

/** Numbers in [0, 1), always the same ones (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Half of them spread evenly, half over the magnitudes that the range has. */
function inputs(random, [low, high]) {
  const clip = (x) => Math.min(Math.max(Math.fround(x), low), high);
  return Float32Array.from({ length: COUNT }, (_, i) => {
    if (i % 2 === 0) return clip(low + (high - low) * random());
    const end = random() < 0.5 && low < 0 ? low : high;
    return clip(Math.sign(end) * Math.exp(Math.log(SMALLEST) + random() * Math.log(Math.abs(end) / SMALLEST)));
  });
}

/** The distance from a number to the next float32. */
const spacing = (x) => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -126) - 23);

/** The largest |received - expected| in units; infinite where one of the two is no finite float32 and the other is. */
function largestError(received, expected, unit) {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const rounded = Math.fround(expected[i]);
    if (Object.is(received[i], rounded) || received[i] === rounded) {
      // Rounded correctly: at most half a unit off, which only matters where nothing is worse.
      if (Number.isFinite(rounded)) largest = Math.max(largest, Math.abs(received[i] - expected[i]) / unit(i));
      continue;
    }
    const error = Math.abs(received[i] - expected[i]) / unit(i);
    largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
  }
  return largest;
}

function onTargets(addon, name, values, out, expected, unit) {
  const before = addon.target();
  const errors = addon.targets().map((target) => {
    addon.setTarget(target);
    return largestError(runKernel(addon, name, values)[out], expected, unit);
  });
  addon.setTarget(before);
  return errors;
}

function elements(addon, kernel, label, range, values, out, expected) {
  const errors = onTargets(addon, kernel, values, out, expected, (i) => spacing(expected[i]));
  return { kind: 'elements', name: kernel, kernel: label, inputs: range, errors };
}

const text = ([low, high]) => `${low} to ${high}`;

/** A row for each kernel and variant: kind, name, kernel (as shown), inputs (in words), errors (of each target). */
export function measureAll(addon) {
  const random = generator(SEED);
  const size = { out: COUNT };
  const rows = [];
  for (const [kernel, range, f, parameters = {}, variant] of UNARY) {
    const x = inputs(random, range);
    const label = variant === undefined ? kernel : `${kernel} ${variant}`;
    const values = { in: x, out: size, count: COUNT, ...parameters };
    rows.push(elements(addon, kernel, label, text(range), values, 'out', Array.from(x, f)));
  }
  for (const [kernel, range, f, parameters, variant] of SLOPES) {
    const saved = inputs(random, range);
    const values = { grad_out: new Float32Array(COUNT).fill(1), saved, grad_in: size, count: COUNT, ...parameters };
    rows.push(elements(addon, kernel, `${kernel} ${variant}`, text(range), values, 'grad_in', Array.from(saved, f)));
  }
  for (const [kernel, rangeA, rangeB, f] of BINARY) {
    const [a, b] = [inputs(random, rangeA), inputs(random, rangeB)];
    const values = { a, b, out: size, shape: [COUNT], a_strides: [1], b_strides: [1] };
    const expected = Array.from(a, (value, i) => f(value, b[i]));
    rows.push(elements(addon, kernel, kernel, `${text(rangeA)}, ${text(rangeB)}`, values, 'out', expected));
  }
  const draw = (count) => Float32Array.from({ length: count }, () => 2 * random() - 1);
  for (const [kernel, words, make] of SUMS) {
    const { values, out, expected } = make(draw);
    const unit = (i) => expected[i][1] * 2 ** -23;
    const errors = onTargets(
      addon,
      kernel,
      values,
      out,
      expected.map(([value]) => value),
      unit,
    );
    rows.push({ kind: 'sums', name: kernel, kernel, inputs: words, errors });
  }
  return rows;
}
