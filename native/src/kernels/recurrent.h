// SPDX-License-Identifier: Apache-2.0
// Recurrent networks over whole sequences. Row b takes lengths[b] steps, step s at the time s, or with `reverse` at
// lengths[b] - 1 - s; without lengths every row takes `time` steps. With x the input of a step, h the state before it
// and, by PyTorch's names and order of gates, a = weight_ih x + bias_ih and b = weight_hh h + bias_hh:
//   tanh, relu   h' = activation(a + b)
//   lstm         i, f, g, o = sigmoid, sigmoid, tanh, sigmoid of a + b;  c' = f c + i g;  h' = o tanh(c')
//   gru          r, z = sigmoid of a + b;  q = b_n;  n = tanh(a_n + r q);  h' = (1 - z) n + z h
// h' is the output at that time. Steps that a row does not take leave its state, and the output is 0 at times >= its
// length, where the input is not read. Behind the outputs of a row come its final h and, of lstm, c.
//
// Kept for the gradient: gates [time, batch, saved * hidden], which are h', (i, f, g, o) or (r, z, n, q) of each step
// (unspecified where a row does not take it), states [time + 1, batch, hidden], h before each step and at the end, and
// of lstm cells, c likewise. Row-major and contiguous; no output may overlap anything. A NaN spreads as the formulas
// say. Where these, the input and the output are stored as bf16, cells are float32 still, and so is h from step to
// step.
#pragma once
#include "kernels/contract.h"
#include "kernels/operand.h"

namespace nabla {

// The order is that of packages/core/src/backend/definitions/recurrent-cells.ts.
enum RecurrentCell : int64_t { kCellTanh, kCellRelu, kCellLstm, kCellGru };

struct RecurrentParams {
  int64_t batch;
  int64_t time;      // >= 1
  int64_t features;  // of the input
  int64_t hidden;    // >= 1
  int64_t kind;      // kCellTanh .. kCellGru
  int64_t reverse;   // 0 or 1
  int64_t has_bias;  // 0 or 1; the gradient gives those of both biases in any case
  Integers lengths;  // `batch` numbers from 1 to time, or none

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("time", time);
    field("features", features);
    field("hidden", hidden);
    field("kind", kind);
    field("reverse", reverse);
    field("has_bias", has_bias);
    field("lengths", lengths);
  }

  // Blocks of `hidden`: rows of a weight, numbers kept of a step, tensors that a step hands to the next.
  int64_t gates() const { return kind == kCellLstm ? 4 : kind == kCellGru ? 3 : 1; }
  int64_t saved() const { return kind == kCellLstm || kind == kCellGru ? 4 : 1; }
  int64_t states() const { return kind == kCellLstm ? 2 : 1; }

  Extent width() const { return Extent(gates()) * hidden; }
  Extent in() const { return Extent(batch) * time * features; }
  Extent state() const { return Extent(batch) * hidden; }
  Extent cell() const { return kind == kCellLstm ? state() : Extent(0); }
  Extent out() const { return state() * (Extent(time) + states()); }
  Extent kept() const { return state() * time * saved(); }
  Extent all_states() const { return state() * (Extent(time) + 1); }
  Extent all_cells() const { return cell() * (Extent(time) + 1); }
  void check(Rules& rules) const {
    rules.at_least("batch", batch, 0);
    rules.at_least("time", time, 1);
    rules.at_least("features", features, 0);
    rules.at_least("hidden", hidden, 1);
    rules.at_least("kind", kind, kCellTanh);
    rules.at_most("kind", kind, kCellGru);
    if (lengths.count == 0) return;
    rules.equal("the number of lengths", lengths.count, batch);
    for (int64_t row = 0; row < lengths.count; ++row) {
      rules.at_least("every length", lengths.items[row], 1);
      rules.at_most("every length", lengths.items[row], time);
    }
  }
};

struct Recurrent {
  using Params = RecurrentParams;
  template <class Given, class T>
  using FunctionOf = void (*)(Given in, Given weight_ih, Given weight_hh, const float* bias_ih, const float* bias_hh,
                              Given hidden_before, Given cell_before, T* out, T* gates, T* states, float* cells,
                              const RecurrentParams& params);
  using Function = FunctionOf<const float*, float>;
  using Variants = std::tuple<FunctionOf<Operand, Bf16>>;  // whatever it is given as

  static std::array<Touch, 11> contract(const RecurrentParams& p, Rules& rules) {
    p.check(rules);
    const Extent bias = p.has_bias ? p.width() : Extent(0);
    return {{{"in", p.in()},
             {"weight_ih", p.width() * p.features},
             {"weight_hh", p.width() * p.hidden},
             {"bias_ih", bias},
             {"bias_hh", bias},
             {"hidden_before", p.state()},
             {"cell_before", p.cell()},
             {"out", p.out()},
             {"gates", p.kept()},
             {"states", p.all_states()},
             {"cells", p.all_cells()}}};
  }
};

// The gradients, backward through time, from the gradient of `out`. With da and db those by a and b of each step:
//   grad_in = da weight_ih        grad_weight_ih = sum da^T x        grad_bias_ih = sum da
//   grad_h = db weight_hh + what goes straight to h (gru: z times the gradient of h')
//   grad_weight_hh = sum db^T h   grad_bias_hh = sum db
// The sums are over all steps and rows, in an order that does not depend on the number of threads.
struct RecurrentGrad {
  using Params = RecurrentParams;
  template <class Given, class T>
  using FunctionOf = void (*)(Given grad_out, Given in, Given weight_ih, Given weight_hh, const T* gates,
                              const T* states, const float* cells, T* grad_in, float* grad_weight_ih,
                              float* grad_weight_hh, float* grad_bias_ih, float* grad_bias_hh, T* grad_hidden,
                              T* grad_cell, const RecurrentParams& params);
  using Function = FunctionOf<const float*, float>;
  using Variants = std::tuple<FunctionOf<Operand, Bf16>>;

  static std::array<Touch, 14> contract(const RecurrentParams& p, Rules& rules) {
    p.check(rules);
    return {{{"grad_out", p.out()},
             {"in", p.in()},
             {"weight_ih", p.width() * p.features},
             {"weight_hh", p.width() * p.hidden},
             {"gates", p.kept()},
             {"states", p.all_states()},
             {"cells", p.all_cells()},
             {"grad_in", p.in()},
             {"grad_weight_ih", p.width() * p.features},
             {"grad_weight_hh", p.width() * p.hidden},
             {"grad_bias_ih", p.width()},
             {"grad_bias_hh", p.width()},
             {"grad_hidden", p.state()},
             {"grad_cell", p.cell()}}};
  }
};

}  // namespace nabla
