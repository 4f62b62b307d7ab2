// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of a softmax against integer labels, over the last axis; with l = labels[r]:
//   maximum[r] = max_c in[r, c]          inverse_sum[r] = 1 / sum_c exp(in[r, c] - maximum[r])
//   row_loss[r] = maximum[r] - in[r, l] - log(inverse_sum[r]) = -log softmax(in[r])[l]
// loss is what `reduction` makes of row_loss: all rows (kNone), their sum, or their mean (NaN for no rows), added in
// double precision from the first row to the last. A label outside [0, columns) is refused before the first write. A
// NaN makes its whole row NaN.
#pragma once
#include "kernels/contract.h"

namespace nabla {

// The order is that of packages/core/src/backend/definitions/softmax-cross-entropy.ts.
enum Reduction : int64_t { kReduceNone, kReduceSum, kReduceMean };

struct SoftmaxCrossEntropyParams {
  int64_t rows;
  int64_t columns;  // classes, >= 1
  int64_t reduction;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("columns", columns);
    field("reduction", reduction);
  }
  Extent losses() const { return reduction == kReduceNone ? rows : 1; }
  void check(Rules& rules) const {
    rules.at_least("columns", columns, 1);
    rules.at_least("reduction", reduction, kReduceNone);
    rules.at_most("reduction", reduction, kReduceMean);
  }
};

struct SoftmaxCrossEntropy {
  using Params = SoftmaxCrossEntropyParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, Indices labels, float* loss, float* maximum, float* inverse_sum,
                              const SoftmaxCrossEntropyParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 5> contract(const SoftmaxCrossEntropyParams& p, Rules& rules) {
    p.check(rules);
    return {{{"in", Extent(p.rows) * p.columns},
             indices("labels", p.rows, p.columns),
             {"loss", p.losses()},
             {"maximum", p.rows},
             {"inverse_sum", p.rows}}};
  }
};

// grad_in[r, c] = (softmax(in[r])[c] - (c == labels[r])) * g, where g is grad_out[r] (kReduceNone), grad_out[0] (sum)
// or grad_out[0] / rows (mean). Labels are checked as above.
struct SoftmaxCrossEntropyGrad {
  using Params = SoftmaxCrossEntropyParams;
  template <class T>
  using FunctionOf = void (*)(const float* grad_out, const T* in, Indices labels, const float* maximum,
                              const float* inverse_sum, T* grad_in, const SoftmaxCrossEntropyParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 6> contract(const SoftmaxCrossEntropyParams& p, Rules& rules) {
    p.check(rules);
    const Extent all = Extent(p.rows) * p.columns;
    return {{{"grad_out", p.losses()},
             {"in", all},
             indices("labels", p.rows, p.columns),
             {"maximum", p.rows},
             {"inverse_sum", p.rows},
             {"grad_in", all}}};
  }
};

}  // namespace nabla
