// SPDX-License-Identifier: Apache-2.0
// Connectionist temporal classification: the negative logarithm of the probability of targets over all their
// alignments. A target of n labels has 2 n + 1 states, blanks between, before and behind its labels:
//   alpha[b, t, s] = in[b, t, class(s)] + log(sum of exp(alpha[b, t - 1, r])),  r = s, s - 1, and s - 2 if s is a label
//                    other than the one before it; at t = 0 only the first two states are possible
//   loss[b] = -log(exp(alpha[b, last step, last state]) + exp(alpha[b, last step, last state - 1]))
// loss is infinite where no path fits: with zero_infinity, 0. in: [batch, time, classes], targets: [batch, length];
// alpha: [batch, time, 2 length + 1], -infinity beyond an example's lengths. A length outside [0, time] or [0, length]
// and a label outside [0, classes) are refused before the first write. A NaN in a class of the target makes its example
// NaN.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct CtcLossParams {
  int64_t batch;
  int64_t time;
  int64_t classes;
  int64_t length;
  int64_t blank;          // in [0, classes)
  int64_t zero_infinity;  // 0 or 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("time", time);
    field("classes", classes);
    field("length", length);
    field("blank", blank);
    field("zero_infinity", zero_infinity);
  }
  Extent elements() const { return Extent(batch) * time * classes; }
  Extent states() const { return Extent(batch) * time * (Extent(length) * 2 + 1); }
  void check(Rules& rules) const {
    rules.at_least("blank", blank, 0);
    rules.at_most("blank", blank, classes - 1);
    rules.at_least("zero_infinity", zero_infinity, 0);
    rules.at_most("zero_infinity", zero_infinity, 1);
  }
};

struct CtcLoss {
  using Params = CtcLossParams;
  using Function = void (*)(const float* in, Indices targets, Indices input_lengths, Indices target_lengths,
                            float* loss, float* alpha, const CtcLossParams& params);

  static std::array<Touch, 6> contract(const CtcLossParams& p, Rules& rules) {
    p.check(rules);
    return {{{"in", p.elements()},
             indices("targets", Extent(p.batch) * p.length, p.classes),
             indices("input_lengths", p.batch, p.time + 1),
             indices("target_lengths", p.batch, p.length + 1),
             {"loss", p.batch},
             {"alpha", p.states()}}};
  }
};

// grad_in[b, t, c] = -grad_out[b] * (probability, given the target, of being in a state of class c at step t); 0 beyond
// an example's steps, and with zero_infinity where no path fits. Lengths and labels are checked as above.
struct CtcLossGrad {
  using Params = CtcLossParams;
  using Function = void (*)(const float* grad_out, const float* in, Indices targets, Indices input_lengths,
                            Indices target_lengths, const float* alpha, float* grad_in, const CtcLossParams& params);

  static std::array<Touch, 7> contract(const CtcLossParams& p, Rules& rules) {
    p.check(rules);
    return {{{"grad_out", p.batch},
             {"in", p.elements()},
             indices("targets", Extent(p.batch) * p.length, p.classes),
             indices("input_lengths", p.batch, p.time + 1),
             indices("target_lengths", p.batch, p.length + 1),
             {"alpha", p.states()},
             {"grad_in", p.elements()}}};
  }
};

// Checks all lengths and labels, in memory of the host.
void check_ctc(const int32_t* targets, const int32_t* input_lengths, const int32_t* target_lengths,
               const CtcLossParams& p);

}  // namespace nabla
