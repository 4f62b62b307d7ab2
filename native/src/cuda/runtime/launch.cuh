// SPDX-License-Identifier: Apache-2.0
// The one way to start a kernel: on the stream, with arguments converted to the kernel's own types, and checked.
#pragma once
#include <cstdint>

#include "cuda/runtime/check.h"
#include "cuda/runtime/stream.h"

namespace nabla::cuda {

constexpr int kThreads = 256;  // of a block

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// `name` is what an error calls the launch. A grid without blocks does nothing.
template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), int64_t blocks, dim3 threads, Arguments... arguments) {
  if (blocks <= 0) return;
  check(blocks <= INT32_MAX ? cudaSuccess : cudaErrorInvalidConfiguration, name);
  const auto start = [&](Parameters... parameters) {
    void* pointers[] = {const_cast<void*>(static_cast<const void*>(&parameters))...};
    check(cudaLaunchKernel(kernel, dim3(static_cast<unsigned>(blocks)), threads, pointers, 0, stream()), name);
  };
  start(static_cast<Parameters>(arguments)...);
}

}  // namespace nabla::cuda
