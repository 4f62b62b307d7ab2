// SPDX-License-Identifier: Apache-2.0
// Update rules of optimizers that work element by element, in place on all parameters at once: tensor t of every list
// has lengths[t] elements. At one element with parameter p, gradient g, states a, b, c and the rates below, after
// g <- g + weight_decay * p (all but the last four):
//
//   kAdam      a <- beta1 a + (1 - beta1) g     b <- beta2 b + (1 - beta2) g^2
//              p <- p - step_size * a / (scale * sqrt(b) + epsilon)
//   kAmsgrad   the same with c <- max(c, b) in the place of b under the root
//   kAdamax    a as in kAdam                    b <- max(beta2 b, |g| + epsilon)
//              p <- p - step_size * a / b
//   kNadam     a, b as in kAdam
//              p <- p - (gradient_size * g + step_size * a) / (scale * sqrt(b) + epsilon)
//   kRadam     a, b as in kAdam                 p <- p - step_size * a * scale / (sqrt(b) + epsilon)
//              or with scale 0, while the variance of b is unknown, p <- p - step_size * a
//   kRmsprop   b <- beta2 b + (1 - beta2) g^2   d = sqrt(b) + epsilon
//   kCenteredRmsprop   and c <- beta2 c + (1 - beta2) g, d = sqrt(b - c^2) + epsilon
//              both: a <- momentum a + g / d    p <- p - step_size * a
//   kAdagrad   a <- a + g^2                     p <- p - step_size * g / (sqrt(a) + epsilon)
//   kAdadelta  a <- beta2 a + (1 - beta2) g^2   d = sqrt(b + epsilon) / sqrt(a + epsilon) * g
//              b <- beta2 b + (1 - beta2) d^2   p <- p - step_size * d
//
//   kLion      p <- p - step_size * weight_decay * p - step_size * sign(beta1 a + (1 - beta1) g)
//              a <- beta2 a + (1 - beta2) g
//   kDecoupledAmsgrad   p <- p - weight_decay * p, then kAmsgrad with g as it is
//   kLamb      a, b as in kAdam, with g as it is; p stays, and its direction is written to c, which is not read:
//              c <- step_size * a / (scale * sqrt(b) + epsilon) + weight_decay * p
//   kAverage   p <- beta1 p + (1 - beta1) g
//
// No two written buffers may overlap; a gradient may be its own parameter.
#pragma once
#include "kernels/contract.h"

namespace nabla {

// The order is that of packages/core/src/backend/definitions/optimizer-rule.ts.
enum OptimizerRule : int64_t {
  kAdam,
  kAmsgrad,
  kAdamax,
  kNadam,
  kRadam,
  kRmsprop,
  kCenteredRmsprop,
  kAdagrad,
  kAdadelta,
  kLion,
  kDecoupledAmsgrad,
  kLamb,
  kAverage
};

struct OptimizerRuleParams {
  Integers lengths;
  int64_t rule;  // kAdam .. kAverage
  float weight_decay;
  float beta1, beta2;
  float momentum;
  float step_size;
  float gradient_size;
  float scale;
  float epsilon;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("lengths", lengths);
    field("rule", rule);
    field("weight_decay", weight_decay);
    field("beta1", beta1), field("beta2", beta2);
    field("momentum", momentum);
    field("step_size", step_size);
    field("gradient_size", gradient_size);
    field("scale", scale);
    field("epsilon", epsilon);
  }
};

// How many of a, b, c a rule has.
inline int states_of(int64_t rule) {
  switch (rule) {
    case kAverage:
      return 0;
    case kAdagrad:
    case kLion:
      return 1;
    case kAmsgrad:
    case kCenteredRmsprop:
    case kDecoupledAmsgrad:
    case kLamb:
      return 3;
    default:
      return 2;
  }
}

// The states that a rule has not are the lists that are not read: they may name the parameters again.
struct OptimizerRuleStep {
  using Params = OptimizerRuleParams;
  using Function = void (*)(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> first,
                            Buffers<float> second, Buffers<float> third, const OptimizerRuleParams& params);

  static std::array<Touch, 5> contract(const OptimizerRuleParams& p, Rules& rules) {
    rules.at_least("rule", p.rule, kAdam);
    rules.at_most("rule", p.rule, kAverage);
    return {{in_place({"parameters", p.lengths}, "gradients"),
             {"gradients", p.lengths},
             in_place({"first", p.lengths}, states_of(p.rule) < 1 ? "parameters" : nullptr),
             in_place({"second", p.lengths}, states_of(p.rule) < 2 ? "parameters" : nullptr),
             in_place({"third", p.lengths}, states_of(p.rule) < 3 ? "parameters" : nullptr)}};
  }
};

}  // namespace nabla
