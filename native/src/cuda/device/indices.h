// SPDX-License-Identifier: Apache-2.0
// Finds an index that is out of range before a kernel relies on it.
#pragma once
#include <cstdint>

namespace nabla::cuda {

// The first of `count` indices that is not in [0, bound).
struct BadIndex {
  int64_t position;  // -1: all are in range
  int32_t index;
};

// Waits for the GPU.
BadIndex find_bad_index(const int32_t* indices, int64_t count, int64_t bound);

}  // namespace nabla::cuda
