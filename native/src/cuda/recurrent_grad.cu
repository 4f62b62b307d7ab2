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

struct StepGrad {
  Recurrence r;
  int64_t step;
  const float *grad_out, *gates, *states, *cells;
  Carried carried;
  float *of_input, *of_state;  // [batch, time, width], zero where no step is; [batch, width] of this step

  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    const int64_t b = at.quotient, j = at.remainder, all = r.batch * r.hidden, n = r.hidden;
    float* const db = of_state + b * r.width + j;
    const float later = carried.direct[i] + carried.product[i];
    const int64_t time = r.time_of(b, step);
    if (time < 0) {
      for (int64_t gate = 0; gate < r.width; gate += n) db[gate] = 0;
      carried.direct[i] = later;
      return;
    }
    const float grad = later + grad_out[(b * r.out_rows + time) * n + j];
    const float* kept = gates + (step * r.batch + b) * r.saved * n + j;
    float* const da = of_input + (b * r.time + time) * r.width + j;
    float direct = 0;
    if (r.kind == kCellTanh || r.kind == kCellRelu) {
      const float slope = r.kind == kCellTanh ? fmaf(-kept[0], kept[0], 1.0f) : kept[0] <= 0 ? 0.0f : 1.0f;
      da[0] = db[0] = grad * slope;
    } else if (r.kind == kCellLstm) {
      const float input = kept[0], forget = kept[n], cell = kept[2 * n], output = kept[3 * n];
      const float squashed = tanhf(cells[(step + 1) * all + i]);
      const float grad_cell = carried.cell[i] + grad * output * fmaf(-squashed, squashed, 1.0f);
      da[0] = db[0] = grad_cell * cell * fmaf(-input, input, input);
      da[n] = db[n] = grad_cell * cells[step * all + i] * fmaf(-forget, forget, forget);
      da[2 * n] = db[2 * n] = grad_cell * input * fmaf(-cell, cell, 1.0f);
      da[3 * n] = db[3 * n] = grad * squashed * fmaf(-output, output, output);
      carried.cell[i] = grad_cell * forget;
    } else {
      const float reset = kept[0], update = kept[n], fresh = kept[2 * n], of_state_n = kept[3 * n];
      const float grad_fresh = grad * (1.0f - update) * fmaf(-fresh, fresh, 1.0f);
      da[0] = db[0] = grad_fresh * of_state_n * fmaf(-reset, reset, reset);
      da[n] = db[n] = grad * (states[step * all + i] - fresh) * fmaf(-update, update, update);
      da[2 * n] = grad_fresh;
      db[2 * n] = grad_fresh * reset;
      direct = grad * update;
    }
    carried.direct[i] = direct;
  }
};

// From the final state, which stands behind the outputs of a row.
struct Begin {
  Recurrence r;
  const float* grad_out;
  Carried carried;
  bool has_cell;
  __device__ void operator()(int64_t i) const {
    const Division at(i, r.hidden);
    const float* const end = grad_out + (at.quotient * r.out_rows + r.time) * r.hidden + at.remainder;
    carried.direct[i] = end[0];
    carried.product[i] = 0;
    if (has_cell) carried.cell[i] = end[r.hidden];
  }
};

struct Add {
  const float *a, *b;
  float* sum;
  __device__ void operator()(int64_t i) const { sum[i] = a[i] + b[i]; }
};

// The input, with zeros where no step reads it.
struct ReadByStep {
  Recurrence r;
  int64_t features;
  const float* in;
  float* out;
  __device__ void operator()(int64_t i) const {
    const Division row(i, features), at(row.quotient, r.time);
    out[i] = at.remainder < r.lengths[at.quotient] ? in[i] : 0.0f;
  }
};

void recurrent_grad_f32(const float* grad_out, const float* in, const float* weight_ih, const float* weight_hh,
                        const float* gates, const float* states, const float* cells, float* grad_in,
                        float* grad_weight_ih, float* grad_weight_hh, float* grad_bias_ih, float* grad_bias_hh,
                        float* grad_hidden, float* grad_cell, const RecurrentParams& p) {
  const Lengths lengths(p);
  const Recurrence r(p, lengths.device());
  const int64_t all = p.batch * p.hidden, rows = p.batch * p.time,
                masked = r.lengths == nullptr ? 0 : rows * p.features;
  const Scratch scratch(static_cast<size_t>(2 * all + 2 * rows * r.width + masked) * sizeof(float));
  float *const of_input = scratch.as<float>() + 2 * all, *const of_state = of_input + rows * r.width;
  const bool has_cell = p.kind == kCellLstm;
  const Carried carried{scratch.as<float>(), scratch.as<float>() + all, has_cell ? grad_cell : nullptr};
  if (rows > 0)
    check(cudaMemsetAsync(of_input, 0, static_cast<size_t>(rows * r.width) * sizeof(float), stream()),
          "recurrent_grad");
  for_each("recurrent_grad begin", all, Begin{r, grad_out, carried, has_cell});
  const int64_t steps = p.batch == 0 ? 0 : p.time;  // of no rows, no buffer bounds how many are named
  for (int64_t step = steps - 1; step >= 0; --step) {
    float* const of_step = of_state + step * p.batch * r.width;
    for_each("recurrent_grad step", all, StepGrad{r, step, grad_out, gates, states, cells, carried, of_input, of_step});
    multiply_rows(of_step, weight_hh, nullptr, carried.product, p.batch, p.hidden, r.width, false);
  }
  for_each("recurrent_grad end", all, Add{carried.direct, carried.product, grad_hidden});

  multiply_rows(of_input, weight_ih, nullptr, grad_in, rows, p.features, r.width, false);
  if (masked > 0) {
    float* const read = of_state + rows * r.width;
    for_each("recurrent_grad input", masked, ReadByStep{r, p.features, in, read});
    in = read;
  }
  multiply_columns(of_input, in, grad_weight_ih, r.width, p.features, rows);
  multiply_columns(of_state, states, grad_weight_hh, r.width, p.hidden, rows);
  const auto sum_rows = [&](const float* terms, float* sums) {
    if (rows > 0)
      cuda::table().reduce_sum_f32(terms, sums, {1, rows, r.width});
    else
      check(cudaMemsetAsync(sums, 0, static_cast<size_t>(r.width) * sizeof(float), stream()), "recurrent_grad");
  };
  sum_rows(of_input, grad_bias_ih);
  sum_rows(of_state, grad_bias_hh);
}

}  // namespace

void add_recurrent_grad(KernelTable& table) { table.recurrent_grad_f32 = recurrent_grad_f32; }

}  // namespace nabla::cuda
