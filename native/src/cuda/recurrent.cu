// SPDX-License-Identifier: Apache-2.0
// Recurrent networks over whole sequences, forward: the products with the inputs of all times at once, then for each
// step the product with the state and one launch for the cell.
#include "cuda/device/activations.cuh"
#include "cuda/device/recurrent.cuh"

namespace nabla::cuda {
namespace {

template <class T>
struct Start {
  Operand hidden_before, cell_before;
  float* hidden;  // [batch, hidden]
  T* states;
  float* cells;
  __device__ void operator()(int64_t i) const {
    hidden[i] = element(hidden_before, i);
    states[i] = stored<T>(hidden[i]);
    if (cells != nullptr) cells[i] = element(cell_before, i);
  }
};

template <class T>
struct Step {
  Recurrence r;
  int64_t step;
  const T* of_input;      // [batch, time, width], bias added
  const float* of_state;  // [batch, width], bias added
  float* hidden;
  T *out, *gates, *states;
  float* cells;

  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    const int64_t b = at.quotient, j = at.remainder, all = r.batch * r.hidden, n = r.hidden;
    const float h = hidden[i], c = cells == nullptr ? 0.0f : cells[step * all + i];
    const int64_t time = r.time_of(b, step);
    if (time < 0) {  // the row has ended
      states[(step + 1) * all + i] = states[step * all + i];
      if (cells != nullptr) cells[(step + 1) * all + i] = c;
      return;
    }
    const T* const a = of_input + (b * r.time + time) * r.width + j;
    const float* const s = of_state + b * r.width + j;
    T* const kept = gates + (step * r.batch + b) * r.saved * n + j;
    const auto sum = [&](int64_t gate) { return widened(a[gate * n]) + s[gate * n]; };
    const auto keep = [&](int64_t gate, float value) { kept[gate * n] = stored<T>(value); };
    float next = 0;
    if (r.kind == kCellTanh || r.kind == kCellRelu) {
      next = r.kind == kCellTanh ? tanhf(sum(0)) : rectify(sum(0));
      keep(0, next);
    } else if (r.kind == kCellLstm) {
      const float input = sigmoid(sum(0)), forget = sigmoid(sum(1)), cell = tanhf(sum(2)), output = sigmoid(sum(3));
      const float next_cell = fmaf(forget, c, input * cell);
      next = output * tanhf(next_cell);
      keep(0, input), keep(1, forget), keep(2, cell), keep(3, output);
      cells[(step + 1) * all + i] = next_cell;
    } else {
      const float reset = sigmoid(sum(0)), update = sigmoid(sum(1)), of_state_n = s[2 * n];
      const float fresh = tanhf(fmaf(reset, of_state_n, widened(a[2 * n])));
      next = fmaf(update, h - fresh, fresh);
      keep(0, reset), keep(1, update), keep(2, fresh), keep(3, of_state_n);
    }
    hidden[i] = next;
    states[(step + 1) * all + i] = stored<T>(next);
    out[(b * r.out_rows + time) * n + j] = stored<T>(next);
  }
};

// The final state behind the outputs of a row.
template <class T>
struct Final {
  Recurrence r;
  const float *hidden, *cell;
  T* out;
  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    T* const end = out + (at.quotient * r.out_rows + r.time) * r.hidden + at.remainder;
    end[0] = stored<T>(hidden[i]);
    if (cell != nullptr) end[r.hidden] = stored<T>(cell[i]);
  }
};

// Given: const float* or Operand; T: float or Bf16. What one step hands to the next is float32; the product with it
// reads h as it is kept.
template <class Given, class T>
void recurrent(Given in, Given weight_ih, Given weight_hh, const float* bias_ih, const float* bias_hh,
               Given hidden_before, Given cell_before, T* out, T* gates, T* states, float* cells,
               const RecurrentParams& p) {
  if (p.batch == 0) return;
  const Lengths lengths(p);
  const Recurrence r(p, lengths.device());
  const int64_t all = p.batch * p.hidden, rows = p.batch * p.time;
  const Scratch of_inputs(static_cast<size_t>(rows * r.width) * sizeof(T));
  const Scratch of_step(static_cast<size_t>(p.batch * r.width + all) * sizeof(float));
  float *const of_state = of_step.as<float>(), *const hidden = of_state + p.batch * r.width;
  float* const kept_cells = p.kind == kCellLstm ? cells : nullptr;
  if (p.has_bias == 0) bias_ih = bias_hh = nullptr;
  check(cudaMemsetAsync(out, 0, static_cast<size_t>(all * r.out_rows) * sizeof(T), stream()), "recurrent");
  for_each("recurrent start", all,
           Start<T>{as_stored(hidden_before), as_stored(cell_before), hidden, states, kept_cells});
  const Weight<T> of_in(as_stored(weight_ih), r.width, p.features), of_hidden(as_stored(weight_hh), r.width, p.hidden);
  multiply_rows(as_stored(in), of_in, true, bias_ih, of_inputs.as<T>(), rows);
  for (int64_t step = 0; step < p.time; ++step) {
    multiply_rows(as_stored(states + step * all), of_hidden, true, bias_hh, of_state, p.batch);
    for_each("recurrent step", all,
             Step<T>{r, step, of_inputs.as<T>(), of_state, hidden, out, gates, states, kept_cells});
  }
  for_each("recurrent end", all, Final<T>{r, hidden, kept_cells == nullptr ? nullptr : kept_cells + p.time * all, out});
}

}  // namespace

void add_recurrent(KernelTable& table) {
  table.recurrent_f32 = recurrent<const float*, float>;
  table.variants.recurrent_f32 = {recurrent<Operand, Bf16>};
}

}  // namespace nabla::cuda
