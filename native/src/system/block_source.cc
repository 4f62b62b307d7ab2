// SPDX-License-Identifier: Apache-2.0
// Blocks of host memory.
#include "system/block_source.h"

#include <cstdlib>

#include "system/allocator.h"
#include "system/machine.h"

namespace nabla {

void* take_block(size_t bytes) {
#ifdef _WIN32
  return _aligned_malloc(bytes, kAlignment);
#else
  void* block = nullptr;
  return posix_memalign(&block, kAlignment, bytes) == 0 ? block : nullptr;
#endif
}

void return_block(void* block) {
#ifdef _WIN32
  _aligned_free(block);
#else
  std::free(block);
#endif
}

size_t most_memory() { return system_memory(); }

}  // namespace nabla
