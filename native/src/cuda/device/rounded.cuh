// SPDX-License-Identifier: Apache-2.0
// A float32 tensor rounded to bf16, for the time of one call.
#pragma once
#include "cuda/device/bf16.cuh"
#include "cuda/device/scratch.h"

namespace nabla::cuda {

class Rounded {
 public:
  Rounded(const float* x, int64_t count) : scratch_(static_cast<size_t>(count) * sizeof(uint16_t)) {
    convert("rounding to bf16", x, scratch_.as<uint16_t>(), count, ToBf16{});
  }
  const uint16_t* data() const { return scratch_.as<uint16_t>(); }

 private:
  Scratch scratch_;
};

}  // namespace nabla::cuda
