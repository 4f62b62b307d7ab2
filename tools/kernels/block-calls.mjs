// SPDX-License-Identifier: Apache-2.0
// Calls of every kernel that are as long as one likes: so many blocks that do not see each other, such as rows, images or elements.
// For each kernel the elements that a block has in each buffer, and the numbers of a call of `count` blocks.

import { NETWORK_CALLS } from './network-block-calls.mjs';

const UNARY = ['in out count', 'in out count alpha', 'in out count minimum maximum'];
const BINARY = ['a b out shape a_strides b_strides'];
const ELEMENTS = 16; // of a block where one is as good as many

const suffix = (kernel, from = 'f32') => kernel.match(/_(f32|i32|bool|b32|b8)$/)?.[1] ?? from;

/** Element types of what a function of elements reads and writes. */
function typesOf(kernel) {
  const cast = kernel.match(/^cast_(f32|i32|bool)_(f32|i32|bool)$/);
  if (cast !== null) return [cast[1], cast[2]];
  const from = suffix(kernel);
  if (/^(is_\w+|equal|not_equal|less|less_equal|greater|greater_equal)_/.test(kernel)) return [from, 'bool'];
  return [from, kernel === 'floor_div_f32' ? 'i32' : from];
}

const elements = (kernel) => {
  const [from, to] = typesOf(kernel);
  return {
    reads: { in: [from, ELEMENTS] },
    writes: { out: [to, ELEMENTS] },
    numbers: (count) => ({ count: count * ELEMENTS, alpha: 0.5, minimum: 0.25, maximum: 0.75, activation: 2 }),
  };
};
const pairs = (kernel) => {
  const [from, to] = typesOf(kernel);
  return {
    reads: { a: [from, ELEMENTS] },
    same: { b: 'a' },
    writes: { out: [to, ELEMENTS] },
    numbers: (count) => ({ shape: [count * ELEMENTS], a_strides: [1], b_strides: [1] }),
  };
};
const reduction = (kernel, to = suffix(kernel)) => ({
  reads: { in: [suffix(kernel), 16] },
  writes: { out: [to, 2] },
  numbers: (count) => ({ outer: count, reduce: 8, inner: 2 }),
});
const list = (written, same, numbers = {}) => ({
  listed: [...written, ...Object.keys(same)],
  reads: Object.fromEntries(written.map((name) => [name, ['f32', ELEMENTS]])),
  updates: written,
  same,
  numbers: (count) => ({ lengths: [count * ELEMENTS], ...numbers }),
});
const RATES = {
  decay: 0.1,
  first_rate: 0.1,
  second_decay: 0.9,
  second_rate: 0.1,
  step_size: 0.1,
  second_scale: 1,
  epsilon: 0.1,
};
const gather = (kernel) => ({
  reads: { in: [suffix(kernel), 16], indices: ['index', 2] },
  writes: { out: [suffix(kernel), 16] },
  numbers: (count) => ({ batch: count, outer: 2, length: 2, slice: 4, count: 2 }),
});
const oneHot = (kernel) => ({
  reads: { indices: ['index', 1] },
  writes: { out: [suffix(kernel), 16] },
  numbers: (count) => ({ count, depth: 16, on: 1, off: 0 }),
});
/** The last of `count` rows and the first, and the last twice. */
const ends = (count) => [count - 1, 0];
const lastTwice = (count) => [count - 1, count - 1];

const CALLS = [
  [
    /^add_n_/,
    (kernel) => ({
      listed: ['in'],
      reads: { in: [suffix(kernel), ELEMENTS] },
      writes: { out: [suffix(kernel), ELEMENTS] },
      numbers: (count) => ({ count: count * ELEMENTS, lengths: [count * ELEMENTS] }),
    }),
  ],
  [
    /^global_norm_f32$/,
    () => ({
      listed: ['tensors'],
      reads: { tensors: ['none', ELEMENTS] },
      result: { norm: ['f32', 1] },
      numbers: (count) => ({ lengths: [count * ELEMENTS] }),
    }),
  ],
  [
    /^activation_grad_f32$/,
    () => ({
      ...elements('neg_f32'),
      reads: { saved: ['f32', ELEMENTS] },
      same: { grad_out: 'saved' },
      writes: { grad_in: ['f32', ELEMENTS] },
    }),
  ],
  [/^(activation|dropout)_f32$/, () => elements('neg_f32')],
  [
    /^select_/,
    (kernel) => ({
      reads: { condition: ['bool', ELEMENTS], yes: [suffix(kernel), ELEMENTS] },
      same: { no: 'yes' },
      writes: { out: [suffix(kernel), ELEMENTS] },
      numbers: (count) => ({ rows: count * ELEMENTS, columns: 1 }),
    }),
  ],
  [
    /^fill_/,
    (kernel) => ({
      reads: {},
      writes: { out: [suffix(kernel), ELEMENTS] },
      numbers: (count) => ({ count: count * ELEMENTS, value: 1 }),
    }),
  ],
  [/^(reduce_|arg_)/, (kernel) => reduction(kernel, kernel.startsWith('arg_') ? 'i32' : undefined)],
  [
    /^cumsum_/,
    (kernel) => ({
      reads: { in: [suffix(kernel), 16] },
      writes: { out: [suffix(kernel), 16] },
      numbers: (count) => ({ outer: count, length: 8, inner: 2 }),
    }),
  ],
  [
    /^copy_/,
    (kernel) => ({
      reads: { in: [suffix(kernel), 16] },
      writes: { out: [suffix(kernel), 16] },
      numbers: (count) => ({
        shape: [count, 4, 4],
        in_strides: [16, 1, 4],
        out_strides: [16, 4, 1],
        reversed: [0, 1, 0],
      }),
    }),
  ],
  [
    /^index_copy_b32$/,
    () => ({
      reads: { in: ['f32', 16] },
      shared: { positions: ['index', () => [0]] },
      writes: { out: ['f32', 16] },
      numbers: (count) => ({ shape: [count, 1, 16], in_strides: [16, 16, 1], axis: 1, length: 1 }),
    }),
  ],
  [/^gather_/, gather],
  [/^one_hot_/, oneHot],
  [
    /^segment_sum_f32$/,
    () => ({
      reads: { in: ['f32', 16], segments: ['nowhere', 1] },
      result: { out: ['f32', 32] },
      numbers: (count) => ({ rows: count, slice: 16, groups: 2 }),
    }),
  ],
  [
    /^embedding_f32$/,
    () => ({
      reads: { weight: ['f32', 16] },
      shared: { indices: ['index', ends] },
      result: { out: ['f32', 32] },
      numbers: (count) => ({ count: 2, vocabulary: count, features: 16 }),
    }),
  ],
  [
    /^embedding_grad_f32$/,
    () => ({
      reads: {},
      shared: { grad_out: ['f32', 32], indices: ['index', lastTwice] },
      writes: { grad_weight: ['f32', 16] },
      numbers: (count) => ({ count: 2, vocabulary: count, features: 16 }),
    }),
  ],
  [
    /^adamw_step_f32$/,
    () => list(['parameters', 'first_moments', 'second_moments'], { gradients: 'parameters' }, RATES),
  ],
  [/^sgd_step_f32$/, () => list(['parameters'], { gradients: 'parameters' }, { learning_rate: 0.1 })],
  [
    /^momentum_step_f32$/,
    () =>
      list(
        ['parameters', 'velocities'],
        { gradients: 'parameters' },
        { learning_rate: 0.1, momentum: 0.9, gradient_rate: 1 },
      ),
  ],
  [
    /^optimizer_rule_step_f32$/,
    () =>
      list(
        ['parameters', 'first', 'second'],
        { gradients: 'parameters', third: 'parameters' },
        { beta1: 0.9, beta2: 0.9, step_size: 0.1, scale: 1, epsilon: 0.1 },
      ),
  ],
  [/^clip_by_value_f32$/, () => list(['tensors'], {}, { maximum: 0.4 })],
  [/^clip_by_global_norm_f32$/, () => ({ ...list(['tensors'], {}, { maximum: 0.4 }), shared: { norm: ['f32', 1] } })],
  ...NETWORK_CALLS,
];

/** The call of a kernel by blocks; undefined: nobody has said. */
export function blockCall({ name, arguments: list }) {
  const row = CALLS.find(([pattern]) => pattern.test(name));
  if (row !== undefined) return row[1](name);
  const names = list.map((argument) => argument.name).join(' ');
  if (UNARY.includes(names)) return elements(name);
  return BINARY.includes(names) ? pairs(name) : undefined;
}
