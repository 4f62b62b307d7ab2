// SPDX-License-Identifier: Apache-2.0
// int32 as JavaScript has it: arithmetic wraps around, and every number has an integer.
#pragma once
#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>

namespace nabla::cuda {

__device__ inline int32_t wrap(uint32_t bits) { return static_cast<int32_t>(bits); }

// Truncated, modulo 2^32; NaN and the infinities become 0.
__device__ inline int32_t to_integer(double x) {
  if (fabs(x) < 2147483648.0) return static_cast<int32_t>(x);
  return fabs(x) < INFINITY ? static_cast<int32_t>(static_cast<int64_t>(fmod(x, 4294967296.0))) : 0;
}

}  // namespace nabla::cuda
