// SPDX-License-Identifier: Apache-2.0
// Sums of rows by key, in an order that depends on the keys alone: the same bits every time, which atomic additions
// would not give.
#pragma once
#include <cstdint>

namespace nabla::cuda {

// T: float or Bf16. out[g, s] = sum of in[n, s] over the n with keys[n] == g. A key that is not in [0, groups) counts
// nowhere.
template <class T>
void sum_segments(const char* name, const T* in, const int32_t* keys, float* out, int64_t rows, int64_t slice,
                  int64_t groups);

}  // namespace nabla::cuda
