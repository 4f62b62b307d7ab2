// SPDX-License-Identifier: Apache-2.0
// Elements as they are stored, and as functions compute with them: a float32 may be stored as bf16, the upper half of
// its bits.
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "cuda/device/tensor_cores.cuh"
#include "kernels/contract.h"

namespace nabla::cuda {

template <class T>
__device__ inline auto widened(T x) {
  if constexpr (std::is_same_v<T, Bf16>) {
    const uint32_t bits = static_cast<uint32_t>(x) << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
  } else {
    return x;
  }
}

// The nearest bf16, of two the even one; NaN stays NaN.
__device__ inline Bf16 to_bf16(float x) { return static_cast<Bf16>(pair_of_bf16(x, 0)); }

// A result as an element of type T is stored.
template <class T, class Result>
__device__ inline T stored(Result x) {
  if constexpr (std::is_same_v<T, Bf16>)
    return to_bf16(x);
  else
    return x;
}

// Neighbours that are read and written at once.
template <class T, int kCount>
struct alignas(kCount * sizeof(T)) Lanes {
  T at[kCount];
};
template <int kCount, class T>
__device__ inline Lanes<T, kCount> load(const T* from) {
  return *reinterpret_cast<const Lanes<T, kCount>*>(from);
}
// The same from anywhere, at once where that is aligned.
template <int kCount, class T>
__device__ inline Lanes<T, kCount> load_unaligned(const T* from) {
  if (reinterpret_cast<uintptr_t>(from) % alignof(Lanes<T, kCount>) == 0) return load<kCount>(from);
  Lanes<T, kCount> loaded;
#pragma unroll
  for (int lane = 0; lane < kCount; ++lane) loaded.at[lane] = from[lane];
  return loaded;
}
constexpr int kLoadBytes = 16;  // the most that a thread moves at once

}  // namespace nabla::cuda
