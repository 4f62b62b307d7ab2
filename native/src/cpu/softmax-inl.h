// SPDX-License-Identifier: Apache-2.0
// Softmax, one row at a time: the maximum, the exponentials with their sum, the scale.

// The largest element of a row; NaN if any is NaN. Four maxima side by side: each waits for the one before it.
inline float row_max(const float* in, int64_t columns) {
  F32 best[4] = {splat(-INFINITY), splat(-INFINITY), splat(-INFINITY), splat(-INFINITY)};
  int64_t c = 0;
  for (; c + 4 * kLanes <= columns; c += 4 * kLanes)
    for (int i = 0; i < 4; ++i) best[i] = max(best[i], load(in + c + i * kLanes));
  for (; c + kLanes <= columns; c += kLanes) best[0] = max(best[0], load(in + c));
  if (c < columns) {
    const Mask present = first_lanes(columns - c);
    best[1] = max(best[1], select(present, load_partial(in + c, columns - c), splat(-INFINITY)));
  }
  return reduce_max(max(max(best[0], best[1]), max(best[2], best[3])));
}

// out[c] = exp(in[c] - shift), the shift being no less than any in[c]; returns the sum.
inline float row_exp_sum(const float* in, float* out, int64_t columns, float shift) {
  const F32 shifts = splat(shift);
  F32 sums = zero();
  for_vectors(0, columns, [&](int64_t c, int lanes) {
    const F32 e = exp_or_zero(sub(load_lanes(in + c, lanes), shifts));
    store_lanes(out + c, e, lanes);
    sums = add(sums, lanes == kLanes ? e : select(first_lanes(lanes), e, zero()));
  });
  return reduce_add(sums);
}

// out[c] = in[c] * factor.
inline void row_scale(const float* in, float* out, int64_t columns, float factor) {
  const F32 factors = splat(factor);
  for_vectors(0, columns,
              [=](int64_t c, int lanes) { store_lanes(out + c, mul(load_lanes(in + c, lanes), factors), lanes); });
}

inline void softmax_f32(const float* in, float* out, const SoftmaxParams& p) {
  const int64_t columns = p.columns;
  parallel_for(p.rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float* x = in + r * columns;
      float* y = out + r * columns;
      const F32 factors = splat(1 / row_exp_sum(x, y, columns, row_max(x, columns)));
      for_vectors(0, columns, [=](int64_t c, int lanes) {
        prefetch_row(x + columns + c);
        store_lanes(y + c, mul(load_lanes(y + c, lanes), factors), lanes);
      });
    }
  });
}
