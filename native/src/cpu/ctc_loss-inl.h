// SPDX-License-Identifier: Apache-2.0
// Connectionist temporal classification: forward and backward sums over the states of one target, example by example.

// The states of one target.
struct CtcStates {
  const int32_t* labels;
  int64_t count;
  int64_t blank;

  int64_t class_of(int64_t state) const { return state % 2 == 0 ? blank : labels[state / 2]; }
  // Whether a path may come from state - 2: over a blank, between different labels.
  bool skips(int64_t state) const {
    return state % 2 == 1 && state > 1 && state < count && class_of(state) != class_of(state - 2);
  }
};

// log(exp(a) + exp(b) + exp(c)); NaN if one is.
inline float log_add(float a, float b, float c) {
  float most = a;
  if (b > most) most = b;
  if (c > most) most = c;
  if (most == -INFINITY) return a + b + c;
  return most + logf(expf(a - most) + expf(b - most) + expf(c - most));
}

// log P(target), from the last row of alpha. Without steps, only an empty target is possible.
inline float ctc_total(const float* alpha, int64_t steps, int64_t stride, int64_t states) {
  if (steps == 0) return states == 1 ? 0 : -INFINITY;
  const float* last = alpha + (steps - 1) * stride + states - 1;
  return log_add(last[0], states > 1 ? last[-1] : -INFINITY, -INFINITY);
}

inline void ctc_loss_f32(const float* in, Indices targets, Indices input_lengths, Indices target_lengths, float* loss,
                         float* alpha, const CtcLossParams& p) {
  check_ctc(targets.data, input_lengths.data, target_lengths.data, p);
  if (p.batch == 0) return;
  const int64_t stride = 2 * p.length + 1;
  // 32: a logarithm and three exponentials of a state cost about as much as this many elements of a loop bound by
  // memory
  parallel_for(p.batch, row_grain(32 * p.time * stride), [=](int64_t begin, int64_t end, int) {
    for (int64_t b = begin; b < end; ++b) {
      const CtcStates states{targets.data + b * p.length, 2 * int64_t{target_lengths.data[b]} + 1, p.blank};
      float* rows = alpha + b * p.time * stride;
      for (int64_t i = 0; i < p.time * stride; ++i) rows[i] = -INFINITY;
      for (int64_t t = 0; t < input_lengths.data[b]; ++t) {
        const float* logs = in + (b * p.time + t) * p.classes;
        float* row = rows + t * stride;
        const float* before = t > 0 ? row - stride : row;
        for (int64_t s = 0; s < states.count; ++s) {
          float reached = s < 2 ? 0.0f : -INFINITY;
          if (t > 0)
            reached =
                log_add(before[s], s > 0 ? before[s - 1] : -INFINITY, states.skips(s) ? before[s - 2] : -INFINITY);
          row[s] = reached + logs[states.class_of(s)];
        }
      }
      const float total = ctc_total(rows, input_lengths.data[b], stride, states.count);
      loss[b] = p.zero_infinity != 0 && total == -INFINITY ? 0 : -total;
    }
  });
}

inline void ctc_loss_grad_f32(const float* grad_out, const float* in, Indices targets, Indices input_lengths,
                              Indices target_lengths, const float* alpha, float* grad_in, const CtcLossParams& p) {
  check_ctc(targets.data, input_lengths.data, target_lengths.data, p);
  if (p.batch == 0) return;
  const int64_t stride = 2 * p.length + 1;
  const Scratch scratch(static_cast<size_t>(p.batch) * static_cast<size_t>(2 * stride) * sizeof(float));
  float* betas = scratch.floats();  // of this step and of the one behind it, for each example
  parallel_for(p.batch, row_grain(32 * p.time * stride), [=](int64_t begin, int64_t end, int) {
    for (int64_t b = begin; b < end; ++b) {
      const CtcStates states{targets.data + b * p.length, 2 * int64_t{target_lengths.data[b]} + 1, p.blank};
      const int64_t steps = input_lengths.data[b], count = states.count;
      const float* rows = alpha + b * p.time * stride;
      float* grads = grad_in + b * p.time * p.classes;
      memset(grads, 0, static_cast<size_t>(p.time * p.classes) * sizeof(float));
      const float total = ctc_total(rows, steps, stride, count);
      if (p.zero_infinity != 0 && total == -INFINITY) continue;
      // The logarithm of the probability of everything behind a state.
      float* beta = betas + b * 2 * stride;
      float* behind = beta + stride;
      for (int64_t t = steps - 1; t >= 0; --t) {
        const float* next = in + (b * p.time + t + 1) * p.classes;  // read only where t + 1 < steps
        for (int64_t s = 0; s < count; ++s) {
          beta[s] = s >= count - 2 ? 0.0f : -INFINITY;
          if (t < steps - 1) {
            const float one = s + 1 < count ? behind[s + 1] + next[states.class_of(s + 1)] : -INFINITY;
            const float two = states.skips(s + 2) ? behind[s + 2] + next[states.class_of(s + 2)] : -INFINITY;
            beta[s] = log_add(behind[s] + next[states.class_of(s)], one, two);
          }
          const float passed = expf(rows[t * stride + s] + beta[s] - total);
          grads[t * p.classes + states.class_of(s)] -= passed * grad_out[b];
        }
        float* swap = beta;
        beta = behind;
        behind = swap;
      }
    }
  });
}
