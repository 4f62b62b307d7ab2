// SPDX-License-Identifier: Apache-2.0
// Softmax, one row at a time: the maximum, the exponentials with their sum, the scale.

// The largest element of a row; NaN if any is NaN.
inline float row_max(const float* in, int64_t columns) {
  F32 best = splat(-INFINITY);
  int64_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) best = max(best, load(in + c));
  float result = reduce_max(best);
  for (; c < columns; ++c) result = in[c] > result || in[c] != in[c] ? in[c] : result;
  return result;
}

// out[c] = exp(in[c] - shift); returns the sum.
inline float row_exp_sum(const float* in, float* out, int64_t columns, float shift) {
  const F32 shifts = splat(shift);
  F32 sums = zero();
  int64_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    const F32 e = exp(sub(load(in + c), shifts));
    store(out + c, e);
    sums = add(sums, e);
  }
  float sum = reduce_add(sums);
  if (c < columns) {
    const F32 e = exp(sub(load_partial(in + c, columns - c), shifts));
    store_partial(out + c, e, columns - c);
    for (; c < columns; ++c) sum += out[c];
  }
  return sum;
}

// out[c] = in[c] * factor.
inline void row_scale(const float* in, float* out, int64_t columns, float factor) {
  const F32 factors = splat(factor);
  int64_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) store(out + c, mul(load(in + c), factors));
  for (; c < columns; ++c) out[c] = in[c] * factor;
}

inline void softmax_f32(const float* in, float* out, const SoftmaxParams& p) {
  const int64_t columns = p.columns;
  parallel_for(p.rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float sum = row_exp_sum(in + r * columns, out + r * columns, columns, row_max(in + r * columns, columns));
      row_scale(out + r * columns, out + r * columns, columns, 1 / sum);
    }
  });
}
