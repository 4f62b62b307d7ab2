// SPDX-License-Identifier: Apache-2.0
// One call of every native kernel that is right and has no byte to spare, worked out by hand from the formulas in
// native/src/kernels: what a test spoils, so that a contract which asks for too little is seen.

/** Bytes of a buffer, or of each buffer of a list. */
type Bytes = number | readonly number[];

/** A right call: every buffer has exactly the bytes that the kernel touches. */
export interface KernelCall {
  readonly reads: Readonly<Record<string, Bytes>>;
  readonly writes: Readonly<Record<string, Bytes>>;
  /** Numbers and lists of numbers; every other parameter is {@link PLAIN}. */
  readonly sizes: Readonly<Record<string, number | readonly number[]>>;
  /** Parameters that say how much there is nowhere: a larger one may be right too. */
  readonly others?: Readonly<Record<string, number | readonly number[]>>;
  /** Pairs of arguments that may be one buffer, the written one first. */
  readonly inPlace?: readonly (readonly [string, string])[];
  /** What buffers of int32 must hold. */
  readonly integers?: Readonly<Record<string, readonly number[]>>;
  /** Buffers of int32 in which the first number may not be this one. */
  readonly noIndex?: Readonly<Record<string, readonly number[]>>;
}

/** What a parameter is that a call does not name. */
export const PLAIN = 0.5;

/** First values that parameters which choose something must refuse. */
export const NO_CHOICE: Readonly<Record<string, readonly number[]>> = {
  activation: [-1, 7],
  kind: [-1, 4],
  rule: [-1, 13],
  reduction: [-1, 3],
  zero_infinity: [-1, 2],
  blank: [-1, 4],
};

const f = (elements: number): number => 4 * elements;
const pair = f(3);
const tensors = [f(3), f(2)];
const lengths = [3, 2];
const outOfRange = (limit: number): number[] => [-1, limit, 2 ** 31 - 1, -(2 ** 31)];

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
});
const random: KernelCall = { reads: {}, writes: { out: f(3) }, sizes: { count: 3 }, others: { seed: 1, offset: 0 } };
const attention = {
  sizes: { batch: 2, heads: 4, key_heads: 2, query_time: 3, key_time: 5, head_size: 2, value_size: 7 },
  others: { causal: 0, seed: 1, offset: 0 },
  inputs: { query: f(48), key: f(40), value: f(140), mask: 120, bias: f(15) },
};
const attentionSizes = { ...attention.sizes, mask_strides: [60, 15, 5, 1], bias_strides: [0, 0, 5, 1] };
const attentionGrad = { grad_out: f(168), ...attention.inputs, out: f(168), log_sum_exp: f(24) };
const ctc = {
  inputs: { in: f(24), targets: f(4), input_lengths: f(2), target_lengths: f(2) },
  sizes: { batch: 2, time: 3, classes: 4, length: 2 },
  others: { blank: 0, zero_infinity: 0 },
  integers: { targets: [1, 2, 3, 1], input_lengths: [3, 3], target_lengths: [2, 1] },
  noIndex: { targets: outOfRange(4), input_lengths: outOfRange(4), target_lengths: outOfRange(3) },
};
const pool = {
  sizes: { batch: 2, channels: 3, in_size: [1, 4, 5], out_size: [1, 3, 4] },
  others: { kernel: [1, 2, 2], stride: [1, 1, 1], padding: [0, 0, 0], dilation: [1, 1, 1], adaptive: 0 },
};
const averagePool = { ...pool, others: { ...pool.others, count_padding: 0 } };
const conv = {
  sizes: {
    batch: 2,
    in_channels: 4,
    out_channels: 6,
    groups: 2,
    in_size: [1, 4, 5],
    out_size: [1, 3, 4],
    kernel: [1, 2, 2],
  },
  others: { stride: [1, 1, 1], padding: [0, 0, 0], dilation: [1, 1, 1] },
};
const resample = {
  sizes: { outer: 2, length: 4, inner: 3, out_length: 5, taps: 2 },
  noIndex: { indices: outOfRange(4) },
};
const recurrent = {
  sizes: { batch: 2, time: 3, features: 4, hidden: 5, lengths: [3, 3] },
  others: { kind: 2, reverse: 0, has_bias: 1 },
};
const weights = { weight_ih: f(80), weight_hh: f(100) };
const states = { gates: f(120), states: f(40), cells: f(40) };
const group = { sizes: { batch: 2, positions: 3, channels: 4, groups: 2 } };
const rows = { rows: 2, features: 3 };

/** By kernel: its own name, or what its name matches. The first row that fits is taken. */
const CALLS: readonly (readonly [RegExp, KernelCall])[] = [
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
    /^attention_f32$/,
    {
      reads: attention.inputs,
      writes: { out: f(168), log_sum_exp: f(24) },
      sizes: attentionSizes,
      others: attention.others,
    },
  ],
  [
    /^attention_grad_f32$/,
    {
      reads: attentionGrad,
      writes: { grad_query: f(48), grad_key: f(40), grad_value: f(140) },
      sizes: attentionSizes,
      others: attention.others,
    },
  ],
  [
    /^attention_scores_grad_f32$/,
    { reads: attentionGrad, writes: { grad_scores: f(120) }, sizes: attentionSizes, others: attention.others },
  ],
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
  [/^fill_(f32|i32)$/, { reads: {}, writes: { out: f(3) }, sizes: { count: 3 }, others: { value: 1 } }],
  [/^fill_bool$/, { reads: {}, writes: { out: 3 }, sizes: { count: 3 }, others: { value: 1 } }],
  [/^random_(uniform|normal)_f32$/, random],
  [
    /^softmax_f32$/,
    { reads: { in: f(6) }, writes: { out: f(6) }, sizes: { rows: 2, columns: 3 }, inPlace: [['out', 'in']] },
  ],
  [
    /^softmax_cross_entropy_f32$/,
    {
      reads: { in: f(6), labels: f(2) },
      writes: { loss: f(2), maximum: f(2), inverse_sum: f(2) },
      sizes: { rows: 2, columns: 3 },
      others: { reduction: 0 },
      noIndex: { labels: outOfRange(3) },
    },
  ],
  [
    /^softmax_cross_entropy_grad_f32$/,
    {
      reads: { grad_out: f(2), in: f(6), labels: f(2), maximum: f(2), inverse_sum: f(2) },
      writes: { grad_in: f(6) },
      sizes: { rows: 2, columns: 3 },
      others: { reduction: 0 },
      noIndex: { labels: outOfRange(3) },
    },
  ],
  [/^ctc_loss_f32$/, { ...ctc, reads: ctc.inputs, writes: { loss: f(2), alpha: f(30) } }],
  [
    /^ctc_loss_grad_f32$/,
    { ...ctc, reads: { grad_out: f(2), ...ctc.inputs, alpha: f(30) }, writes: { grad_in: f(24) } },
  ],
  [
    /^layer_norm_f32$/,
    {
      reads: { in: f(6), weight: f(3), bias: f(3) },
      writes: { out: f(6), mean: f(2), inverse_deviation: f(2) },
      sizes: rows,
      inPlace: [['out', 'in']],
    },
  ],
  [
    /^layer_norm_grad_f32$/,
    {
      reads: { grad_out: f(6), in: f(6), weight: f(3), mean: f(2), inverse_deviation: f(2) },
      writes: { grad_in: f(6), grad_weight: f(3), grad_bias: f(3) },
      sizes: rows,
    },
  ],
  [
    /^rms_norm_f32$/,
    {
      reads: { in: f(6), weight: f(3) },
      writes: { out: f(6), inverse_rms: f(2) },
      sizes: rows,
      inPlace: [['out', 'in']],
    },
  ],
  [
    /^rms_norm_grad_f32$/,
    {
      reads: { grad_out: f(6), in: f(6), weight: f(3), inverse_rms: f(2) },
      writes: { grad_in: f(6), grad_weight: f(3) },
      sizes: rows,
      inPlace: [
        ['grad_in', 'grad_out'],
        ['grad_in', 'in'],
      ],
    },
  ],
  [
    /^group_norm_f32$/,
    {
      ...group,
      reads: { in: f(24), weight: f(4), bias: f(4) },
      writes: { out: f(24), mean: f(4), variance: f(4) },
      inPlace: [['out', 'in']],
    },
  ],
  [
    /^group_norm_grad_f32$/,
    {
      ...group,
      reads: { grad_out: f(24), in: f(24), weight: f(4), mean: f(4), variance: f(4) },
      writes: { grad_in: f(24), grad_weight: f(4), grad_bias: f(4) },
      others: { constant: 0 },
    },
  ],
  [
    /^normalize_f32$/,
    {
      reads: { in: f(6), weight: f(3), bias: f(3), mean: f(3), variance: f(3) },
      writes: { out: f(6) },
      sizes: { rows: 2, channels: 3 },
      inPlace: [['out', 'in']],
    },
  ],
  [
    /^max_pool_f32$/,
    {
      sizes: pool.sizes,
      others: { ...pool.others, ignore_nan: 0 },
      reads: { in: f(120) },
      writes: { out: f(72), argmax: f(72) },
    },
  ],
  [/^max_pool_grad_f32$/, { ...pool, reads: { grad_out: f(72), argmax: f(72) }, writes: { grad_in: f(120) } }],
  [/^average_pool_f32$/, { ...averagePool, reads: { in: f(120) }, writes: { out: f(72) } }],
  [/^average_pool_grad_f32$/, { ...averagePool, reads: { grad_out: f(72) }, writes: { grad_in: f(120) } }],
  [/^resample_f32$/, { ...resample, reads: { in: f(24), indices: f(10), weights: f(10) }, writes: { out: f(30) } }],
  [
    /^resample_grad_f32$/,
    { ...resample, reads: { grad_out: f(30), indices: f(10), weights: f(10) }, writes: { grad_in: f(24) } },
  ],
  [
    /^matmul_f32$/,
    {
      reads: { a: f(30), b: f(40), bias: f(4) },
      writes: { c: f(24), pre: f(24) },
      sizes: { batch: 2, m: 3, n: 4, k: 5, row_a: 5, row_b: 4, row_c: 4, batch_a: 15, batch_b: 20, batch_c: 12 },
      others: { transpose_a: 0, transpose_b: 0, activation: 1, has_bias: 1, has_pre: 1 },
    },
  ],
  [
    /^conv_f32$/,
    {
      sizes: conv.sizes,
      others: { ...conv.others, activation: 1, has_bias: 1, has_pre: 1 },
      reads: { in: f(160), weight: f(48), bias: f(6) },
      writes: { out: f(144), pre: f(144) },
    },
  ],
  [/^conv_grad_in_f32$/, { ...conv, reads: { grad_out: f(144), weight: f(48) }, writes: { grad_in: f(160) } }],
  [/^conv_grad_weight_f32$/, { ...conv, reads: { in: f(160), grad_out: f(144) }, writes: { grad_weight: f(48) } }],
  [
    /^recurrent_f32$/,
    {
      ...recurrent,
      reads: { in: f(24), ...weights, bias_ih: f(20), bias_hh: f(20), hidden_before: f(10), cell_before: f(10) },
      writes: { out: f(50), ...states },
    },
  ],
  [
    /^recurrent_grad_f32$/,
    {
      ...recurrent,
      reads: { grad_out: f(50), in: f(24), ...weights, ...states },
      writes: {
        grad_in: f(24),
        grad_weight_ih: f(80),
        grad_weight_hh: f(100),
        grad_bias_ih: f(20),
        grad_bias_hh: f(20),
        grad_hidden: f(10),
        grad_cell: f(10),
      },
    },
  ],
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
const FAMILIES: Readonly<Record<string, KernelCall>> = {
  'in out count': unary(4, 4),
  'in out count alpha': unary(4, 4),
  'in out count minimum maximum': unary(4, 4),
  'a b out shape a_strides b_strides': binary(4, 4),
};

/** The right call of a kernel; undefined: nobody has worked it out. */
export function kernelCall(kernel: string, argumentNames: readonly string[]): KernelCall | undefined {
  return CALLS.find(([name]) => name.test(kernel))?.[1] ?? FAMILIES[argumentNames.join(' ')];
}
