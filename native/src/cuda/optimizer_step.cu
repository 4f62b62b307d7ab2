// SPDX-License-Identifier: Apache-2.0
// Steps of optimizers on lists of tensors; see kernels/optimizer_step.h for the formulas.
#include "cuda/device/lists.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

struct AdamW {
  float decay, first_rate, second_decay, second_rate, step_size, second_scale, epsilon;

  // parameters, gradients, first moments, second moments
  __device__ void operator()(float* const (&data)[4], int64_t i) const {
    const float g = data[1][i], m = data[2][i], p = data[0][i];
    const float next_m = fmaf(first_rate, g - m, m);
    const float next_v = fmaf(second_decay, data[3][i], second_rate * (g * g));
    data[2][i] = next_m;
    data[3][i] = next_v;
    data[0][i] = fmaf(-decay, p, p) - step_size * next_m / fmaf(second_scale, sqrtf(next_v), epsilon);
  }
};

void adamw_step_f32(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> first_moments,
                    Buffers<float> second_moments, const AdamWStepParams& p) {
  const auto item = [&](int list, int64_t tensor) {
    return list == 0   ? parameters.items[tensor]
           : list == 1 ? const_cast<float*>(gradients.items[tensor])
           : list == 2 ? first_moments.items[tensor]
                       : second_moments.items[tensor];
  };
  const AdamW step{p.decay, p.first_rate, p.second_decay, p.second_rate, p.step_size, p.second_scale, p.epsilon};
  for_each_element<4>("adamw_step", p.lengths, item, step);
}

struct Sgd {
  float learning_rate, weight_decay;

  __device__ void operator()(float* const (&data)[2], int64_t i) const {
    const float p = data[0][i];
    data[0][i] = fmaf(-learning_rate, fmaf(weight_decay, p, data[1][i]), p);
  }
};

void sgd_step_f32(Buffers<float> parameters, Buffers<const float> gradients, const SgdStepParams& p) {
  const auto item = [&](int list, int64_t tensor) {
    return list == 0 ? parameters.items[tensor] : const_cast<float*>(gradients.items[tensor]);
  };
  for_each_element<2>("sgd_step", p.lengths, item, Sgd{p.learning_rate, p.weight_decay});
}

struct Momentum {
  float learning_rate, weight_decay, momentum, gradient_rate;
  bool nesterov, first;

  // parameters, gradients, velocities
  __device__ void operator()(float* const (&data)[3], int64_t i) const {
    const float p = data[0][i];
    const float g = fmaf(weight_decay, p, data[1][i]);
    const float u = first ? g : fmaf(momentum, data[2][i], gradient_rate * g);
    data[2][i] = u;
    data[0][i] = fmaf(-learning_rate, nesterov ? fmaf(momentum, u, g) : u, p);
  }
};

void momentum_step_f32(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> velocities,
                       const MomentumStepParams& p) {
  const auto item = [&](int list, int64_t tensor) {
    return list == 0   ? parameters.items[tensor]
           : list == 1 ? const_cast<float*>(gradients.items[tensor])
                       : velocities.items[tensor];
  };
  const Momentum step{p.learning_rate, p.weight_decay, p.momentum, p.gradient_rate, p.nesterov != 0, p.first != 0};
  for_each_element<3>("momentum_step", p.lengths, item, step);
}

}  // namespace

void add_optimizer_step(KernelTable& table) {
  table.adamw_step_f32 = adamw_step_f32;
  table.sgd_step_f32 = sgd_step_f32;
  table.momentum_step_f32 = momentum_step_f32;
}

}  // namespace nabla::cuda
