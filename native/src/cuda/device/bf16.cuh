// SPDX-License-Identifier: Apache-2.0
// Copies between float32 and bf16.
#pragma once
#include <cstdint>

#include "cuda/device/elements.cuh"

namespace nabla::cuda {

struct Same {
  template <class T>
  __device__ T operator()(T x) const {
    return x;
  }
};

template <class In, class Out>
struct Convert {
  const In* from;
  Out* to;
  __device__ void operator()(int64_t i) const { to[i] = stored<Out>(widened(from[i])); }
};

template <class T>
bool is_aligned(const T* data) {
  return reinterpret_cast<uintptr_t>(data) % kLoadBytes == 0;
}

// to[i] = from[i], rounded or widened, of parts of tensors too, which may begin anywhere.
template <class In, class Out>
void convert(const char* name, const In* from, Out* to, int64_t count) {
  if (is_aligned(from) && is_aligned(to))
    map(name, from, to, count, Same{});
  else
    for_each(name, count, Convert<In, Out>{from, to});
}

}  // namespace nabla::cuda
