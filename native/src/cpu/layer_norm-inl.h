// SPDX-License-Identifier: Apache-2.0
// Layer normalization, one row at a time; the gradients of weight and bias are summed over blocks of rows.

// The sum of the terms 0 to count: vector(i) gives kLanes of them from i on, scalar(i) one. Four sums at a time, which
// need not wait for each other: one alone takes longer than memory.
template <class Vector, class Scalar>
inline float row_sum(int64_t count, const Vector& vector, const Scalar& scalar) {
  F32 sums[4] = {zero(), zero(), zero(), zero()};
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes)
    for (int s = 0; s < 4; ++s) sums[s] = add(sums[s], vector(i + s * kLanes));
  for (; i + kLanes <= count; i += kLanes) sums[0] = add(sums[0], vector(i));
  float sum = reduce_add(add(add(sums[0], sums[1]), add(sums[2], sums[3])));
  for (; i < count; ++i) sum += scalar(i);
  return sum;
}

inline float row_mean(const float* in, int64_t count) {
  const float sum = row_sum(
      count, [=](int64_t i) { return load(in + i); }, [=](int64_t i) { return in[i]; });
  return sum / static_cast<float>(count);
}

// mean((in - mean)^2): two passes over the row, since E[x^2] - mean^2 cancels.
inline float row_variance(const float* in, int64_t count, float mean) {
  const F32 means = splat(mean);
  const auto squares = [=](int64_t i) {
    const F32 d = sub(load(in + i), means);
    return mul(d, d);
  };
  const float sum = row_sum(count, squares, [=](int64_t i) { return (in[i] - mean) * (in[i] - mean); });
  return sum / static_cast<float>(count);
}

inline void layer_norm_f32(const float* in, const float* weight, const float* bias, float* out, float* mean,
                           float* inverse_deviation, const LayerNormParams& p) {
  const int64_t features = p.features;
  parallel_for(p.rows, row_grain(features), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float* x = in + r * features;
      float* y = out + r * features;
      const float m = row_mean(x, features);
      const float inverse = 1 / sqrtf(row_variance(x, features, m) + p.epsilon);
      mean[r] = m;
      inverse_deviation[r] = inverse;
      const F32 means = splat(m), inverses = splat(inverse);
      int64_t f = 0;
      for (; f + kLanes <= features; f += kLanes) {
        prefetch_row(x + features + f);
        store(y + f, mul_add(mul(sub(load(x + f), means), inverses), load(weight + f), load(bias + f)));
      }
      for (; f < features; ++f) y[f] = (x[f] - m) * inverse * weight[f] + bias[f];
    }
  });
}

// Rows whose contributions to the gradients of weight and bias are summed together before the blocks are.
// 64: enough rows to keep the partial sums cheap, few enough to give every thread work on a batch of 768.
constexpr int64_t kLayerNormBlock = 64;

// One row of grad_in; adds the row's share to the partial sums of weight and bias.
inline void layer_norm_grad_row(const float* g, const float* x, const float* weight, float mean, float inverse,
                                float* grad_in, float* weight_sums, float* bias_sums, int64_t features) {
  const F32 means = splat(mean), inverses = splat(inverse);
  F32 w_lanes = zero(), wn_lanes = zero();
  int64_t f = 0;
  for (; f + kLanes <= features; f += kLanes) {
    const F32 n = mul(sub(load(x + f), means), inverses);
    const F32 grad = load(g + f);
    const F32 w = mul(grad, load(weight + f));
    w_lanes = add(w_lanes, w);
    wn_lanes = mul_add(w, n, wn_lanes);
    store(weight_sums + f, mul_add(grad, n, load(weight_sums + f)));
    store(bias_sums + f, add(load(bias_sums + f), grad));
  }
  float w_sum = reduce_add(w_lanes), wn_sum = reduce_add(wn_lanes);
  for (; f < features; ++f) {
    const float n = (x[f] - mean) * inverse;
    const float w = g[f] * weight[f];
    w_sum += w;
    wn_sum += w * n;
    weight_sums[f] += g[f] * n;
    bias_sums[f] += g[f];
  }
  const float w_mean = w_sum / static_cast<float>(features), wn_mean = wn_sum / static_cast<float>(features);
  const F32 w_means = splat(w_mean), wn_means = splat(wn_mean);
  for (f = 0; f + kLanes <= features; f += kLanes) {
    const F32 n = mul(sub(load(x + f), means), inverses);
    const F32 w = mul(load(g + f), load(weight + f));
    store(grad_in + f, mul(inverses, sub(sub(w, w_means), mul(n, wn_means))));
  }
  for (; f < features; ++f) {
    const float n = (x[f] - mean) * inverse;
    grad_in[f] = inverse * (g[f] * weight[f] - w_mean - n * wn_mean);
  }
}

inline void layer_norm_grad_f32(const float* grad_out, const float* in, const float* weight, const float* mean,
                                const float* inverse_deviation, float* grad_in, float* grad_weight, float* grad_bias,
                                const LayerNormGradParams& p) {
  const int64_t features = p.features;
  const int64_t blocks = (p.rows + kLayerNormBlock - 1) / kLayerNormBlock;
  const int64_t width = 2 * features;  // per block: the sums of weight, then of bias
  const Scratch scratch(static_cast<size_t>(blocks * width) * sizeof(float));
  float* sums = scratch.floats();
  parallel_for(blocks, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t block = begin; block < end; ++block) {
      float* weight_sums = sums + block * width;
      memset(weight_sums, 0, static_cast<size_t>(width) * sizeof(float));
      const int64_t last = (block + 1) * kLayerNormBlock < p.rows ? (block + 1) * kLayerNormBlock : p.rows;
      for (int64_t r = block * kLayerNormBlock; r < last; ++r)
        layer_norm_grad_row(grad_out + r * features, in + r * features, weight, mean[r], inverse_deviation[r],
                            grad_in + r * features, weight_sums, weight_sums + features, features);
    }
  });
  memset(grad_weight, 0, static_cast<size_t>(features) * sizeof(float));
  memset(grad_bias, 0, static_cast<size_t>(features) * sizeof(float));
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t f = 0; f < features; ++f) {
      grad_weight[f] += sums[block * width + f];
      grad_bias[f] += sums[block * width + features + f];
    }
}
