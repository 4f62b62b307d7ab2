// SPDX-License-Identifier: Apache-2.0
// Activation functions and their derivatives; see kernels/activation.h.
#pragma once
#include <cuda_runtime.h>

#include <cmath>

#include "kernels/activation.h"

namespace nabla::cuda {

// 1 / (1 + e^-x), from e = e^-|x| <= 1: e / (1 + e) for negative x keeps small results exact.
__device__ inline float sigmoid(float x) {
  const float e = expf(-fabsf(x));
  return (x < 0 ? e : 1.0f) / (e + 1.0f);
}

__device__ inline float rectify(float x) { return x > 0 || x != x ? x : 0.0f; }

__device__ inline float normal_cdf(float x) { return 0.5f * erff(x * 0.707106781f) + 0.5f; }

// tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3). From |x| = 16 on it is 1: the clamp keeps x^3 from overflowing.
struct GeluTanh {
  float x, x2, tanh_u;  // x clamped
};
__device__ inline GeluTanh reduce_gelu_tanh(float x) {
  x = x > 16.0f ? 16.0f : x < -16.0f ? -16.0f : x;
  const float x2 = x * x;
  return {x, x2, tanhf(x * fmaf(x2, 0.0356774081f, 0.797884561f))};
}

template <int64_t kActivation>
__device__ inline float activate(float x) {
  if constexpr (kActivation == kRelu) return rectify(x);
  if constexpr (kActivation == kSigmoid) return sigmoid(x);
  if constexpr (kActivation == kTanh) return tanhf(x);
  if constexpr (kActivation == kGelu) return x * normal_cdf(x);
  if constexpr (kActivation == kGeluTanh) return x * fmaf(reduce_gelu_tanh(x).tanh_u, 0.5f, 0.5f);
  if constexpr (kActivation == kSilu) return x * sigmoid(x);
  return x;
}

// The same where the compiler does not know which: for what is done once per result.
__device__ inline float activated(int64_t activation, float x) {
  switch (activation) {
    case kRelu:
      return activate<kRelu>(x);
    case kSigmoid:
      return activate<kSigmoid>(x);
    case kTanh:
      return activate<kTanh>(x);
    case kGelu:
      return activate<kGelu>(x);
    case kGeluTanh:
      return activate<kGeluTanh>(x);
    case kSilu:
      return activate<kSilu>(x);
    default:
      return x;
  }
}

// From the output for relu, sigmoid and tanh, from the input for the others.
template <int64_t kActivation>
__device__ inline float derivative(float saved) {
  if constexpr (kActivation == kRelu) return saved <= 0 ? 0.0f : 1.0f;
  if constexpr (kActivation == kSigmoid) return fmaf(-saved, saved, saved);
  if constexpr (kActivation == kTanh) return fmaf(-saved, saved, 1.0f);
  if constexpr (kActivation == kGelu) {
    const float density = expf(saved * saved * -0.5f) * 0.398942280f;
    return fmaf(saved, density, normal_cdf(saved));
  }
  if constexpr (kActivation == kGeluTanh) {
    const GeluTanh g = reduce_gelu_tanh(saved);
    const float slope = fmaf(g.x2, 0.107032224f, 0.797884561f);
    const float bell = fmaf(-g.tanh_u, g.tanh_u, 1.0f);
    return fmaf(g.x * bell * slope, 0.5f, fmaf(g.tanh_u, 0.5f, 0.5f));
  }
  if constexpr (kActivation == kSilu) {
    const float s = sigmoid(saved);
    return fmaf(saved * s, 1.0f - s, s);
  }
  return 1.0f;
}

// A number known to the compiler.
template <int64_t value>
struct Constant {
  static constexpr int64_t kValue = value;
};

// Calls f(Constant<activation>{}).
template <class Function>
void with_activation(int64_t activation, Function f) {
  switch (activation) {
    case kNone:
      return f(Constant<kNone>{});
    case kRelu:
      return f(Constant<kRelu>{});
    case kSigmoid:
      return f(Constant<kSigmoid>{});
    case kTanh:
      return f(Constant<kTanh>{});
    case kGelu:
      return f(Constant<kGelu>{});
    case kGeluTanh:
      return f(Constant<kGeluTanh>{});
    default:
      return f(Constant<kSilu>{});
  }
}

}  // namespace nabla::cuda
