// SPDX-License-Identifier: Apache-2.0
// Weighted sums of rows along one axis, a vector of the inner axes at a time.

inline void check_resample(Indices indices, const ResampleParams& p) {
  const int64_t bad = find_bad_index(indices, p.out_length * p.taps);
  if (bad >= 0)
    fail("resample", "expected indices from 0 to %lld, received %d at position %lld",
         static_cast<long long>(p.length - 1), indices.data[bad], static_cast<long long>(bad));
}

inline void resample_f32(const float* in, Indices indices, const float* weights, float* out, const ResampleParams& p) {
  check_resample(indices, p);
  if (p.inner == 0) return;
  const int64_t inner = p.inner;
  parallel_for(p.outer * p.out_length, row_grain(inner * p.taps), [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t j = row % p.out_length;
      const float* from = in + row / p.out_length * p.length * inner;
      for_vectors(0, inner, [&](int64_t i, int lanes) {
        const int64_t first = j * p.taps;
        F32 sum = mul(splat(weights[first]), load_lanes(from + indices.data[first] * inner + i, lanes));
        for (int64_t t = first + 1; t < first + p.taps; ++t)
          sum = mul_add(splat(weights[t]), load_lanes(from + indices.data[t] * inner + i, lanes), sum);
        store_lanes(out + row * inner + i, sum, lanes);
      });
    }
  });
}

// Inner elements that a thread takes at least: four cache lines, so that threads do not write to the same one.
constexpr int64_t kResampleColumns = 64;

// Threads share the outer axes and the columns: each sum is added by one thread, in order.
inline void resample_grad_f32(const float* grad_out, Indices indices, const float* weights, float* grad_in,
                              const ResampleParams& p) {
  check_resample(indices, p);
  if (p.inner == 0 || p.length == 0) return;
  const int64_t inner = p.inner;
  const int64_t tiles = (inner + kResampleColumns - 1) / kResampleColumns;
  const int64_t columns = inner < kResampleColumns ? inner : kResampleColumns;
  parallel_for(p.outer * tiles, row_grain((p.length + p.out_length * p.taps) * columns),
               [&](int64_t begin, int64_t end, int) {
                 for (int64_t tile = begin; tile < end; ++tile) {
                   const int64_t o = tile / tiles, first = tile % tiles * kResampleColumns;
                   const int64_t last = first + kResampleColumns < inner ? first + kResampleColumns : inner;
                   const float* g = grad_out + o * p.out_length * inner;
                   float* sums = grad_in + o * p.length * inner;
                   for (int64_t l = 0; l < p.length; ++l)
                     memset(sums + l * inner + first, 0, static_cast<size_t>(last - first) * sizeof(float));
                   for (int64_t j = 0; j < p.out_length; ++j)
                     for (int64_t t = j * p.taps; t < (j + 1) * p.taps; ++t) {
                       float* to = sums + indices.data[t] * inner;
                       const F32 weight = splat(weights[t]);
                       for_vectors(first, last, [&](int64_t i, int lanes) {
                         const F32 share = load_lanes(g + j * inner + i, lanes);
                         store_lanes(to + i, mul_add(weight, share, load_lanes(to + i, lanes)), lanes);
                       });
                     }
                 }
               });
}
