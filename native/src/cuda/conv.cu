// SPDX-License-Identifier: Apache-2.0
// Convolutions: which way each of them goes.
#include "cuda/conv_ways.h"
#include "cuda/matmul.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/stream.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class T>
void conv(const Operand& in, const float* weight, const float* bias, T* out, T* pre, const ConvForwardParams& p) {
  if (PointwiseConv<T>::forward(in, weight, bias, out, pre, p)) return;
  if (ImplicitConv<T>::forward(in, weight, bias, out, pre, p)) return;
  ConvOfPatches<T>::forward(in, weight, bias, out, pre, p);
}

template <class T>
void conv_grad_in(const T* grad_out, const float* weight, T* grad_in, const ConvParams& p) {
  if (PointwiseConv<T>::grad_in(grad_out, weight, grad_in, p)) return;
  if (ImplicitConv<T>::grad_in(grad_out, weight, grad_in, p)) return;
  ConvOfPatches<T>::grad_in(grad_out, weight, grad_in, p);
}

template <class T>
void conv_grad_weight(const Operand& in, const T* grad_out, float* grad_weight, const ConvParams& p) {
  if (p.batch == 0) {
    const auto bytes = static_cast<size_t>(conv_weight(p).value()) * sizeof(float);
    return check(cudaMemsetAsync(grad_weight, 0, bytes, stream()), "conv_grad_weight");
  }
  if (PointwiseConv<T>::grad_weight(in, grad_out, grad_weight, p)) return;
  if (ImplicitConv<T>::grad_weight(in, grad_out, grad_weight, p)) return;
  ConvOfPatches<T>::grad_weight(in, grad_out, grad_weight, p);
}

}  // namespace

void add_conv(KernelTable& table) {
  table.conv_f32 = [](const float* in, const float* weight, const float* bias, float* out, float* pre,
                      const ConvForwardParams& p) { conv(as_stored(in), weight, bias, out, pre, p); };
  table.conv_grad_in_f32 = conv_grad_in<float>;
  table.conv_grad_weight_f32 = [](const float* in, const float* grad_out, float* grad_weight, const ConvParams& p) {
    conv_grad_weight(as_stored(in), grad_out, grad_weight, p);
  };
  table.variants.conv_f32 = {[](Operand in, const float* weight, const float* bias, Bf16* out, Bf16* pre,
                                const ConvForwardParams& p) { conv(in, weight, bias, out, pre, p); }};
  table.variants.conv_grad_in_f32 = {conv_grad_in<Bf16>};
  table.variants.conv_grad_weight_f32 = {[](Operand in, const Bf16* grad_out, float* grad_weight, const ConvParams& p) {
    conv_grad_weight(in, grad_out, grad_weight, p);
  }};
}

}  // namespace nabla::cuda
