// SPDX-License-Identifier: Apache-2.0
// Activation functions and their gradients, element by element.
#include "cuda/device/activations.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <int64_t kActivation>
struct Activate {
  __device__ float operator()(float x) const { return activate<kActivation>(x); }
};
template <int64_t kActivation>
struct ActivateGrad {
  __device__ float operator()(float grad_out, float saved) const { return grad_out * derivative<kActivation>(saved); }
};

void activation_f32(const float* in, float* out, const ActivationParams& p) {
  with_activation(p.activation, [&](auto activation) {
    map("activation", in, out, p.count, Activate<decltype(activation)::kValue>{});
  });
}

void activation_grad_f32(const float* grad_out, const float* saved, float* grad_in, const ActivationParams& p) {
  with_activation(p.activation, [&](auto activation) {
    map_pairs("activation_grad", grad_out, saved, grad_in, p.count, ActivateGrad<decltype(activation)::kValue>{});
  });
}

}  // namespace

void add_activation(KernelTable& table) {
  table.activation_f32 = activation_f32;
  table.activation_grad_f32 = activation_grad_f32;
}

}  // namespace nabla::cuda
