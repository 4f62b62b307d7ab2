// SPDX-License-Identifier: Apache-2.0
// Sums and what is made of them. Each row draws its inputs and gives, for every output element, its value in float64 and the sum of
// the magnitudes of its terms, in which the error is measured: a sum may cancel, its terms do not.

const range = (count) => Array.from({ length: count }, (_, i) => i);
const total = (values) => values.reduce((sum, value) => sum + value, 0);

/** Value and magnitude of a sum. */
const sumOf = (terms) => [total(terms), total(terms.map(Math.abs))];

/** [rows, columns] as rows in float64. */
const rowsOf = (values, columns) =>
  range(values.length / columns).map((row) => Array.from(values.subarray(row * columns, (row + 1) * columns)));

function moments(row, epsilon) {
  const mean = total(row) / row.length;
  return { mean, deviation: Math.sqrt(total(row.map((x) => (x - mean) ** 2)) / row.length + epsilon) };
}

/** The inputs of normalizations: `rows` of `features`, and a weight and a bias. */
const normInputs = (draw, rows, features) => ({
  in: draw(rows * features),
  weight: draw(features),
  bias: draw(features),
});

/** Of a prediction and a target; huber with delta = 0.5. */
const LOSSES = {
  squared: (x, t) => (x - t) ** 2,
  absolute: (x, t) => Math.abs(x - t),
  huber: (x, t) => Math.min(Math.abs(x - t), 0.5) * (Math.abs(x - t) - Math.min(Math.abs(x - t), 0.5) / 2),
  logistic: (x, t) => Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x))),
};

/** kernel, description of the size, function of `draw` (float32 numbers in [-1, 1]) to { values, out, expected }. */
export const SUMS = [
  ...['sum', 'mean'].map((name) => [
    `reduce_${name}_f32`,
    '10 000 terms',
    (draw) => {
      const x = draw(8 * 10_000);
      const divisor = name === 'sum' ? 1 : 10_000;
      const expected = rowsOf(x, 10_000).map((row) => sumOf(row).map((value) => value / divisor));
      return { values: { in: x, out: { out: 8 }, outer: 8, reduce: 10_000, inner: 1 }, out: 'out', expected };
    },
  ]),
  [
    'reduce_prod_f32',
    '20 factors',
    (draw) => {
      const x = draw(100 * 20).map((value) => value + Math.sign(value));
      const expected = rowsOf(x, 20).map((row) => {
        const product = row.reduce((all, value) => all * value, 1);
        return [product, Math.abs(product)];
      });
      return { values: { in: x, out: { out: 100 }, outer: 100, reduce: 20, inner: 1 }, out: 'out', expected };
    },
  ],
  [
    'cumsum_f32',
    '1000 terms',
    (draw) => {
      const x = draw(1000);
      const expected = range(1000).map((n) => sumOf(Array.from(x.subarray(0, n + 1))));
      return { values: { in: x, out: { out: 1000 }, outer: 1, length: 1000, inner: 1 }, out: 'out', expected };
    },
  ],
  [
    'add_n_f32',
    '9 arrays',
    (draw) => {
      const arrays = range(9).map(() => draw(1000));
      const expected = range(1000).map((i) => sumOf(arrays.map((array) => array[i])));
      const values = { in: arrays, out: { out: 1000 }, count: 1000, lengths: arrays.map(() => 1000) };
      return { values, out: 'out', expected };
    },
  ],
  [
    'segment_sum_f32',
    '1000 rows in 3',
    (draw) => {
      const x = draw(1000);
      const segments = Int32Array.from(range(1000), (i) => i % 3);
      const expected = range(3).map((group) => sumOf(Array.from(x).filter((_, i) => i % 3 === group)));
      return { values: { in: x, segments, out: { out: 3 }, rows: 1000, slice: 1, groups: 3 }, out: 'out', expected };
    },
  ],
  [
    'global_norm_f32',
    '10 000 elements',
    (draw) => {
      const tensors = [draw(7000), draw(3000)];
      const norm = Math.hypot(...tensors.flatMap((tensor) => Array.from(tensor)));
      return { values: { tensors, norm: { out: 1 }, lengths: [7000, 3000] }, out: 'norm', expected: [[norm, norm]] };
    },
  ],
  ...[64, 1000].map((k) => [
    'matmul_f32',
    `${k} products`,
    (draw) => {
      const [m, n] = [33, 47];
      const [a, b] = [draw(m * k), draw(k * n)];
      const expected = range(m * n).map((i) =>
        sumOf(range(k).map((j) => a[Math.floor(i / n) * k + j] * b[j * n + (i % n)])),
      );
      const strides = { row_a: k, row_b: n, row_c: n };
      return { values: { a, b, c: { out: m * n }, batch: 1, m, n, k, ...strides }, out: 'c', expected };
    },
  ]),
  [
    'conv_f32',
    '3 x 3 x 16 products',
    (draw) => {
      const [size, channels, filters] = [9, 16, 5];
      const [x, weight] = [draw(size * size * channels), draw(filters * channels * 9)];
      const taps = range(channels * 9);
      const expected = range(49 * filters).map((i) => {
        const [row, column, filter] = [Math.floor(i / filters / 7), Math.floor(i / filters) % 7, i % filters];
        return sumOf(
          taps.map((tap) => {
            const [channel, y, z] = [Math.floor(tap / 9), Math.floor(tap / 3) % 3, tap % 3];
            return x[((row + y) * size + column + z) * channels + channel] * weight[filter * taps.length + tap];
          }),
        );
      });
      const three = (value) => [1, value, value];
      const sizes = {
        in_size: three(size),
        out_size: three(7),
        kernel: three(3),
        stride: [1, 1, 1],
        padding: [0, 0, 0],
        dilation: [1, 1, 1],
      };
      const counts = { batch: 1, in_channels: channels, out_channels: filters, groups: 1 };
      return { values: { in: x, weight, out: { out: 49 * filters }, ...counts, ...sizes }, out: 'out', expected };
    },
  ],
  [
    'softmax_f32',
    '100 classes',
    (draw) => {
      const x = draw(50 * 100).map((value) => 10 * value);
      const expected = rowsOf(x, 100).flatMap((row) => {
        const sum = total(row.map(Math.exp));
        return row.map((value) => [Math.exp(value) / sum, Math.exp(value) / sum]);
      });
      return { values: { in: x, out: { out: 5000 }, rows: 50, columns: 100 }, out: 'out', expected };
    },
  ],
  [
    'softmax_cross_entropy_f32',
    '100 classes',
    (draw) => {
      const x = draw(50 * 100).map((value) => 10 * value);
      const labels = new Int32Array(50);
      const expected = rowsOf(x, 100).map((row) => {
        const logarithm = Math.log(total(row.map(Math.exp)));
        return [logarithm - row[0], Math.abs(logarithm) + Math.abs(row[0])];
      });
      const outputs = { loss: { out: 50 }, maximum: { out: 50 }, inverse_sum: { out: 50 } };
      return { values: { in: x, labels, ...outputs, rows: 50, columns: 100 }, out: 'loss', expected };
    },
  ],
  ...['squared', 'absolute', 'huber', 'logistic'].map((name, kind) => [
    'elementwise_loss_f32',
    `${name}, the sum of 5000`,
    (draw) => {
      const [x, t] = [draw(5000), draw(5000)];
      const losses = Array.from(x, (value, i) => LOSSES[name](value, t[i]));
      const values = { prediction: x, target: t, loss: { out: 1 }, count: 5000, kind, reduction: 1, delta: 0.5 };
      return { values, out: 'loss', expected: [[total(losses), total(losses)]] };
    },
  ]),
  [
    'layer_norm_f32',
    '300 features',
    (draw) => {
      const [rows, features, epsilon] = [20, 300, 2 ** -17];
      const inputs = normInputs(draw, rows, features);
      const expected = rowsOf(inputs.in, features).flatMap((row) => {
        const { mean, deviation } = moments(row, epsilon);
        return row.map((x, i) =>
          sumOf([(x * inputs.weight[i]) / deviation, (-mean * inputs.weight[i]) / deviation, inputs.bias[i]]),
        );
      });
      const outputs = { out: { out: rows * features }, mean: { out: rows }, inverse_deviation: { out: rows } };
      return { values: { ...inputs, ...outputs, rows, features, epsilon }, out: 'out', expected };
    },
  ],
  [
    'rms_norm_f32',
    '300 features',
    (draw) => {
      const [rows, features, epsilon] = [20, 300, 2 ** -17];
      const { in: x, weight } = normInputs(draw, rows, features);
      const expected = rowsOf(x, features).flatMap((row) => {
        const rms = Math.sqrt(total(row.map((value) => value * value)) / features + epsilon);
        return row.map((value, i) => sumOf([(value * weight[i]) / rms]));
      });
      const outputs = { out: { out: rows * features }, inverse_rms: { out: rows } };
      return { values: { in: x, weight, ...outputs, rows, features, epsilon }, out: 'out', expected };
    },
  ],
  [
    'group_norm_f32',
    '300 elements a group',
    (draw) => {
      const [positions, channels, groups, epsilon] = [75, 12, 3, 2 ** -17];
      const inputs = normInputs(draw, positions, channels);
      const size = channels / groups;
      const group = range(groups).map((g) =>
        moments(
          Array.from(inputs.in).filter((_, i) => Math.floor((i % channels) / size) === g),
          epsilon,
        ),
      );
      const expected = Array.from(inputs.in, (x, i) => {
        const channel = i % channels;
        const { mean, deviation } = group[Math.floor(channel / size)];
        const scale = inputs.weight[channel] / deviation;
        return sumOf([x * scale, -mean * scale, inputs.bias[channel]]);
      });
      const outputs = { out: { out: positions * channels }, mean: { out: groups }, variance: { out: groups } };
      return {
        values: { ...inputs, ...outputs, batch: 1, positions, channels, groups, epsilon },
        out: 'out',
        expected,
      };
    },
  ],
  [
    'attention_f32',
    '50 keys, 16 features',
    (draw) => {
      const [time, size] = [50, 16];
      const [query, key, value] = [draw(time * size), draw(time * size), draw(time * size)];
      const [queries, keys, valuesOf] = [query, key, value].map((array) => rowsOf(array, size));
      const expected = queries.flatMap((q) => {
        const weights = keys.map((k) => Math.exp(total(k.map((x, i) => x * q[i]))));
        const sum = total(weights);
        return range(size).map((i) => sumOf(weights.map((weight, row) => (weight / sum) * valuesOf[row][i])));
      });
      const sizes = {
        batch: 1,
        heads: 1,
        key_heads: 1,
        query_time: time,
        key_time: time,
        head_size: size,
        value_size: size,
      };
      const others = { mask_strides: [], bias_strides: [], scale: 1 };
      const outputs = { out: { out: time * size }, log_sum_exp: { out: time } };
      return { values: { query, key, value, ...outputs, ...sizes, ...others }, out: 'out', expected };
    },
  ],
  [
    'normalize_f32',
    '300 channels',
    (draw) => {
      const [rows, channels, epsilon] = [20, 300, 2 ** -17];
      const inputs = { ...normInputs(draw, rows, channels), mean: draw(channels) };
      const variance = draw(channels).map((value) => 1.5 + value);
      const expected = Array.from(inputs.in, (x, i) => {
        const c = i % channels;
        const scale = inputs.weight[c] / Math.sqrt(variance[c] + epsilon);
        return sumOf([x * scale, -inputs.mean[c] * scale, inputs.bias[c]]);
      });
      const out = { out: rows * channels };
      return { values: { ...inputs, variance, out, rows, channels, epsilon }, out: 'out', expected };
    },
  ],
  [
    'average_pool_f32',
    '5 x 5 elements',
    (draw) => {
      const [size, kernel, channels] = [12, 5, 7];
      const length = size - kernel + 1;
      const x = draw(size * size * channels);
      const expected = range(length * length * channels).map((i) => {
        const [row, column] = [Math.floor(i / channels / length), Math.floor(i / channels) % length];
        const positions = range(kernel * kernel).map(
          (tap) => (row + Math.floor(tap / kernel)) * size + column + (tap % kernel),
        );
        return sumOf(positions.map((position) => x[position * channels + (i % channels)] / (kernel * kernel)));
      });
      const three = (value) => [1, value, value];
      const windows = { in_size: three(size), out_size: three(length), kernel: three(kernel), stride: three(1) };
      const others = { batch: 1, channels, padding: [0, 0, 0], dilation: three(1) };
      return { values: { in: x, out: { out: expected.length }, ...windows, ...others }, out: 'out', expected };
    },
  ],
  [
    'resample_f32',
    '4 taps',
    (draw) => {
      const [length, inner, outLength, taps] = [40, 50, 90, 4];
      const [x, weights] = [draw(length * inner), draw(outLength * taps)];
      const indices = Int32Array.from(range(outLength * taps), (i) => (i * 7) % length);
      const expected = range(outLength * inner).map((i) => {
        const first = Math.floor(i / inner) * taps;
        return sumOf(range(taps).map((tap) => weights[first + tap] * x[indices[first + tap] * inner + (i % inner)]));
      });
      const sizes = { outer: 1, length, inner, out_length: outLength, taps };
      return { values: { in: x, indices, weights, out: { out: expected.length }, ...sizes }, out: 'out', expected };
    },
  ],
  [
    'layer_norm_grad_f32',
    '300 features',
    (draw) => {
      const [rows, features] = [20, 300];
      const { in: x, weight } = normInputs(draw, rows, features);
      const [grad_out, mean] = [draw(rows * features), draw(rows)];
      const inverse_deviation = draw(rows).map((value) => 1.5 + value);
      const expected = rowsOf(x, features).flatMap((row, r) => {
        const scaled = row.map((_, i) => grad_out[r * features + i] * weight[i]);
        const normalized = row.map((value) => (value - mean[r]) * inverse_deviation[r]);
        const [sum, sumSize] = sumOf(scaled);
        const [dot, dotSize] = sumOf(scaled.map((value, i) => value * normalized[i]));
        return scaled.map((value, i) => [
          inverse_deviation[r] * (value - (sum + normalized[i] * dot) / features),
          inverse_deviation[r] * (Math.abs(value) + (sumSize + Math.abs(normalized[i]) * dotSize) / features),
        ]);
      });
      const small = { grad_weight: { out: features }, grad_bias: { out: features } };
      const outputs = { grad_in: { out: rows * features }, ...small };
      const values = { grad_out, in: x, weight, mean, inverse_deviation, ...outputs, rows, features };
      return { values, out: 'grad_in', expected };
    },
  ],
  [
    'softmax_cross_entropy_grad_f32',
    '100 classes',
    (draw) => {
      const x = draw(50 * 100).map((value) => 10 * value);
      const [labels, grad_out] = [new Int32Array(50), draw(50)];
      const maximum = Float32Array.from(rowsOf(x, 100), (row) => Math.max(...row));
      const inverse_sum = Float32Array.from(
        rowsOf(x, 100),
        (row, r) => 1 / total(row.map((value) => Math.exp(value - maximum[r]))),
      );
      const expected = rowsOf(x, 100).flatMap((row, r) =>
        row.map((value, c) => {
          const probability = Math.exp(value - maximum[r]) * inverse_sum[r];
          return sumOf([probability * grad_out[r], c === labels[r] ? -grad_out[r] : 0]);
        }),
      );
      const values = { grad_out, in: x, labels, maximum, inverse_sum, grad_in: { out: 5000 }, rows: 50, columns: 100 };
      return { values, out: 'grad_in', expected };
    },
  ],
];
