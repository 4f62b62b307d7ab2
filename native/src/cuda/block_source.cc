// SPDX-License-Identifier: Apache-2.0
// Blocks of the GPU's memory. They are reused in the order of the one stream: what was asked of a block before it was
// released has run before what is asked of it later.
#include "system/block_source.h"

#include "cuda/runtime/stream.h"

namespace nabla {

void* take_block(size_t bytes) {
  cuda::stream();  // throws where there is no GPU
  void* block = nullptr;
  if (cudaMalloc(&block, bytes) == cudaSuccess) return block;
  cudaGetLastError();  // forgets the error: the allocator gives back what is cached and asks again
  return nullptr;
}

void return_block(void* block) { cudaFree(block); }  // waits until nothing uses it

// Without a GPU any number: take_block says what is missing.
size_t most_memory() { return cuda::gpu().memory == 0 ? size_t{1} << 50 : cuda::gpu().memory; }

}  // namespace nabla
