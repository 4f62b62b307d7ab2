// SPDX-License-Identifier: Apache-2.0
// Indices that a kernel relies on: where in another buffer it reads or writes.
#pragma once
#include <cstdint>

namespace nabla {

struct Indices {
  const int32_t* data;
  int64_t bound;  // each must be in [0, bound), which the contract states
  bool are_good;  // whether that is known already: else the kernel looks before it writes anything
};

}  // namespace nabla
