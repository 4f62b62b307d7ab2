// SPDX-License-Identifier: Apache-2.0
// Right calls of the kernels of elements, lists of tensors, reductions and data movement.

import { type KernelCall, type Rows, elements as f, outOfRange } from './call.ts';

const pair = f(3);
const tensors = [f(3), f(2)];
const lengths = [3, 2];

const unary = (from: number, to: number): KernelCall => ({
  reads: { in: 3 * from },
  writes: { out: 3 * to },
  sizes: { count: 3 },
  inPlace: from === to ? [['out', 'in']] : [],
});
const binary = (from: number, to: number): KernelCall => ({
  reads: { a: 6 * from, b: 3 * from },
  writes: { out: 6 * to },
  sizes: { shape: [2, 3], a_strides: [3, 1], b_strides: [0, 1] },
  inPlace: from === to ? [['out', 'a']] : [],
});
const fill = (bytes: number): KernelCall => ({
  reads: {},
  writes: { out: 3 * bytes },
  sizes: { count: 3 },
  others: { value: 1 },
});
const select = (bytes: number): KernelCall => ({
  reads: { condition: 2, yes: 6 * bytes, no: 6 * bytes },
  writes: { out: 6 * bytes },
  sizes: { rows: 2, columns: 3 },
  inPlace: [
    ['out', 'yes'],
    ['out', 'no'],
  ],
});
const reduce = (from: number, to: number): KernelCall => ({
  reads: { in: 24 * from },
  writes: { out: 8 * to },
  sizes: { outer: 2, reduce: 3, inner: 4 },
});
const copy = (bytes: number): KernelCall => ({
  reads: { in: 7 * bytes },
  writes: { out: 8 * bytes },
  sizes: { shape: [2, 3], in_strides: [3, 1], out_strides: [1, 2], reversed: [1, 1], in_offset: 1, out_offset: 2 },
});
const gather = (bytes: number): KernelCall => ({
  reads: { in: 120 * bytes, indices: f(12) },
  writes: { out: 180 * bytes },
  sizes: { batch: 2, outer: 3, length: 4, slice: 5, count: 6 },
  noIndex: { indices: outOfRange(4) },
});
const oneHot = (bytes: number): KernelCall => ({
  reads: { indices: f(4) },
  writes: { out: 12 * bytes },
  sizes: { count: 4, depth: 3 },
  others: { on: 1, off: 0 },
});
const list = (written: readonly string[], others: KernelCall['others'] = {}): KernelCall => ({
  reads: { gradients: tensors },
  writes: Object.fromEntries(written.map((name) => [name, tensors])),
  sizes: { lengths },
  others,
  inPlace: [['parameters', 'gradients']],
});
const random: KernelCall = { reads: {}, writes: { out: f(3) }, sizes: { count: 3 }, others: { seed: 1, offset: 0 } };
export const elementCalls: Rows = [
  [/^activation_f32$/, { ...unary(4, 4), others: { activation: 1 } }],
  [
    /^activation_grad_f32$/,
    {
      reads: { grad_out: pair, saved: pair },
      writes: { grad_in: pair },
      sizes: { count: 3 },
      others: { activation: 1 },
      inPlace: [['grad_in', 'grad_out']],
    },
  ],
  [/^dropout_f32$/, { ...unary(4, 4), others: { seed: 1, offset: 0 } }],
  [
    /^embedding_f32$/,
    {
      reads: { weight: f(15), indices: f(4) },
      writes: { out: f(12) },
      sizes: { count: 4, vocabulary: 5, features: 3 },
      noIndex: { indices: outOfRange(5) },
    },
  ],
  [
    /^embedding_grad_f32$/,
    {
      reads: { grad_out: f(12), indices: f(4) },
      writes: { grad_weight: f(15) },
      sizes: { count: 4, vocabulary: 5, features: 3 },
      noIndex: { indices: outOfRange(5) },
    },
  ],
  [/^(is_(finite|inf|nan)_f32|cast_(f32|i32)_bool)$/, unary(4, 1)],
  [/^cast_bool_(f32|i32)$/, unary(1, 4)],
  [/^logical_not_bool$/, unary(1, 1)],
  [/^(equal|not_equal|less|less_equal|greater|greater_equal)_(f32|i32)$/, binary(4, 1)],
  [/^logical_(and|or)_bool$/, binary(1, 1)],
  [/^select_(f32|i32)$/, select(4)],
  [/^select_bool$/, select(1)],
  [
    /^add_n_(f32|i32)$/,
    {
      reads: { in: [f(3), f(3)] },
      writes: { out: f(3) },
      sizes: { count: 3, lengths: [3, 3] },
      inPlace: [['out', 'in']],
    },
  ],
  [/^fill_f32$/, fill(4)],
  [/^fill_i32$/, { ...fill(4), refuses: { value: [NaN, Infinity, 2 ** 31, -(2 ** 31) - 1] } }],
  [/^fill_bool$/, { ...fill(1), refuses: { value: [NaN, Infinity, 256, -1] } }],
  [/^random_(uniform|normal)_f32$/, random],
  [/^adamw_step_f32$/, list(['parameters', 'first_moments', 'second_moments'])],
  [/^sgd_step_f32$/, list(['parameters'])],
  [/^momentum_step_f32$/, list(['parameters', 'velocities'], { nesterov: 0, first: 0 })],
  [/^optimizer_rule_step_f32$/, list(['parameters', 'first', 'second', 'third'], { rule: 1 })],
  [/^global_norm_f32$/, { reads: { tensors }, writes: { norm: f(1) }, sizes: { lengths }, others: { accumulate: 0 } }],
  [/^clip_by_global_norm_f32$/, { reads: { norm: f(1) }, writes: { tensors }, sizes: { lengths } }],
  [/^clip_by_value_f32$/, { reads: {}, writes: { tensors }, sizes: { lengths } }],
  [/^(reduce_\w+_(f32|i32)|arg_(max|min)_f32)$/, reduce(4, 4)],
  [/^reduce_(all|any)_bool$/, reduce(1, 1)],
  [
    /^cumsum_(f32|i32)$/,
    {
      reads: { in: f(24) },
      writes: { out: f(24) },
      sizes: { outer: 2, length: 3, inner: 4 },
      others: { exclusive: 0, reverse: 0 },
    },
  ],
  [/^copy_b32$/, copy(4)],
  [/^copy_b8$/, copy(1)],
  [
    /^index_copy_b32$/,
    {
      reads: { in: f(18), positions: f(2) }, // [3, 2, 3], dense
      writes: { out: f(45) }, // [3, 5, 3]
      sizes: { shape: [3, 2, 3], length: 5 },
      others: { in_strides: [6, 3, 1], in_offset: 0, axis: 1 },
      noIndex: { positions: outOfRange(5) },
    },
  ],
  [/^gather_b32$/, gather(4)],
  [/^gather_b8$/, gather(1)],
  [
    /^segment_sum_f32$/,
    { reads: { in: f(12), segments: f(4) }, writes: { out: f(15) }, sizes: { rows: 4, slice: 3, groups: 5 } },
  ],
  [/^one_hot_b32$/, oneHot(4)],
  [/^one_hot_b8$/, oneHot(1)],
];

/** The family of a kernel that has no row: its arguments tell functions of one and of two elements of four bytes. */
export const families: Readonly<Record<string, KernelCall>> = {
  'in out count': unary(4, 4),
  'in out count alpha': unary(4, 4),
  'in out count minimum maximum': unary(4, 4),
  'a b out shape a_strides b_strides': binary(4, 4),
};
