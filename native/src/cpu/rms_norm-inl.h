// SPDX-License-Identifier: Apache-2.0
// Root mean square normalization, one row at a time; the gradient of weight is summed over blocks of rows.

inline float row_sum_of_squares(const float* in, int64_t count) {
  F32 sums = zero();
  for_vectors(0, count, [&](int64_t i, int lanes) {
    const F32 x = load_lanes(in + i, lanes);  // lanes behind the end are 0
    sums = mul_add(x, x, sums);
  });
  return reduce_add(sums);
}

inline void rms_norm_f32(const float* in, const float* weight, float* out, float* inverse_rms, const RmsNormParams& p) {
  const int64_t features = p.features;
  parallel_for(p.rows, row_grain(features), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float* x = in + r * features;
      float* y = out + r * features;
      const float inverse = 1 / sqrtf(row_sum_of_squares(x, features) / static_cast<float>(features) + p.epsilon);
      inverse_rms[r] = inverse;
      const F32 inverses = splat(inverse);
      for_vectors(0, features, [&](int64_t f, int lanes) {
        prefetch_row(x + features + f);
        store_lanes(y + f, mul(mul(load_lanes(x + f, lanes), inverses), load_lanes(weight + f, lanes)), lanes);
      });
    }
  });
}

// Rows whose contributions to the gradient of weight are summed together before the blocks are: as in layer_norm-inl.h.
constexpr int64_t kRmsNormBlock = 64;

// One row of grad_in; adds the row's share to the partial sums of weight.
inline void rms_norm_grad_row(const float* g, const float* x, const float* weight, float inverse, float* grad_in,
                              float* weight_sums, int64_t features) {
  const F32 inverses = splat(inverse);
  F32 dots = zero();  // of w and n
  for_vectors(0, features, [&](int64_t f, int lanes) {
    const F32 n = mul(load_lanes(x + f, lanes), inverses);
    const F32 grad = load_lanes(g + f, lanes);
    dots = mul_add(mul(grad, load_lanes(weight + f, lanes)), n, dots);
    store_lanes(weight_sums + f, mul_add(grad, n, load_lanes(weight_sums + f, lanes)), lanes);
  });
  const F32 means = splat(reduce_add(dots) / static_cast<float>(features));
  for_vectors(0, features, [&](int64_t f, int lanes) {
    const F32 n = mul(load_lanes(x + f, lanes), inverses);
    const F32 w = mul(load_lanes(g + f, lanes), load_lanes(weight + f, lanes));
    store_lanes(grad_in + f, mul(inverses, sub(w, mul(n, means))), lanes);
  });
}

inline void rms_norm_grad_f32(const float* grad_out, const float* in, const float* weight, const float* inverse_rms,
                              float* grad_in, float* grad_weight, const RmsNormGradParams& p) {
  const int64_t features = p.features;
  const int64_t blocks = (p.rows + kRmsNormBlock - 1) / kRmsNormBlock;
  const Scratch scratch(static_cast<size_t>(blocks * features) * sizeof(float));
  float* sums = scratch.floats();
  parallel_for(blocks, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t block = begin; block < end; ++block) {
      float* weight_sums = sums + block * features;
      memset(weight_sums, 0, static_cast<size_t>(features) * sizeof(float));
      const int64_t last = (block + 1) * kRmsNormBlock < p.rows ? (block + 1) * kRmsNormBlock : p.rows;
      for (int64_t r = block * kRmsNormBlock; r < last; ++r)
        rms_norm_grad_row(grad_out + r * features, in + r * features, weight, inverse_rms[r], grad_in + r * features,
                          weight_sums, features);
    }
  });
  memset(grad_weight, 0, static_cast<size_t>(features) * sizeof(float));
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t f = 0; f < features; ++f) grad_weight[f] += sums[block * features + f];
}
