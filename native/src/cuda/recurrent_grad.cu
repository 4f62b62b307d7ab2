// SPDX-License-Identifier: Apache-2.0
// The gradients of recurrent networks, backward through time: a launch for the cell and a product for each step, then
// the products for weights and inputs of all steps at once.
#include "cuda/device/recurrent.cuh"

namespace nabla::cuda {
namespace {

// The gradients that one step hands to the one before it: of h, `direct` and what `product` adds to it; of c.
struct Carried {
  float *direct, *product, *cell;  // [batch, hidden] each
};

template <class T>
struct StepGrad {
  Recurrence r;
  int64_t step;
  Operand grad_out;
  const T *gates, *states;
  const float* cells;
  Carried carried;
  T *of_input, *of_state;  // [batch, time, width], zero where no step is; [batch, width] of this step

  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    const int64_t b = at.quotient, j = at.remainder, all = r.batch * r.hidden, n = r.hidden;
    T* const db = of_state + b * r.width + j;
    const float later = carried.direct[i] + carried.product[i];
    const int64_t time = r.time_of(b, step);
    if (time < 0) {
      for (int64_t gate = 0; gate < r.width; gate += n) db[gate] = 0;
      carried.direct[i] = later;
      return;
    }
    const float grad = later + element(grad_out, (b * r.out_rows + time) * n + j);
    const T* const saved = gates + (step * r.batch + b) * r.saved * n + j;
    T* const da = of_input + (b * r.time + time) * r.width + j;
    const auto kept = [&](int64_t gate) { return widened(saved[gate * n]); };
    const auto put = [&](int64_t gate, float value) { da[gate * n] = db[gate * n] = stored<T>(value); };
    float direct = 0;
    if (r.kind == kCellTanh || r.kind == kCellRelu) {
      const float next = kept(0);
      put(0, grad * (r.kind == kCellTanh ? fmaf(-next, next, 1.0f) : next <= 0 ? 0.0f : 1.0f));
    } else if (r.kind == kCellLstm) {
      const float input = kept(0), forget = kept(1), cell = kept(2), output = kept(3);
      const float squashed = tanhf(cells[(step + 1) * all + i]);
      const float grad_cell = carried.cell[i] + grad * output * fmaf(-squashed, squashed, 1.0f);
      put(0, grad_cell * cell * fmaf(-input, input, input));
      put(1, grad_cell * cells[step * all + i] * fmaf(-forget, forget, forget));
      put(2, grad_cell * input * fmaf(-cell, cell, 1.0f));
      put(3, grad * squashed * fmaf(-output, output, output));
      carried.cell[i] = grad_cell * forget;
    } else {
      const float reset = kept(0), update = kept(1), fresh = kept(2), of_state_n = kept(3);
      const float grad_fresh = grad * (1.0f - update) * fmaf(-fresh, fresh, 1.0f);
      put(0, grad_fresh * of_state_n * fmaf(-reset, reset, reset));
      put(1, grad * (widened(states[step * all + i]) - fresh) * fmaf(-update, update, update));
      da[2 * n] = stored<T>(grad_fresh);
      db[2 * n] = stored<T>(grad_fresh * reset);
      direct = grad * update;
    }
    carried.direct[i] = direct;
  }
};

// From the final state, which stands behind the outputs of a row.
struct Begin {
  Recurrence r;
  Operand grad_out;
  Carried carried;
  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    const int64_t end = (at.quotient * r.out_rows + r.time) * r.hidden + at.remainder;
    carried.direct[i] = element(grad_out, end);
    carried.product[i] = 0;
    if (carried.cell != nullptr) carried.cell[i] = element(grad_out, end + r.hidden);
  }
};

template <class T>
struct End {
  Carried carried;
  T *grad_hidden, *grad_cell;
  __device__ void operator()(int64_t i) const {
    grad_hidden[i] = stored<T>(carried.direct[i] + carried.product[i]);
    if (carried.cell != nullptr) grad_cell[i] = stored<T>(carried.cell[i]);
  }
};

// The input, with zeros where no step reads it.
template <class T>
struct ReadByStep {
  Recurrence r;
  int64_t features;
  Operand in;
  T* out;
  __device__ void operator()(int64_t i) const {
    const Division row(i, features), at(row.quotient, r.time);
    out[i] = at.remainder < r.lengths[at.quotient] ? stored<T>(element(in, i)) : T(0);
  }
};

// The sums over rows are float32, whatever is added.
void sum_rows(const float* terms, float* sums, const ReduceParams& p) { cuda::table().reduce_sum_f32(terms, sums, p); }
void sum_rows(const Bf16* terms, float* sums, const ReduceParams& p) {
  std::get<0>(cuda::table().variants.reduce_sum_f32)(terms, sums, p);
}

template <class T>
void sum_rows(const T* terms, float* sums, int64_t rows, int64_t width) {
  if (rows > 0)
    sum_rows(terms, sums, {1, rows, width});
  else
    check(cudaMemsetAsync(sums, 0, static_cast<size_t>(width) * sizeof(float), stream()), "recurrent_grad");
}

// Given: const float* or Operand; T: float or Bf16. What one step hands to the one before it is float32.
template <class Given, class T>
void recurrent_grad(Given grad_out, Given in, Given weight_ih, Given weight_hh, const T* gates, const T* states,
                    const float* cells, T* grad_in, float* grad_weight_ih, float* grad_weight_hh, float* grad_bias_ih,
                    float* grad_bias_hh, T* grad_hidden, T* grad_cell, const RecurrentParams& p) {
  const Lengths lengths(p);
  const Recurrence r(p, lengths.device());
  const int64_t all = p.batch * p.hidden, rows = p.batch * p.time,
                masked = r.lengths == nullptr ? 0 : rows * p.features;
  const Scratch of_states(static_cast<size_t>(3 * all) * sizeof(float));
  const Scratch of_inputs(static_cast<size_t>(rows * r.width) * sizeof(T));
  const Scratch of_steps(static_cast<size_t>(rows * r.width) * sizeof(T));
  const Scratch read(static_cast<size_t>(masked) * sizeof(T));
  float* const of_state = of_states.as<float>();
  const Carried carried{of_state, of_state + all, p.kind == kCellLstm ? of_state + 2 * all : nullptr};
  T *const da = of_inputs.as<T>(), *const db = of_steps.as<T>();
  if (rows > 0)
    check(cudaMemsetAsync(da, 0, static_cast<size_t>(rows * r.width) * sizeof(T), stream()), "recurrent_grad");
  for_each("recurrent_grad begin", all, Begin{r, as_stored(grad_out), carried});
  const Weight<T> of_in(as_stored(weight_ih), r.width, p.features), of_hidden(as_stored(weight_hh), r.width, p.hidden);
  const int64_t steps = p.batch == 0 ? 0 : p.time;  // of no rows, no buffer bounds how many are named
  for (int64_t step = steps - 1; step >= 0; --step) {
    T* const of_step = db + step * p.batch * r.width;
    for_each("recurrent_grad step", all,
             StepGrad<T>{r, step, as_stored(grad_out), gates, states, cells, carried, da, of_step});
    multiply_rows(as_stored(of_step), of_hidden, false, nullptr, carried.product, p.batch);
  }
  for_each("recurrent_grad end", all, End<T>{carried, grad_hidden, grad_cell});

  multiply_rows(as_stored(da), of_in, false, nullptr, grad_in, rows);
  if (masked > 0) for_each("recurrent_grad input", masked, ReadByStep<T>{r, p.features, as_stored(in), read.as<T>()});
  multiply_columns<T>(as_stored(da), masked > 0 ? as_stored(read.as<T>()) : as_stored(in), grad_weight_ih, r.width,
                      p.features, rows);
  multiply_columns<T>(as_stored(db), as_stored(states), grad_weight_hh, r.width, p.hidden, rows);
  sum_rows(da, grad_bias_ih, rows, r.width);
  sum_rows(db, grad_bias_hh, rows, r.width);
}

}  // namespace

void add_recurrent_grad(KernelTable& table) {
  table.recurrent_grad_f32 = recurrent_grad<const float*, float>;
  table.variants.recurrent_grad_f32 = {recurrent_grad<Operand, Bf16>};
}

}  // namespace nabla::cuda
