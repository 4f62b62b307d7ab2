// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of a softmax: the maximum and the sum of a row (softmax-inl.h) say all that the gradient needs.

inline void check_labels(Indices labels, const SoftmaxCrossEntropyParams& p) {
  const int64_t bad = find_bad_index(labels, p.rows);
  if (bad >= 0)
    fail("softmaxCrossEntropy", "expected labels from 0 to %lld, received %d in row %lld",
         static_cast<long long>(p.columns - 1), labels.data[bad], static_cast<long long>(bad));
}

// sum_c exp(in[c] - shift).
inline float row_exp_total(const float* in, int64_t columns, float shift) {
  const F32 shifts = splat(shift);
  F32 sums = zero();
  int64_t c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    prefetch_row(in + columns + c);
    sums = add(sums, exp_or_zero(sub(load(in + c), shifts)));
  }
  if (c < columns) {
    const F32 last = exp_or_zero(sub(load_partial(in + c, columns - c), shifts));
    sums = add(sums, select(first_lanes(columns - c), last, zero()));
  }
  return reduce_add(sums);
}

inline void softmax_cross_entropy_f32(const float* in, Indices labels, float* loss, float* maximum, float* inverse_sum,
                                      const SoftmaxCrossEntropyParams& p) {
  check_labels(labels, p);
  const int64_t columns = p.columns;
  const Scratch scratch(p.reduction == kReduceNone ? 0 : static_cast<size_t>(p.rows) * sizeof(float));
  float* losses = p.reduction == kReduceNone ? loss : scratch.floats();
  parallel_for(p.rows, row_grain(8 * columns), [=](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float* row = in + r * columns;
      maximum[r] = row_max(row, columns);
      const float sum = row_exp_total(row, columns, maximum[r]);
      inverse_sum[r] = 1 / sum;
      losses[r] = maximum[r] - row[labels.data[r]] + logf(sum);
    }
  });
  if (p.reduction == kReduceNone) return;
  double total = 0;
  for (int64_t r = 0; r < p.rows; ++r) total += losses[r];
  loss[0] = static_cast<float>(p.reduction == kReduceSum ? total : total / static_cast<double>(p.rows));
}

inline void softmax_cross_entropy_grad_f32(const float* grad_out, const float* in, Indices labels, const float* maximum,
                                           const float* inverse_sum, float* grad_in,
                                           const SoftmaxCrossEntropyParams& p) {
  check_labels(labels, p);
  const int64_t columns = p.columns;
  const float divisor = p.reduction == kReduceMean ? static_cast<float>(p.rows) : 1;
  parallel_for(p.rows, row_grain(8 * columns), [=](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float grad = p.reduction == kReduceNone ? grad_out[r] : grad_out[0] / divisor;
      const float* row = in + r * columns;
      float* out = grad_in + r * columns;
      const F32 shifts = splat(maximum[r]), factors = splat(inverse_sum[r] * grad);
      int64_t c = 0;
      for (; c + kLanes <= columns; c += kLanes) store(out + c, mul(exp(sub(load(row + c), shifts)), factors));
      if (c < columns) {
        const F32 last = mul(exp(sub(load_partial(row + c, columns - c), shifts)), factors);
        store_partial(out + c, last, columns - c);
      }
      out[labels.data[r]] -= grad;
    }
  });
}
