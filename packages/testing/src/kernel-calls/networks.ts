// SPDX-License-Identifier: Apache-2.0
// Right calls of the kernels of networks: products, convolutions, windows, normalizations, attention, recurrence and losses.

import { type Rows, elements as f, outOfRange } from './call.ts';

const attention = {
  sizes: { batch: 2, heads: 4, key_heads: 2, query_time: 3, key_time: 5, head_size: 2, value_size: 7 },
  others: { causal: 0, seed: 1, offset: 0 },
  inputs: { query: f(48), key: f(40), value: f(140), mask: 120, bias: f(15) },
};
const attentionSizes = { ...attention.sizes, mask_strides: [60, 15, 5, 1], bias_strides: [0, 0, 5, 1] };
const attentionGrad = { grad_out: f(168), ...attention.inputs, out: f(168), log_sum_exp: f(24) };
const selfAttention = {
  inputs: { in: f(144), mask: 72 },
  sizes: { batch: 2, heads: 4, time: 3, head_size: 2, mask_strides: [36, 9, 3, 1] },
};
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

export const networkCalls: Rows = [
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
    /^self_attention_f32$/,
    {
      reads: selfAttention.inputs,
      writes: { out: f(48), log_sum_exp: f(24) },
      sizes: selfAttention.sizes,
      others: attention.others,
    },
  ],
  [
    /^self_attention_grad_f32$/,
    {
      reads: { grad_out: f(48), ...selfAttention.inputs, out: f(48), log_sum_exp: f(24) },
      writes: { grad_in: f(144) },
      sizes: selfAttention.sizes,
      others: attention.others,
    },
  ],
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
  [
    /^elementwise_loss_f32$/,
    {
      reads: { prediction: f(6), target: f(6) },
      writes: { loss: f(6) },
      sizes: { count: 6 },
      others: { kind: 0, reduction: 0, delta: 1 },
    },
  ],
  [
    /^elementwise_loss_grad_f32$/,
    {
      reads: { grad_out: f(6), prediction: f(6), target: f(6) },
      writes: { grad_prediction: f(6) },
      sizes: { count: 6 },
      others: { kind: 0, reduction: 0, delta: 1 },
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
];
