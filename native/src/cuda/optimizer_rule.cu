// SPDX-License-Identifier: Apache-2.0
// Update rules of optimizers on lists of tensors: a table, one row per rule. See kernels/optimizer_rule.h for the
// formulas.
#include "cuda/device/lists.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// What a rule reads and writes at one element.
struct Element {
  float p, g, a, b, c;
};

struct Rates {
  float weight_decay, beta1, beta2, momentum, step_size, gradient_size, scale, epsilon;

  explicit Rates(const OptimizerRuleParams& p)
      : weight_decay(p.weight_decay),
        beta1(p.beta1),
        beta2(p.beta2),
        momentum(p.momentum),
        step_size(p.step_size),
        gradient_size(p.gradient_size),
        scale(p.scale),
        epsilon(p.epsilon) {}
};

// beta * average + (1 - beta) * x
__device__ inline float moved_average(float average, float x, float beta) {
  return fmaf(beta, average, (1.0f - beta) * x);
}
__device__ inline void decay_gradient(Element& e, const Rates& r) { e.g = fmaf(r.weight_decay, e.p, e.g); }
__device__ inline void move_moments(Element& e, const Rates& r) {
  e.a = moved_average(e.a, e.g, r.beta1);
  e.b = moved_average(e.b, e.g * e.g, r.beta2);
}
__device__ inline float larger(float a, float b) { return a > b || a != a ? a : b; }  // a NaN wins

// The first moment, divided by the root of the given second one.
__device__ inline float adam_step(const Element& e, const Rates& r, float second_moment) {
  return r.step_size * e.a / fmaf(r.scale, sqrtf(second_moment), r.epsilon);
}

struct AdamRule {
  static constexpr int kStates = 2;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    move_moments(e, r);
    e.p -= adam_step(e, r, e.b);
  }
};
struct AmsgradRule {
  static constexpr int kStates = 3;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    move_moments(e, r);
    e.c = larger(e.c, e.b);
    e.p -= adam_step(e, r, e.c);
  }
};
struct AdamaxRule {
  static constexpr int kStates = 2;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    e.a = moved_average(e.a, e.g, r.beta1);
    e.b = larger(r.beta2 * e.b, fabsf(e.g) + r.epsilon);
    e.p -= r.step_size * e.a / e.b;
  }
};
struct NadamRule {
  static constexpr int kStates = 2;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    move_moments(e, r);
    const float ahead = fmaf(r.gradient_size, e.g, r.step_size * e.a);
    e.p -= ahead / fmaf(r.scale, sqrtf(e.b), r.epsilon);
  }
};
struct RadamRule {
  static constexpr int kStates = 2;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    move_moments(e, r);
    const float step = r.step_size * e.a;
    e.p -= r.scale == 0 ? step : step * r.scale / (sqrtf(e.b) + r.epsilon);
  }
};
struct RmspropRule {
  static constexpr int kStates = 2;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    e.b = moved_average(e.b, e.g * e.g, r.beta2);
    e.a = fmaf(r.momentum, e.a, e.g / (sqrtf(e.b) + r.epsilon));
    e.p = fmaf(-r.step_size, e.a, e.p);
  }
};
struct CenteredRmspropRule {
  static constexpr int kStates = 3;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    e.b = moved_average(e.b, e.g * e.g, r.beta2);
    e.c = moved_average(e.c, e.g, r.beta2);
    e.a = fmaf(r.momentum, e.a, e.g / (sqrtf(fmaf(-e.c, e.c, e.b)) + r.epsilon));
    e.p = fmaf(-r.step_size, e.a, e.p);
  }
};
struct AdagradRule {
  static constexpr int kStates = 1;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    e.a = fmaf(e.g, e.g, e.a);
    e.p -= r.step_size * e.g / (sqrtf(e.a) + r.epsilon);
  }
};
struct AdadeltaRule {
  static constexpr int kStates = 2;
  __device__ void operator()(Element& e, const Rates& r) const {
    decay_gradient(e, r);
    e.a = moved_average(e.a, e.g * e.g, r.beta2);
    const float d = sqrtf(e.b + r.epsilon) / sqrtf(e.a + r.epsilon) * e.g;
    e.b = moved_average(e.b, d * d, r.beta2);
    e.p = fmaf(-r.step_size, d, e.p);
  }
};
struct LionRule {
  static constexpr int kStates = 1;
  __device__ void operator()(Element& e, const Rates& r) const {
    const float direction = moved_average(e.a, e.g, r.beta1);
    const float sign = direction > 0 ? 1.0f : direction < 0 ? -1.0f : direction * 0.0f;  // NaN stays
    e.p = fmaf(-(r.step_size * r.weight_decay), e.p, e.p);
    e.p = fmaf(-r.step_size, sign, e.p);
    e.a = moved_average(e.a, e.g, r.beta2);
  }
};
struct DecoupledAmsgradRule {
  static constexpr int kStates = 3;
  __device__ void operator()(Element& e, const Rates& r) const {
    e.p = fmaf(-r.weight_decay, e.p, e.p);
    move_moments(e, r);
    e.c = larger(e.c, e.b);
    e.p -= adam_step(e, r, e.c);
  }
};
struct LambRule {
  static constexpr int kStates = 3;
  __device__ void operator()(Element& e, const Rates& r) const {
    move_moments(e, r);
    e.c = fmaf(r.weight_decay, e.p, adam_step(e, r, e.b));
  }
};
struct AverageRule {
  static constexpr int kStates = 0;
  __device__ void operator()(Element& e, const Rates& r) const { e.p = moved_average(e.p, e.g, r.beta1); }
};

// Lists: parameters, gradients, then the states that the rule has.
template <class Rule>
struct RuleStep {
  Rates rates;
  __device__ void operator()(float* const (&data)[2 + Rule::kStates], int64_t i) const {
    Element e{data[0][i], data[1][i], 0, 0, 0};
    if constexpr (Rule::kStates > 0) e.a = data[2][i];
    if constexpr (Rule::kStates > 1) e.b = data[3][i];
    if constexpr (Rule::kStates > 2) e.c = data[4][i];
    Rule{}(e, rates);
    data[0][i] = e.p;
    if constexpr (Rule::kStates > 0) data[2][i] = e.a;
    if constexpr (Rule::kStates > 1) data[3][i] = e.b;
    if constexpr (Rule::kStates > 2) data[4][i] = e.c;
  }
};

struct RuleLists {
  Buffers<float> parameters;
  Buffers<const float> gradients;
  Buffers<float> first, second, third;

  float* item(int list, int64_t tensor) const {
    if (list == 1) return const_cast<float*>(gradients.items[tensor]);
    const Buffers<float>& buffers = list == 0 ? parameters : list == 2 ? first : list == 3 ? second : third;
    return buffers.items[tensor];
  }
};

template <class Rule>
void run_rule(const RuleLists& lists, const OptimizerRuleParams& p) {
  const auto item = [&](int list, int64_t tensor) { return lists.item(list, tensor); };
  for_each_element<2 + Rule::kStates>("optimizer_rule_step", p.lengths, item, RuleStep<Rule>{Rates(p)});
}

void optimizer_rule_step_f32(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> first,
                             Buffers<float> second, Buffers<float> third, const OptimizerRuleParams& p) {
  const RuleLists lists{parameters, gradients, first, second, third};
  switch (p.rule) {
    case kAdam:
      return run_rule<AdamRule>(lists, p);
    case kAmsgrad:
      return run_rule<AmsgradRule>(lists, p);
    case kAdamax:
      return run_rule<AdamaxRule>(lists, p);
    case kNadam:
      return run_rule<NadamRule>(lists, p);
    case kRadam:
      return run_rule<RadamRule>(lists, p);
    case kRmsprop:
      return run_rule<RmspropRule>(lists, p);
    case kCenteredRmsprop:
      return run_rule<CenteredRmspropRule>(lists, p);
    case kAdagrad:
      return run_rule<AdagradRule>(lists, p);
    case kAdadelta:
      return run_rule<AdadeltaRule>(lists, p);
    case kLion:
      return run_rule<LionRule>(lists, p);
    case kDecoupledAmsgrad:
      return run_rule<DecoupledAmsgradRule>(lists, p);
    case kLamb:
      return run_rule<LambRule>(lists, p);
    default:
      return run_rule<AverageRule>(lists, p);
  }
}

}  // namespace

void add_optimizer_rule(KernelTable& table) { table.optimizer_rule_step_f32 = optimizer_rule_step_f32; }

}  // namespace nabla::cuda
