// SPDX-License-Identifier: Apache-2.0
// Losses of predictions x against targets t of the same shape, element by element, with d = x - t:
//   squared    d^2
//   absolute   |d|
//   huber      q * (|d| - q / 2) with q = min(|d|, delta)
//   logistic   max(x, 0) - x * t + log(1 + exp(-|x|))
// loss is what `reduction` makes of them: all of them, their sum, or their mean (NaN for none), summed in an order that
// depends on the count alone. NaN gives NaN.
#pragma once
#include "kernels/contract.h"
#include "kernels/softmax_cross_entropy.h"

namespace nabla {

// The order is that of packages/core/src/backend/definitions/elementwise-loss.ts.
enum ElementwiseLossKind : int64_t { kSquared, kAbsolute, kHuber, kLogistic };

struct ElementwiseLossParams {
  int64_t count;
  int64_t kind;
  int64_t reduction;
  float delta;  // of kHuber, > 0

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("kind", kind);
    field("reduction", reduction);
    field("delta", delta);
  }
  Extent losses() const { return reduction == kReduceNone ? count : 1; }
  void check(Rules& rules) const {
    rules.at_least("kind", kind, kSquared);
    rules.at_most("kind", kind, kLogistic);
    rules.at_least("reduction", reduction, kReduceNone);
    rules.at_most("reduction", reduction, kReduceMean);
  }
};

struct ElementwiseLoss {
  using Params = ElementwiseLossParams;
  using Function = void (*)(const float* prediction, const float* target, float* loss,
                            const ElementwiseLossParams& params);

  static std::array<Touch, 3> contract(const ElementwiseLossParams& p, Rules& rules) {
    p.check(rules);
    return {{{"prediction", p.count}, {"target", p.count}, {"loss", p.losses()}}};
  }
};

// grad_prediction[i] = derivative[i] * g, where g is grad_out[i] (kReduceNone), grad_out[0] (sum) or grad_out[0] /
// count (mean). Derivatives by x: 2 d; the sign of d, 0 at 0; d clipped to [-delta, delta]; 1 / (1 + exp(-x)) - t.
struct ElementwiseLossGrad {
  using Params = ElementwiseLossParams;
  using Function = void (*)(const float* grad_out, const float* prediction, const float* target, float* grad_prediction,
                            const ElementwiseLossParams& params);

  static std::array<Touch, 4> contract(const ElementwiseLossParams& p, Rules& rules) {
    p.check(rules);
    return {{{"grad_out", p.losses()}, {"prediction", p.count}, {"target", p.count}, {"grad_prediction", p.count}}};
  }
};

}  // namespace nabla
