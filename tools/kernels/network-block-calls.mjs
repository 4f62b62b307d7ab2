// SPDX-License-Identifier: Apache-2.0
// The kernels of networks by blocks, see block-calls.mjs.

const ELEMENTS = 16; // of a block where one is as good as many

const lossNumbers = (count) => ({ count: count * ELEMENTS, kind: 0, reduction: 0, delta: 1 });
const rows = (count) => ({ rows: count, columns: 64, features: 64, channels: 64, epsilon: 0.01, reduction: 0 });
const groups = (count) => ({ batch: count, positions: 32, channels: 64, groups: 2, epsilon: 0.01, constant: 0 });
const weights = (names) => Object.fromEntries(names.map((name) => [name, ['f32', 64]]));
const attention = (count) => ({
  ...{ batch: count, heads: 8, key_heads: 1, query_time: 1, key_time: 2, head_size: 64, value_size: 64 },
  ...{ mask_strides: [], bias_strides: [], scale: 1 },
});
const attentionGrad = {
  reads: { query: ['f32', 512], key: ['f32', 128], log_sum_exp: ['f32', 8] },
  same: { value: 'key', grad_out: 'query', out: 'query' },
  numbers: attention,
};
const selfAttention = (count) => ({
  ...{ batch: count, heads: 8, time: 2, head_size: 64 },
  ...{ mask_strides: [], scale: 1 },
});
const three = (value) => [1, value, value];
const windows = (inSize, kernel) => ({
  ...{ in_size: three(inSize), out_size: three(inSize - kernel + 1), kernel: three(kernel) },
  ...{ stride: three(1), padding: [0, 0, 0], dilation: three(1) },
});
const conv = (count) => ({
  batch: count,
  in_channels: 16,
  out_channels: 4,
  groups: 1,
  activation: 1,
  ...windows(8, 2),
});
const pool = (count) => ({ batch: count, channels: 64, count_padding: 1, ...windows(2, 2) });
const taps = { indices: ['index', 6], weights: ['f32', 6] };
const resample = (count) => ({ outer: count, length: 4, inner: 64, out_length: 3, taps: 2 });
const ctc = { in: ['f32', 128], targets: ['index', 1], input_lengths: ['index', 1], target_lengths: ['index', 1] };
const ctcNumbers = (count) => ({ batch: count, time: 2, classes: 64, length: 1, blank: 0 });
const recurrent = (count) => ({ batch: count, time: 2, features: 32, hidden: 2, kind: 0, has_bias: 0, lengths: [] });

export const NETWORK_CALLS = [
  [/^softmax_f32$/, () => ({ reads: { in: ['f32', 64] }, writes: { out: ['f32', 64] }, numbers: rows })],
  [
    /^softmax_cross_entropy_f32$/,
    () => ({
      reads: { in: ['f32', 64], labels: ['index', 1] },
      writes: { loss: ['f32', 1], maximum: ['f32', 1], inverse_sum: ['f32', 1] },
      numbers: rows,
    }),
  ],
  [
    /^softmax_cross_entropy_grad_f32$/,
    () => ({
      reads: { in: ['f32', 64], labels: ['index', 1], grad_out: ['f32', 1] },
      same: { maximum: 'grad_out', inverse_sum: 'grad_out' },
      writes: { grad_in: ['f32', 64] },
      numbers: rows,
    }),
  ],
  [
    /^elementwise_loss_f32$/,
    () => ({
      reads: { prediction: ['f32', ELEMENTS] },
      same: { target: 'prediction' },
      writes: { loss: ['f32', ELEMENTS] },
      numbers: lossNumbers,
    }),
  ],
  [
    /^elementwise_loss_grad_f32$/,
    () => ({
      reads: { prediction: ['f32', ELEMENTS] },
      same: { target: 'prediction', grad_out: 'prediction' },
      writes: { grad_prediction: ['f32', ELEMENTS] },
      numbers: lossNumbers,
    }),
  ],
  [/^ctc_loss_f32$/, () => ({ reads: ctc, writes: { loss: ['f32', 1], alpha: ['f32', 6] }, numbers: ctcNumbers })],
  [
    /^ctc_loss_grad_f32$/,
    () => ({
      reads: { ...ctc, alpha: ['f32', 6], grad_out: ['f32', 1] },
      writes: { grad_in: ['f32', 128] },
      numbers: ctcNumbers,
    }),
  ],
  [
    /^layer_norm_f32$/,
    () => ({
      reads: { in: ['f32', 64] },
      shared: weights(['weight', 'bias']),
      writes: { out: ['f32', 64], mean: ['f32', 1], inverse_deviation: ['f32', 1] },
      numbers: rows,
    }),
  ],
  [
    /^layer_norm_grad_f32$/,
    () => ({
      reads: { in: ['f32', 64], mean: ['f32', 1] },
      same: { grad_out: 'in', inverse_deviation: 'mean' },
      shared: weights(['weight']),
      writes: { grad_in: ['f32', 64] },
      open: weights(['grad_weight', 'grad_bias']),
      numbers: rows,
    }),
  ],
  [
    /^rms_norm_f32$/,
    () => ({
      reads: { in: ['f32', 64] },
      shared: weights(['weight']),
      writes: { out: ['f32', 64], inverse_rms: ['f32', 1] },
      numbers: rows,
    }),
  ],
  [
    /^rms_norm_grad_f32$/,
    () => ({
      reads: { in: ['f32', 64], inverse_rms: ['f32', 1] },
      same: { grad_out: 'in' },
      shared: weights(['weight']),
      writes: { grad_in: ['f32', 64] },
      open: weights(['grad_weight']),
      numbers: rows,
    }),
  ],
  [
    /^group_norm_f32$/,
    () => ({
      reads: { in: ['f32', 2048] },
      shared: weights(['weight', 'bias']),
      writes: { out: ['f32', 2048], mean: ['f32', 2], variance: ['f32', 2] },
      numbers: groups,
    }),
  ],
  [
    /^group_norm_grad_f32$/,
    () => ({
      reads: { in: ['f32', 2048], mean: ['f32', 2] },
      same: { grad_out: 'in', variance: 'mean' },
      shared: weights(['weight']),
      writes: { grad_in: ['f32', 2048] },
      open: weights(['grad_weight', 'grad_bias']),
      numbers: groups,
    }),
  ],
  [
    /^normalize_f32$/,
    () => ({
      reads: { in: ['f32', 64] },
      shared: weights(['weight', 'bias', 'mean', 'variance']),
      writes: { out: ['f32', 64] },
      numbers: rows,
    }),
  ],
  [
    /^max_pool_f32$/,
    () => ({ reads: { in: ['f32', 256] }, writes: { out: ['f32', 64], argmax: ['i32', 64] }, numbers: pool }),
  ],
  [
    /^max_pool_grad_f32$/,
    () => ({
      reads: { grad_out: ['f32', 64], argmax: ['index', 64] },
      writes: { grad_in: ['f32', 256] },
      numbers: pool,
    }),
  ],
  [/^average_pool_f32$/, () => ({ reads: { in: ['f32', 256] }, writes: { out: ['f32', 64] }, numbers: pool })],
  [
    /^average_pool_grad_f32$/,
    () => ({ reads: { grad_out: ['f32', 64] }, writes: { grad_in: ['f32', 256] }, numbers: pool }),
  ],
  [
    /^resample_f32$/,
    () => ({ reads: { in: ['f32', 256] }, shared: taps, writes: { out: ['f32', 192] }, numbers: resample }),
  ],
  [
    /^resample_grad_f32$/,
    () => ({ reads: { grad_out: ['f32', 192] }, shared: taps, writes: { grad_in: ['f32', 256] }, numbers: resample }),
  ],
  [
    /^matmul_f32$/,
    () => ({
      reads: { a: ['f32', 65] },
      shared: { b: ['f32', 195] },
      writes: { c: ['f32', 3] },
      numbers: (count) => ({ batch: 1, m: count, n: 3, k: 65, row_a: 65, row_b: 3, row_c: 3 }),
    }),
  ],
  [
    /^conv_f32$/,
    () => ({
      reads: { in: ['f32', 1024] },
      shared: { weight: ['f32', 256] },
      writes: { out: ['f32', 196] },
      numbers: conv,
    }),
  ],
  [
    /^conv_grad_in_f32$/,
    () => ({
      reads: { grad_out: ['f32', 196] },
      shared: { weight: ['f32', 256] },
      writes: { grad_in: ['f32', 1024] },
      numbers: conv,
    }),
  ],
  [
    /^conv_grad_weight_f32$/,
    () => ({
      reads: { in: ['f32', 1024], grad_out: ['none', 196] },
      result: { grad_weight: ['f32', 256] },
      numbers: conv,
    }),
  ],
  [
    /^attention_f32$/,
    () => ({
      reads: { query: ['f32', 512], key: ['f32', 128] },
      same: { value: 'key' },
      writes: { out: ['f32', 512], log_sum_exp: ['f32', 8] },
      numbers: attention,
    }),
  ],
  [
    /^attention_grad_f32$/,
    () => ({
      ...attentionGrad,
      writes: { grad_query: ['f32', 512], grad_key: ['f32', 128], grad_value: ['f32', 128] },
    }),
  ],
  [/^attention_scores_grad_f32$/, () => ({ ...attentionGrad, writes: { grad_scores: ['f32', 16] } })],
  [
    /^self_attention_f32$/,
    () => ({
      reads: { in: ['f32', 3072] },
      writes: { out: ['f32', 1024], log_sum_exp: ['f32', 16] },
      numbers: selfAttention,
    }),
  ],
  [
    /^self_attention_grad_f32$/,
    () => ({
      reads: { in: ['f32', 3072], grad_out: ['f32', 1024], log_sum_exp: ['f32', 16] },
      same: { out: 'grad_out' },
      writes: { grad_in: ['f32', 3072] },
      numbers: selfAttention,
    }),
  ],
  // What is kept of the steps is [time, batch, …], which has no block for a row.
  [
    /^recurrent_f32$/,
    () => ({
      reads: { in: ['f32', 64], hidden_before: ['f32', 2] },
      shared: { weight_ih: ['f32', 64], weight_hh: ['f32', 4] },
      writes: { out: ['f32', 6] },
      kept: { gates: ['f32', 4], states: ['f32', 6] },
      numbers: recurrent,
    }),
  ],
  [
    /^recurrent_grad_f32$/,
    () => ({
      reads: { in: ['f32', 64], grad_out: ['f32', 6], states: ['alike', 6] },
      same: { gates: 'states' },
      shared: { weight_ih: ['f32', 64], weight_hh: ['f32', 4] },
      writes: { grad_in: ['f32', 64], grad_hidden: ['f32', 2] },
      open: {
        grad_weight_ih: ['f32', 64],
        grad_weight_hh: ['f32', 4],
        grad_bias_ih: ['f32', 2],
        grad_bias_hh: ['f32', 2],
      },
      numbers: recurrent,
    }),
  ],
];
