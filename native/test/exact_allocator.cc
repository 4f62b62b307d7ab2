// SPDX-License-Identifier: Apache-2.0
// The allocator of the sanitizers' driver: no rounding up and no reuse, so that the byte behind a buffer is not the
// process's, and a read of what was never written or of what was released is seen.
#include <cstdlib>
#include <cstring>

#include "system/allocator.h"

namespace nabla {
namespace {

constexpr size_t kLimit = size_t{1} << 28;  // bytes of one buffer: scratch for sizes that no buffer backs must not pass
constexpr int kGarbage = 0xa5;

}  // namespace

OutOfMemory::OutOfMemory(size_t bytes, const MemoryStatistics& statistics)
    : std::runtime_error("no memory"), bytes(bytes), statistics(statistics) {}

void* allocate(size_t bytes) {
  void* block = nullptr;
  if (bytes > kLimit || posix_memalign(&block, kAlignment, bytes) != 0) throw OutOfMemory(bytes, {0, 0, 0, kLimit, 0});
  std::memset(block, kGarbage, bytes);
  return block;
}

void* allocate_if_free(size_t bytes) { return allocate(bytes); }

void release(void* block, size_t) { std::free(block); }

}  // namespace nabla
