// SPDX-License-Identifier: Apache-2.0
// The caching allocator: 64-byte aligned blocks, small ones of a few size classes, kept for reuse, counted, and
// limited. One per process; every function may be called from any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace nabla {

constexpr size_t kAlignment = 64;  // one cache line, one AVX-512 register

struct MemoryStatistics {
  size_t in_use;       // bytes handed out, rounded up
  size_t cached;       // bytes free and kept for reuse
  size_t peak;         // the most that was ever in use
  size_t limit;        // in_use may not exceed it
  size_t allocations;  // blocks handed out now
};

// The blocks of one size.
struct SizeClass {
  size_t bytes;   // of one block
  size_t in_use;  // blocks handed out
  size_t cached;  // blocks free and kept for reuse
};

// No block of `bytes` bytes could be had: beyond the limit, or the system refused.
class OutOfMemory : public std::runtime_error {
 public:
  OutOfMemory(size_t bytes, const MemoryStatistics& statistics);
  const size_t bytes;
  const MemoryStatistics statistics;
};

// NABLA_MEMORY_LIMIT says nothing that could be obeyed.
class BadMemoryLimit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Bytes that a request really takes: up to 64 KiB rounded up to a power of two or to 5/4, 6/4, 7/4 of one, then to
// pages.
size_t size_class(size_t bytes);

// Throws OutOfMemory, BadMemoryLimit; the bytes are not cleared. Where there are none, copies that are kept to save
// time (see kept.h) are dropped first.
void* allocate(size_t bytes);
void* allocate_if_free(size_t bytes);     // nullptr instead of OutOfMemory, and no copy is dropped
void release(void* block, size_t bytes);  // `bytes` as asked for
void trim();                              // drops kept copies, and gives cached blocks back to the system
void reset_peak();                        // the peak is what is in use now
void set_memory_limit(size_t bytes);      // 0: NABLA_MEMORY_LIMIT, else what the machine (or its control group) has
MemoryStatistics memory_statistics();
std::vector<SizeClass> size_classes();  // those that have blocks, the smallest first

// For tests: every allocation after `successes` more throws OutOfMemory. Negative: none does.
void fail_allocations_after(int64_t successes);

}  // namespace nabla
