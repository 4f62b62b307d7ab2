// SPDX-License-Identifier: Apache-2.0
// The one way to start a kernel: on the stream, with arguments converted to the kernel's own types, and checked.
#pragma once
#include <cstdint>

#include "cuda/runtime/check.h"
#include "cuda/runtime/stream.h"

namespace nabla::cuda {

constexpr int kThreads = 256;  // of a block

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The threads of each block, and the bytes that dynamic_shared() leads to in it.
struct Block {
  dim3 threads;
  size_t shared;
  Block(dim3 threads, size_t shared = 0) : threads(threads), shared(shared) {}
  Block(int threads) : Block(dim3(static_cast<unsigned>(threads))) {}
};

// `name` is what an error calls the launch. A grid without blocks does nothing.
template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), int64_t blocks, Block block, Arguments... arguments) {
  constexpr size_t kSharedUnasked = 48 << 10;  // bytes; more must be asked for
  if (blocks <= 0) return;
  check(blocks <= INT32_MAX ? cudaSuccess : cudaErrorInvalidConfiguration, name);
  if (block.shared > kSharedUnasked)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(block.shared)),
          name);
  const auto start = [&](Parameters... parameters) {
    void* pointers[] = {const_cast<void*>(static_cast<const void*>(&parameters))...};
    check(
        cudaLaunchKernel(kernel, dim3(static_cast<unsigned>(blocks)), block.threads, pointers, block.shared, stream()),
        name);
  };
  start(static_cast<Parameters>(arguments)...);
}

// Shared memory of as many bytes as the launch asked for, at a multiple of 128.
__device__ inline char* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(128) char bytes[];
  return bytes;
#else
  return static_cast<char*>(emulated_cuda::dynamic_shared());
#endif
}

}  // namespace nabla::cuda
