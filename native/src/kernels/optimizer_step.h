// SPDX-License-Identifier: Apache-2.0
// Steps of optimizers, in place on all parameters at once: tensor t of every list has lengths[t] elements. No two
// written buffers may overlap; a gradient may be its own parameter.
#pragma once
#include "kernels/contract.h"

namespace nabla {

// Adam with decoupled weight decay, at one element with parameter p, gradient g and moments m, v:
//   m <- m + first_rate * (g - m)        v <- second_decay * v + second_rate * g^2
//   p <- p - decay * p - step_size * m / (second_scale * sqrt(v) + epsilon)
struct AdamWStepParams {
  Integers lengths;
  float decay;         // learning rate * weight decay
  float first_rate;    // 1 - beta1
  float second_decay;  // beta2
  float second_rate;   // 1 - beta2
  float step_size;     // learning rate / (1 - beta1^step)
  float second_scale;  // 1 / sqrt(1 - beta2^step)
  float epsilon;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("lengths", lengths);
    field("decay", decay);
    field("first_rate", first_rate);
    field("second_decay", second_decay);
    field("second_rate", second_rate);
    field("step_size", step_size);
    field("second_scale", second_scale);
    field("epsilon", epsilon);
  }
};

struct AdamWStep {
  using Params = AdamWStepParams;
  using Function = void (*)(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> first_moments,
                            Buffers<float> second_moments, const AdamWStepParams& params);

  static std::array<Touch, 4> contract(const AdamWStepParams& p, Rules&) {
    return {{in_place({"parameters", p.lengths}, "gradients"),
             {"gradients", p.lengths},
             {"first_moments", p.lengths},
             {"second_moments", p.lengths}}};
  }
};

// Stochastic gradient descent: p <- p - learning_rate * (g + weight_decay * p).
struct SgdStepParams {
  Integers lengths;
  float learning_rate;
  float weight_decay;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("lengths", lengths);
    field("learning_rate", learning_rate);
    field("weight_decay", weight_decay);
  }
};

struct SgdStep {
  using Params = SgdStepParams;
  using Function = void (*)(Buffers<float> parameters, Buffers<const float> gradients, const SgdStepParams& params);

  static std::array<Touch, 2> contract(const SgdStepParams& p, Rules&) {
    return {{in_place({"parameters", p.lengths}, "gradients"), {"gradients", p.lengths}}};
  }
};

// The same with velocities u:
//   g <- g + weight_decay * p
//   u <- momentum * u + gradient_rate * g, or g in the first step, when u is written without being read
//   p <- p - learning_rate * (nesterov ? g + momentum * u : u)
struct MomentumStepParams {
  Integers lengths;
  float learning_rate;
  float weight_decay;
  float momentum;
  float gradient_rate;  // 1 - dampening
  int64_t nesterov;     // 0 or 1
  int64_t first;        // 0 or 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("lengths", lengths);
    field("learning_rate", learning_rate);
    field("weight_decay", weight_decay);
    field("momentum", momentum);
    field("gradient_rate", gradient_rate);
    field("nesterov", nesterov);
    field("first", first);
  }
};

struct MomentumStep {
  using Params = MomentumStepParams;
  using Function = void (*)(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> velocities,
                            const MomentumStepParams& params);

  static std::array<Touch, 3> contract(const MomentumStepParams& p, Rules&) {
    return {{in_place({"parameters", p.lengths}, "gradients"), {"gradients", p.lengths}, {"velocities", p.lengths}}};
  }
};

}  // namespace nabla
