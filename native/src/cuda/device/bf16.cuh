// SPDX-License-Identifier: Apache-2.0
// bf16: the upper half of a float32.
#pragma once
#include <cstdint>
#include <cstring>

#include "cuda/device/elements.cuh"

namespace nabla::cuda {

// The nearest bf16, of two the even one; NaN stays NaN.
struct ToBf16 {
  __device__ uint16_t operator()(float x) const {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
    return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
};

__device__ inline float widened(float x) { return x; }
__device__ inline float widened(uint16_t x) {
  const uint32_t bits = static_cast<uint32_t>(x) << 16;
  float wide;
  memcpy(&wide, &bits, sizeof wide);
  return wide;
}
struct FromBf16 {
  __device__ float operator()(uint16_t x) const { return widened(x); }
};

template <class In, class Out, class Function>
struct Convert {
  const In* from;
  Out* to;
  Function f;
  __device__ void operator()(int64_t i) const { to[i] = f(from[i]); }
};

template <class T>
bool is_aligned(const T* data) {
  return reinterpret_cast<uintptr_t>(data) % alignof(Four<T>) == 0;
}

// to[i] = f(from[i]), of parts of tensors too, which may begin anywhere.
template <class In, class Out, class Function>
void convert(const char* name, const In* from, Out* to, int64_t count, Function f) {
  if (is_aligned(from) && is_aligned(to))
    map(name, from, to, count, f);
  else
    for_each(name, count, Convert<In, Out, Function>{from, to, f});
}

}  // namespace nabla::cuda
