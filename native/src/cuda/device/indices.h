// SPDX-License-Identifier: Apache-2.0
// Finds an index that is out of range before a kernel relies on it.
#pragma once
#include <cstdint>

#include "kernels/indices.h"

namespace nabla::cuda {

// The first of `count` indices that is out of range.
struct BadIndex {
  int64_t position;  // -1: all are in range
  int32_t index;
};

// Waits for the GPU where they are not known to be good.
BadIndex find_bad_index(Indices indices, int64_t count);

int64_t index_looks();    // how often that was so
void count_index_look();  // of a kernel that looks at its indices itself

}  // namespace nabla::cuda
