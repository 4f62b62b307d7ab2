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

template <class T>
void activation(const T* in, T* out, const ActivationParams& p) {
  with_activation(p.activation,
                  [&](auto which) { map("activation", in, out, p.count, Activate<decltype(which)::kValue>{}); });
}

template <class T>
void activation_grad(const T* grad_out, const T* saved, T* grad_in, const ActivationParams& p) {
  with_activation(p.activation, [&](auto which) {
    map_pairs("activation_grad", grad_out, saved, grad_in, p.count, ActivateGrad<decltype(which)::kValue>{});
  });
}

}  // namespace

void add_activation(KernelTable& table) {
  table.activation_f32 = activation<float>;
  table.activation_grad_f32 = activation_grad<float>;
  table.variants.activation_f32 = {activation<Bf16>};
  table.variants.activation_grad_f32 = {activation_grad<Bf16>};
}

}  // namespace nabla::cuda
