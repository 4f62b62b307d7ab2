// SPDX-License-Identifier: Apache-2.0
// Recurrent networks over whole sequences, forward: the products with the inputs of all times at once, then for each
// step the product with the state and one launch for the cell.
#include "cuda/device/activations.cuh"
#include "cuda/device/recurrent.cuh"

namespace nabla::cuda {
namespace {

struct Step {
  Recurrence r;
  int64_t step;
  const float *of_input, *of_state;  // [batch, time, width], [batch, width], biases added
  float *out, *gates, *states, *cells;

  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    const int64_t b = at.quotient, j = at.remainder, all = r.batch * r.hidden;
    const float h = states[step * all + i], c = cells == nullptr ? 0.0f : cells[step * all + i];
    const int64_t time = r.time_of(b, step);
    if (time < 0) {  // the row has ended
      states[(step + 1) * all + i] = h;
      if (cells != nullptr) cells[(step + 1) * all + i] = c;
      return;
    }
    const float* a = of_input + (b * r.time + time) * r.width + j;
    const float* s = of_state + b * r.width + j;
    float* kept = gates + (step * r.batch + b) * r.saved * r.hidden + j;
    const int64_t n = r.hidden;
    float next = 0;
    if (r.kind == kCellTanh || r.kind == kCellRelu) {
      next = r.kind == kCellTanh ? tanhf(a[0] + s[0]) : rectify(a[0] + s[0]);
      kept[0] = next;
    } else if (r.kind == kCellLstm) {
      const float input = sigmoid(a[0] + s[0]), forget = sigmoid(a[n] + s[n]);
      const float cell = tanhf(a[2 * n] + s[2 * n]), output = sigmoid(a[3 * n] + s[3 * n]);
      const float next_cell = fmaf(forget, c, input * cell);
      next = output * tanhf(next_cell);
      kept[0] = input, kept[n] = forget, kept[2 * n] = cell, kept[3 * n] = output;
      cells[(step + 1) * all + i] = next_cell;
    } else {
      const float reset = sigmoid(a[0] + s[0]), update = sigmoid(a[n] + s[n]), of_state_n = s[2 * n];
      const float fresh = tanhf(fmaf(reset, of_state_n, a[2 * n]));
      next = fmaf(update, h - fresh, fresh);
      kept[0] = reset, kept[n] = update, kept[2 * n] = fresh, kept[3 * n] = of_state_n;
    }
    states[(step + 1) * all + i] = next;
    out[(b * r.out_rows + time) * r.hidden + j] = next;
  }
};

// The final state behind the outputs of a row.
struct Final {
  Recurrence r;
  const float *hidden, *cell;
  float* out;
  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    float* const end = out + (at.quotient * r.out_rows + r.time) * r.hidden + at.remainder;
    end[0] = hidden[i];
    if (cell != nullptr) end[r.hidden] = cell[i];
  }
};

void recurrent_f32(const float* in, const float* weight_ih, const float* weight_hh, const float* bias_ih,
                   const float* bias_hh, const float* hidden_before, const float* cell_before, float* out, float* gates,
                   float* states, float* cells, const RecurrentParams& p) {
  if (p.batch == 0) return;
  const Lengths lengths(p);
  const Recurrence r(p, lengths.device());
  const int64_t all = p.batch * p.hidden;
  const Scratch scratch(static_cast<size_t>(p.batch * (p.time + 1) * r.width) * sizeof(float));
  float *const of_input = scratch.as<float>(), *const of_state = of_input + p.batch * p.time * r.width;
  float* const kept_cells = p.kind == kCellLstm ? cells : nullptr;
  const auto copy = [&](float* to, const float* from) {
    check(cudaMemcpyAsync(to, from, static_cast<size_t>(all) * sizeof(float), cudaMemcpyDeviceToDevice, stream()),
          "recurrent");
  };
  check(cudaMemsetAsync(out, 0, static_cast<size_t>(all * r.out_rows) * sizeof(float), stream()), "recurrent");
  copy(states, hidden_before);
  if (kept_cells != nullptr) copy(cells, cell_before);
  multiply_rows(in, weight_ih, p.has_bias ? bias_ih : nullptr, of_input, p.batch * p.time, r.width, p.features, true);
  for (int64_t step = 0; step < p.time; ++step) {
    multiply_rows(states + step * all, weight_hh, p.has_bias ? bias_hh : nullptr, of_state, p.batch, r.width, p.hidden,
                  true);
    for_each("recurrent step", all, Step{r, step, of_input, of_state, out, gates, states, kept_cells});
  }
  for_each("recurrent end", all,
           Final{r, states + p.time * all, kept_cells == nullptr ? nullptr : cells + p.time * all, out});
}

}  // namespace

void add_recurrent(KernelTable& table) { table.recurrent_f32 = recurrent_f32; }

}  // namespace nabla::cuda
