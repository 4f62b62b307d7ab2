// SPDX-License-Identifier: Apache-2.0
// A recurrent network over a sequence: the rows are put in the order of their steps, one product gives what the input
// adds to the gates of all steps, then each step is one product with the states and one pass over its rows.

// The rows of weight_hh in [row, row + count) give the blocks of a step's kept numbers that start at `first`.
struct RecurrentPart {
  int64_t first, row, count;
};

// Sizes that follow from the kind of cell, in elements.
struct RecurrentSizes {
  int64_t width;   // rows of a weight
  int64_t saved;   // numbers kept of a row and step
  int64_t states;  // tensors that a step hands to the next
  int parts;
  RecurrentPart part[2];
};

inline RecurrentSizes recurrent_sizes(const RecurrentParams& p) {
  const int64_t h = p.hidden;
  if (p.kind == kCellLstm) return {4 * h, 4 * h, 2, 1, {{0, 0, 4 * h}}};
  if (p.kind == kCellGru) return {3 * h, 4 * h, 1, 2, {{0, 0, 2 * h}, {3 * h, 2 * h, h}}};
  return {h, h, 1, 1, {{0, 0, h}}};
}

inline int64_t steps_of(const RecurrentParams& p, int64_t row) {
  return p.lengths.count == 0 ? p.time : p.lengths.items[row];
}

// Where a step of a row is in time; a step that the row does not take is where it would be in padding.
inline int64_t time_of(const RecurrentParams& p, int64_t row, int64_t step) {
  const int64_t steps = steps_of(p, row);
  return p.reverse && step < steps ? steps - 1 - step : step;
}

// Calls f(row of [time, batch], row of [batch, time], whether the step is taken) for every step of every row.
template <class Function>
inline void for_steps(const RecurrentParams& p, const Function& f) {
  parallel_for(p.time * p.batch, row_grain(p.features), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t step = i / p.batch, row = i % p.batch;
      f(i, row * p.time + time_of(p, row, step), step < steps_of(p, row));
    }
  });
}

// The input as [time, batch, features] in the order of steps; zeros where a step is not taken.
inline void input_in_steps(const float* in, const RecurrentParams& p, float* out) {
  const size_t bytes = static_cast<size_t>(p.features) * sizeof(float);
  for_steps(p, [&](int64_t to, int64_t from, bool taken) {
    if (taken)
      memcpy(out + to * p.features, in + from * p.features, bytes);
    else
      memset(out + to * p.features, 0, bytes);
  });
}

// Elements from one row to the next of a matrix of `columns` columns of our own: rows that compete for the same cache
// lines would have to be packed for every product.
inline int64_t own_stride(int64_t columns) { return rows_collide(columns) ? columns + kLanes : columns; }

// out[j * stride + i] = in[i * columns + j]
inline void transpose_matrix(const float* in, int64_t rows, int64_t columns, float* out, int64_t stride) {
  parallel_for(divide_up(columns, kLanes), row_grain(rows * kLanes), [=](int64_t begin, int64_t end, int) {
    for (int64_t block = begin; block < end; ++block)
      for (int64_t i = 0; i < rows; i += kLanes) {
        const int64_t j = block * kLanes, height = smaller(kLanes, rows - i), width = smaller(kLanes, columns - j);
        F32 tile[kLanes];
        for (int64_t k = 0; k < kLanes; ++k)
          tile[k] = k < height ? load_partial(in + (i + k) * columns + j, width) : zero();
        transpose(tile);
        for (int64_t k = 0; k < width; ++k) store_partial(out + (j + k) * stride + i, tile[k], height);
      }
  });
}

// The product of one step. Threads take panels of columns: no operand is packed, and the panel of the weight that a
// thread reads stays in its cache from step to step.
class StepProduct {
 public:
  StepProduct(int64_t rows, int64_t depth)
      : floats_(gemm_workspace(rows, kTileColumns, depth)),
        scratch_(static_cast<size_t>(floats_ * thread_count()) * sizeof(float)) {}

  void run(const Gemm& g) const {
    const int64_t work = 2 * g.m * kTileColumns * g.k + 1;
    parallel_for(
        divide_up(g.n, kTileColumns), divide_up(kParallelWork, work), [&](int64_t begin, int64_t end, int worker) {
          for (int64_t panel = begin; panel < end; ++panel) {
            const int64_t j = panel * kTileColumns;
            gemm_block(part_of(g, 0, j, g.m, smaller(g.n, j + kTileColumns)), scratch_.floats() + worker * floats_);
          }
        });
  }

 private:
  int64_t floats_;
  Scratch scratch_;
};

// Rows that are worth a thread in the pass over a step.
inline int64_t step_grain(const RecurrentSizes& sizes) { return divide_up(kFunctionGrain, sizes.saved); }

inline void recurrent_step_row(const RecurrentParams& p, float* gates, const float* hidden_before,
                               const float* cell_before, float* hidden, float* cell) {
  switch (p.kind) {
    case kCellTanh:
      return plain_step<tanh>(gates, hidden, p.hidden);
    case kCellRelu:
      return plain_step<rectify>(gates, hidden, p.hidden);
    case kCellLstm:
      return lstm_step(gates, cell_before, hidden, cell, p.hidden);
    default:
      return gru_step(gates, hidden_before, hidden, p.hidden);
  }
}

inline void recurrent_f32(const float* in, const float* weight_ih, const float* weight_hh, const float* bias_ih,
                          const float* bias_hh, const float* hidden_before, const float* cell_before, float* out,
                          float* gates, float* states, float* cells, const RecurrentParams& p) {
  const RecurrentSizes sizes = recurrent_sizes(p);
  const int64_t hidden = p.hidden, rows = p.time * p.batch, state = p.batch * hidden;
  const size_t row_bytes = static_cast<size_t>(hidden) * sizeof(float);
  const bool lstm = p.kind == kCellLstm;
  const int64_t stride = own_stride(sizes.width), floats = rows * p.features + hidden * stride + sizes.width;
  const Scratch scratch(static_cast<size_t>(floats) * sizeof(float));
  float* inputs = scratch.floats();             // [time, batch, features]
  float* weights = inputs + rows * p.features;  // [hidden, width]
  float* bias = weights + hidden * stride;      // [width], of the gates that only add both

  input_in_steps(in, p, inputs);
  transpose_matrix(weight_hh, sizes.width, hidden, weights, stride);
  // gru's last block of bias_hh is added to q instead
  for (int64_t j = 0; p.has_bias && j < sizes.width; ++j)
    bias[j] = bias_ih[j] + (j < sizes.part[0].count ? bias_hh[j] : 0.0f);
  Gemm from_input{
      rows,  sizes.width, p.features, matrix(inputs, p.features, false), matrix(weight_ih, p.features, true),
      gates, sizes.saved};
  if (p.has_bias) from_input.epilogue.bias = bias;
  gemm_parallel(from_input);

  memcpy(states, hidden_before, static_cast<size_t>(state) * sizeof(float));
  if (lstm) memcpy(cells, cell_before, static_cast<size_t>(state) * sizeof(float));
  const StepProduct product(p.batch, hidden);
  for (int64_t step = 0; step < p.time; ++step) {
    float* step_gates = gates + step * p.batch * sizes.saved;
    const float* before = states + step * state;
    for (int i = 0; i < sizes.parts; ++i) {
      const RecurrentPart& part = sizes.part[i];
      Gemm g{p.batch,
             part.count,
             hidden,
             matrix(before, hidden, false),
             matrix(weights + part.row, stride, false),
             step_gates + part.first,
             sizes.saved};
      if (i == 0) g.beta = 1;
      if (i == 1 && p.has_bias) g.epilogue.bias = bias_hh + part.row;
      product.run(g);
    }
    parallel_for(p.batch, step_grain(sizes), [&](int64_t begin, int64_t end, int) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t at = step * state + row * hidden, next = at + state;
        float* to = out + (row * (p.time + sizes.states) + time_of(p, row, step)) * hidden;
        if (step < steps_of(p, row)) {
          recurrent_step_row(p, step_gates + row * sizes.saved, states + at, lstm ? cells + at : nullptr, states + next,
                             lstm ? cells + next : nullptr);
          memcpy(to, states + next, row_bytes);
        } else {
          memcpy(states + next, states + at, row_bytes);
          if (lstm) memcpy(cells + next, cells + at, row_bytes);
          memset(to, 0, row_bytes);
        }
      }
    });
  }
  for (int64_t row = 0; row < p.batch; ++row) {
    float* to = out + (row * (p.time + sizes.states) + p.time) * hidden;
    memcpy(to, states + p.time * state + row * hidden, row_bytes);
    if (lstm) memcpy(to + hidden, cells + p.time * state + row * hidden, row_bytes);
  }
}
