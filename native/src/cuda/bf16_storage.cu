// SPDX-License-Identifier: Apache-2.0
// Buffers that are stored as bf16: rounded and widened on the GPU.
#include "cuda/device/bf16.cuh"
#include "cuda/device/scratch.h"
#include "kernels/device.h"

namespace nabla::device {

void round_to_bf16(uint16_t* to, const float* from, size_t count) {
  cuda::convert("rounding to bf16", from, to, static_cast<int64_t>(count));
}

void widen_bf16(float* to, const uint16_t* from, size_t count) {
  cuda::convert("widening of bf16", from, to, static_cast<int64_t>(count));
}

void copy_bf16_to_host(float* to, const uint16_t* from, size_t count) {
  if (count == 0) return;
  const cuda::Scratch wide(count * sizeof(float));
  widen_bf16(wide.as<float>(), from, count);
  copy_to_host(to, wide.as<float>(), count * sizeof(float));
}

}  // namespace nabla::device
