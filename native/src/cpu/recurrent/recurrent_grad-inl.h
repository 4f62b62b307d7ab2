// SPDX-License-Identifier: Apache-2.0
// Backward through time: step by step the gradients by what goes into the gates, then the gradients of weights, biases
// and input over all steps at once.

inline void recurrent_step_row_grad(const RecurrentParams& p, const float* gates, const float* hidden_before,
                                    const float* cell_before, const float* cell, float* grad_hidden, float* grad_cell,
                                    float* grad_gates) {
  switch (p.kind) {
    case kCellTanh:
      return plain_step_grad<tanh_derivative>(gates, grad_hidden, grad_gates, p.hidden);
    case kCellRelu:
      return plain_step_grad<rectify_derivative>(gates, grad_hidden, grad_gates, p.hidden);
    case kCellLstm:
      return lstm_step_grad(gates, cell_before, cell, grad_hidden, grad_cell, grad_gates, p.hidden);
    default:
      return gru_step_grad(gates, hidden_before, grad_hidden, grad_gates, p.hidden);
  }
}

// The gradients of the biases from the sums over the columns of `grad_gates`, [rows, stride].
inline void recurrent_grad_bias(const float* grad_gates, int64_t rows, int64_t stride, const RecurrentSizes& sizes,
                                float* sums, float* grad_bias_ih, float* grad_bias_hh) {
  if (rows == 0) {
    memset(sums, 0, static_cast<size_t>(stride) * sizeof(float));
  } else {
    reduce_sum_f32(grad_gates, sums, {1, rows, stride});
  }
  memcpy(grad_bias_ih, sums, static_cast<size_t>(sizes.width) * sizeof(float));
  for (int i = 0; i < sizes.parts; ++i) {
    const RecurrentPart& part = sizes.part[i];
    memcpy(grad_bias_hh + part.row, sums + part.first, static_cast<size_t>(part.count) * sizeof(float));
  }
}

inline void recurrent_grad_f32(const float* grad_out, const float* in, const float* weight_ih, const float* weight_hh,
                               const float* gates, const float* states, const float* cells, float* grad_in,
                               float* grad_weight_ih, float* grad_weight_hh, float* grad_bias_ih, float* grad_bias_hh,
                               float* grad_hidden, float* grad_cell, const RecurrentParams& p) {
  const RecurrentSizes sizes = recurrent_sizes(p);
  const int64_t hidden = p.hidden, features = p.features, width = sizes.width;
  const int64_t rows = p.time * p.batch, state = p.batch * hidden;
  const bool lstm = p.kind == kCellLstm;
  const int64_t stride = own_stride(sizes.saved), per_row = p.time + sizes.states;
  const Scratch scratch(static_cast<size_t>(rows * stride + rows * features + stride) * sizeof(float));
  float* grad_gates = scratch.floats();        // [time, batch, saved], rows `stride` apart
  float* inputs = grad_gates + rows * stride;  // [time, batch, features]; later the gradients by them
  float* sums = inputs + rows * features;

  for (int64_t row = 0; row < p.batch; ++row) {
    const float* last = grad_out + (row * per_row + p.time) * hidden;
    memcpy(grad_hidden + row * hidden, last, static_cast<size_t>(hidden) * sizeof(float));
    if (lstm) memcpy(grad_cell + row * hidden, last + hidden, static_cast<size_t>(hidden) * sizeof(float));
  }
  const StepProduct product(p.batch, width);
  const int64_t steps = p.batch == 0 ? 0 : p.time;  // no buffer bounds the time of no rows
  for (int64_t step = steps - 1; step >= 0; --step) {
    float* step_grad = grad_gates + step * p.batch * stride;
    parallel_for(p.batch, step_grain(sizes), [&](int64_t begin, int64_t end, int) {
      for (int64_t row = begin; row < end; ++row) {
        float* to = step_grad + row * stride;
        if (step >= steps_of(p, row)) {
          memset(to, 0, static_cast<size_t>(stride) * sizeof(float));
          continue;
        }
        memset(to + sizes.saved, 0, static_cast<size_t>(stride - sizes.saved) * sizeof(float));
        const int64_t at = step * state + row * hidden;
        const float* from = grad_out + (row * per_row + time_of(p, row, step)) * hidden;
        float* grad_h = grad_hidden + row * hidden;
        for_vectors(0, hidden, [=](int64_t j, int lanes) {
          store_lanes(grad_h + j, add(load_lanes(grad_h + j, lanes), load_lanes(from + j, lanes)), lanes);
        });
        recurrent_step_row_grad(p, gates + (step * p.batch + row) * sizes.saved, states + at,
                                lstm ? cells + at : nullptr, lstm ? cells + at + state : nullptr, grad_h,
                                lstm ? grad_cell + row * hidden : nullptr, to);
      }
    });
    for (int i = 0; i < sizes.parts; ++i) {
      const RecurrentPart& part = sizes.part[i];
      Gemm g{p.batch,
             hidden,
             part.count,
             matrix(step_grad + part.first, stride, false),
             matrix(weight_hh + part.row * hidden, hidden, false),
             grad_hidden,
             hidden};
      g.beta = 1;
      product.run(g);
    }
  }

  input_in_steps(in, p, inputs);
  gemm_parallel({width, features, rows, matrix(grad_gates, stride, true), matrix(inputs, features, false),
                 grad_weight_ih, features});
  for (int i = 0; i < sizes.parts; ++i) {
    const RecurrentPart& part = sizes.part[i];
    gemm_parallel({part.count, hidden, rows, matrix(grad_gates + part.first, stride, true),
                   matrix(states, hidden, false), grad_weight_hh + part.row * hidden, hidden});
  }
  recurrent_grad_bias(grad_gates, rows, stride, sizes, sums, grad_bias_ih, grad_bias_hh);
  gemm_parallel(
      {rows, features, width, matrix(grad_gates, stride, false), matrix(weight_ih, features, false), inputs, features});
  for_steps(p, [&](int64_t from, int64_t to, bool) {
    memcpy(grad_in + to * features, inputs + from * features, static_cast<size_t>(features) * sizeof(float));
  });
}
