// SPDX-License-Identifier: Apache-2.0
// What `npm run huge` tries by itself: sums over all of a buffer, more than 2^31 elements, rows that are found behind them.

import assert from 'node:assert/strict';

import { callKernel } from './native.mjs';

const MANY_BYTES = 2 ** 31 + 9; // elements of one byte
const MANY_FLOATS = 2 ** 29 + 9; // elements of four

/** Runs `body` with a function that makes buffers, all of which end with it. */
function withBuffers(addon, body) {
  const handles = [];
  try {
    body((bytes) => {
      handles.push(addon.allocate(bytes));
      return handles.at(-1);
    });
  } finally {
    for (const handle of handles) addon.release(handle);
    addon.trim();
  }
}

/** Reads and writes single elements of buffers, by the kernels that copy. */
function elements(addon, Type) {
  const bytes = Type.BYTES_PER_ELEMENT;
  const copy = (from, to, in_offset, out_offset) =>
    callKernel(addon, bytes === 1 ? 'copy_b8' : 'copy_b32', {
      ...{ in: from, out: to, in_offset, out_offset },
      ...{ shape: [1], in_strides: [1], out_strides: [1], reversed: [0] },
    });
  const one = addon.allocate(bytes);
  return {
    get(handle, index) {
      const value = new Type(1);
      copy(handle, one, index, 0);
      addon.read(one, value);
      return value[0];
    },
    set(handle, index, value) {
      addon.write(one, Type.of(value));
      copy(one, handle, 0, index);
    },
    end: () => addon.release(one),
  };
}

/** By title: functions of the addon that throw where something is wrong. */
export const CASES = {
  'random numbers behind 2^31 bytes': (addon) =>
    withBuffers(addon, (buffer) => {
      const floats = elements(addon, Float32Array);
      const [out, part] = [buffer(4 * MANY_FLOATS), buffer(32)];
      for (const name of ['random_uniform_f32', 'random_normal_f32']) {
        const range = { seed: 1, low: 0, high: 1, mean: 0, standard_deviation: 1 };
        callKernel(addon, name, { out, count: MANY_FLOATS, offset: 0, ...range });
        // the last 8, whole blocks of 4, as drawn by themselves
        const first = MANY_FLOATS - (MANY_FLOATS % 4) - 8;
        callKernel(addon, name, { out: part, count: 8, offset: first / 4, ...range });
        for (let i = 0; i < 8; i++) assert.equal(floats.get(out, first + i), floats.get(part, i), name);
      }
      floats.end();
    }),
  'a function of 2^31 + 9 elements': (addon) =>
    withBuffers(addon, (buffer) => {
      const bytes = elements(addon, Uint8Array);
      const [x, out] = [buffer(MANY_BYTES), buffer(MANY_BYTES)];
      callKernel(addon, 'fill_bool', { out: x, count: MANY_BYTES, value: 1 });
      for (const index of [0, 2 ** 31, MANY_BYTES - 1]) bytes.set(x, index, 0);
      callKernel(addon, 'logical_not_bool', { in: x, out, count: MANY_BYTES });
      const places = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, MANY_BYTES - 2, MANY_BYTES - 1];
      assert.deepEqual(
        places.map((index) => bytes.get(out, index)),
        [1, 0, 0, 1, 0, 0, 1],
      );
      bytes.end();
    }),
  'sums and maxima of 2^29 + 9 float32': (addon) =>
    withBuffers(addon, (buffer) => {
      const floats = elements(addon, Float32Array);
      const integers = elements(addon, Int32Array);
      const [x, out] = [buffer(4 * MANY_FLOATS), buffer(4)];
      const sizes = { in: x, out, outer: 1, reduce: MANY_FLOATS, inner: 1 };
      callKernel(addon, 'fill_f32', { out: x, count: MANY_FLOATS, value: 1 });
      callKernel(addon, 'reduce_sum_f32', sizes);
      assert.equal(floats.get(out, 0), Math.fround(MANY_FLOATS));
      floats.set(x, MANY_FLOATS - 1, 7);
      callKernel(addon, 'reduce_max_f32', sizes);
      assert.equal(floats.get(out, 0), 7);
      callKernel(addon, 'arg_max_f32', sizes);
      assert.equal(integers.get(out, 0), MANY_FLOATS - 1);
      floats.end();
      integers.end();
    }),
  'a product with a matrix of 2^23 + 3 rows of 65': (addon) =>
    withBuffers(addon, (buffer) => {
      const floats = elements(addon, Float32Array);
      const [m, n, k] = [2 ** 23 + 3, 3, 65];
      const [a, b, c] = [buffer(4 * m * k), buffer(4 * k * n), buffer(4 * m * n)];
      callKernel(addon, 'fill_f32', { out: a, count: m * k, value: 0.5 });
      callKernel(addon, 'fill_f32', { out: b, count: k * n, value: 2 });
      floats.set(a, m * k - 1, 10);
      callKernel(addon, 'matmul_f32', { a, b, c, batch: 1, m, n, k, row_a: k, row_b: n, row_c: n });
      const places = [0, (m - 1) * n - 1, (m - 1) * n, m * n - 1];
      assert.deepEqual(
        places.map((index) => floats.get(c, index)),
        [65, 65, 84, 84],
      );
      floats.end();
    }),
  'a gather from 2^24 + 5 rows of 129 elements': (addon) =>
    withBuffers(addon, (buffer) => {
      const bytes = elements(addon, Uint8Array);
      const [length, slice] = [2 ** 24 + 5, 129];
      const [x, indices, out] = [buffer(length * slice), buffer(8), buffer(2 * slice)];
      callKernel(addon, 'fill_bool', { out: x, count: length * slice, value: 0 });
      bytes.set(x, length * slice - 1, 5);
      addon.write(indices, Int32Array.of(length - 1, 0));
      callKernel(addon, 'gather_b8', { in: x, indices, out, batch: 1, outer: 1, length, slice, count: 2 });
      assert.deepEqual(
        [slice - 2, slice - 1, 2 * slice - 1].map((index) => bytes.get(out, index)),
        [0, 5, 0],
      );
      bytes.end();
    }),
};
