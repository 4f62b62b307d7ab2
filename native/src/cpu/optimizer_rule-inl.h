// SPDX-License-Identifier: Apache-2.0
// Update rules of optimizers over lists of tensors: one function of vectors for each rule.

// What a rule reads and writes at one vector of elements. A state that a rule has not stays as it is.
struct RuleLanes {
  F32 p, g, a, b, c;
};

// The rates in all lanes.
struct RuleRates {
  F32 weight_decay, beta1, beta2, momentum, step_size, gradient_size, scale, epsilon;

  explicit RuleRates(const OptimizerRuleParams& p)
      : weight_decay(splat(p.weight_decay)),
        beta1(splat(p.beta1)),
        beta2(splat(p.beta2)),
        momentum(splat(p.momentum)),
        step_size(splat(p.step_size)),
        gradient_size(splat(p.gradient_size)),
        scale(splat(p.scale)),
        epsilon(splat(p.epsilon)) {}
};

// beta * average + (1 - beta) * x
inline F32 moved_average(F32 average, F32 x, F32 beta) {
  return mul_add(beta, average, mul(sub(splat(1.0f), beta), x));
}

inline void decay_gradient(RuleLanes& l, const RuleRates& r) { l.g = mul_add(r.weight_decay, l.p, l.g); }

inline void move_moments(RuleLanes& l, const RuleRates& r) {
  l.a = moved_average(l.a, l.g, r.beta1);
  l.b = moved_average(l.b, mul(l.g, l.g), r.beta2);
}

inline void move_decayed_moments(RuleLanes& l, const RuleRates& r) {
  decay_gradient(l, r);
  move_moments(l, r);
}

// The first moment, divided by the root of the given second one.
inline F32 adam_step(const RuleLanes& l, const RuleRates& r, F32 second_moment) {
  return div(mul(r.step_size, l.a), mul_add(r.scale, sqrt(second_moment), r.epsilon));
}

inline void adam_rule(RuleLanes& l, const RuleRates& r) {
  move_decayed_moments(l, r);
  l.p = sub(l.p, adam_step(l, r, l.b));
}

inline void amsgrad_rule(RuleLanes& l, const RuleRates& r) {
  move_decayed_moments(l, r);
  l.c = max(l.c, l.b);
  l.p = sub(l.p, adam_step(l, r, l.c));
}

inline void adamax_rule(RuleLanes& l, const RuleRates& r) {
  decay_gradient(l, r);
  l.a = moved_average(l.a, l.g, r.beta1);
  l.b = max(mul(r.beta2, l.b), add(abs(l.g), r.epsilon));
  l.p = sub(l.p, div(mul(r.step_size, l.a), l.b));
}

inline void nadam_rule(RuleLanes& l, const RuleRates& r) {
  move_decayed_moments(l, r);
  const F32 ahead = mul_add(r.gradient_size, l.g, mul(r.step_size, l.a));
  l.p = sub(l.p, div(ahead, mul_add(r.scale, sqrt(l.b), r.epsilon)));
}

inline void radam_rule(RuleLanes& l, const RuleRates& r) {
  move_decayed_moments(l, r);
  const F32 step = mul(r.step_size, l.a);
  const F32 adapted = div(mul(step, r.scale), add(sqrt(l.b), r.epsilon));
  l.p = sub(l.p, select(eq(r.scale, zero()), step, adapted));
}

inline void rmsprop_rule(RuleLanes& l, const RuleRates& r) {
  decay_gradient(l, r);
  l.b = moved_average(l.b, mul(l.g, l.g), r.beta2);
  l.a = mul_add(r.momentum, l.a, div(l.g, add(sqrt(l.b), r.epsilon)));
  l.p = neg_mul_add(r.step_size, l.a, l.p);
}

inline void centered_rmsprop_rule(RuleLanes& l, const RuleRates& r) {
  decay_gradient(l, r);
  l.b = moved_average(l.b, mul(l.g, l.g), r.beta2);
  l.c = moved_average(l.c, l.g, r.beta2);
  l.a = mul_add(r.momentum, l.a, div(l.g, add(sqrt(neg_mul_add(l.c, l.c, l.b)), r.epsilon)));
  l.p = neg_mul_add(r.step_size, l.a, l.p);
}

inline void adagrad_rule(RuleLanes& l, const RuleRates& r) {
  decay_gradient(l, r);
  l.a = mul_add(l.g, l.g, l.a);
  l.p = sub(l.p, div(mul(r.step_size, l.g), add(sqrt(l.a), r.epsilon)));
}

inline void adadelta_rule(RuleLanes& l, const RuleRates& r) {
  decay_gradient(l, r);
  l.a = moved_average(l.a, mul(l.g, l.g), r.beta2);
  const F32 d = mul(div(sqrt(add(l.b, r.epsilon)), sqrt(add(l.a, r.epsilon))), l.g);
  l.b = moved_average(l.b, mul(d, d), r.beta2);
  l.p = neg_mul_add(r.step_size, d, l.p);
}

inline void lion_rule(RuleLanes& l, const RuleRates& r) {
  const F32 direction = moved_average(l.a, l.g, r.beta1);
  const F32 ones = splat(1.0f);
  const F32 others = select(lt(direction, zero()), neg(ones), direction);  // 0 and NaN stay
  const F32 sign = select(gt(direction, zero()), ones, others);
  l.p = neg_mul_add(mul(r.step_size, r.weight_decay), l.p, l.p);
  l.p = neg_mul_add(r.step_size, sign, l.p);
  l.a = moved_average(l.a, l.g, r.beta2);
}

inline void decoupled_amsgrad_rule(RuleLanes& l, const RuleRates& r) {
  l.p = neg_mul_add(r.weight_decay, l.p, l.p);
  move_moments(l, r);
  l.c = max(l.c, l.b);
  l.p = sub(l.p, adam_step(l, r, l.c));
}

inline void lamb_rule(RuleLanes& l, const RuleRates& r) {
  move_moments(l, r);
  l.c = mul_add(r.weight_decay, l.p, adam_step(l, r, l.b));
}

inline void average_rule(RuleLanes& l, const RuleRates& r) { l.p = moved_average(l.p, l.g, r.beta1); }

// Runs one rule with its first `kStates` states.
template <int kStates, void (*rule)(RuleLanes&, const RuleRates&)>
inline void run_rule(const Buffers<float>& parameters, const Buffers<const float>& gradients,
                     const Buffers<float>& first, const Buffers<float>& second, const Buffers<float>& third,
                     const OptimizerRuleParams& params) {
  const RuleRates rates(params);
  parallel_for_blocks(params.lengths, [&](int64_t t, int64_t begin, int64_t end, int64_t) {
    float *p = parameters.items[t], *a = first.items[t], *b = second.items[t], *c = third.items[t];
    const float* g = gradients.items[t];
    for_vectors(begin, end, [&](int64_t i, int lanes) {
      RuleLanes l{load_lanes(p + i, lanes), load_lanes(g + i, lanes), kStates > 0 ? load_lanes(a + i, lanes) : zero(),
                  kStates > 1 ? load_lanes(b + i, lanes) : zero(), kStates > 2 ? load_lanes(c + i, lanes) : zero()};
      rule(l, rates);
      store_lanes(p + i, l.p, lanes);
      if constexpr (kStates > 0) store_lanes(a + i, l.a, lanes);
      if constexpr (kStates > 1) store_lanes(b + i, l.b, lanes);
      if constexpr (kStates > 2) store_lanes(c + i, l.c, lanes);
    });
  });
}

inline void optimizer_rule_step_f32(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> first,
                                    Buffers<float> second, Buffers<float> third, const OptimizerRuleParams& p) {
  switch (p.rule) {
    case kAdam:
      return run_rule<2, adam_rule>(parameters, gradients, first, second, third, p);
    case kAmsgrad:
      return run_rule<3, amsgrad_rule>(parameters, gradients, first, second, third, p);
    case kAdamax:
      return run_rule<2, adamax_rule>(parameters, gradients, first, second, third, p);
    case kNadam:
      return run_rule<2, nadam_rule>(parameters, gradients, first, second, third, p);
    case kRadam:
      return run_rule<2, radam_rule>(parameters, gradients, first, second, third, p);
    case kRmsprop:
      return run_rule<2, rmsprop_rule>(parameters, gradients, first, second, third, p);
    case kCenteredRmsprop:
      return run_rule<3, centered_rmsprop_rule>(parameters, gradients, first, second, third, p);
    case kAdagrad:
      return run_rule<1, adagrad_rule>(parameters, gradients, first, second, third, p);
    case kAdadelta:
      return run_rule<2, adadelta_rule>(parameters, gradients, first, second, third, p);
    case kLion:
      return run_rule<1, lion_rule>(parameters, gradients, first, second, third, p);
    case kDecoupledAmsgrad:
      return run_rule<3, decoupled_amsgrad_rule>(parameters, gradients, first, second, third, p);
    case kLamb:
      return run_rule<3, lamb_rule>(parameters, gradients, first, second, third, p);
    default:
      return run_rule<0, average_rule>(parameters, gradients, first, second, third, p);
  }
}
