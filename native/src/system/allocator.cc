// SPDX-License-Identifier: Apache-2.0
// Free lists by size class under one lock. Nothing here has a destructor: blocks may outlive every environment.
#include "system/allocator.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "system/block_source.h"

namespace nabla {
namespace {

// NABLA_MEMORY_LIMIT: bytes, or a number with K, M or G (powers of 1024). Without it, all there is.
size_t default_limit() {
  const char* wanted = std::getenv("NABLA_MEMORY_LIMIT");
  if (wanted == nullptr) return most_memory();
  char* unit = nullptr;
  const double number = std::strtod(wanted, &unit);
  const double factor = *unit == 'K' ? 1024.0 : *unit == 'M' ? 1048576.0 : *unit == 'G' ? 1073741824.0 : 1.0;
  const double bytes = number * factor;
  return bytes >= 1 && bytes < 9e18 ? static_cast<size_t>(bytes) : most_memory();
}

struct State {
  std::mutex lock;
  std::map<size_t, std::vector<void*>> free_blocks;  // by size class
  MemoryStatistics statistics{0, 0, 0, default_limit(), 0};
};

State& state() {
  static State* the_state = new State;  // never destroyed: worker threads may still release at exit
  return *the_state;
}

std::string describe(size_t bytes, const MemoryStatistics& s) {
  char text[320];
  std::snprintf(
      text, sizeof text,
      "no memory for a buffer of %zu bytes: %zu bytes are in use in %zu buffers, %zu are cached, the limit is %zu",
      bytes, s.in_use, s.allocations, s.cached, s.limit);
  return text;
}

void trim_locked(State& s) {
  for (auto& entry : s.free_blocks)
    for (void* block : entry.second) return_block(block);
  s.free_blocks.clear();
  s.statistics.cached = 0;
}

}  // namespace

OutOfMemory::OutOfMemory(size_t bytes, const MemoryStatistics& statistics)
    : std::runtime_error(describe(bytes, statistics)), bytes(bytes), statistics(statistics) {}

size_t size_class(size_t bytes) {
  if (bytes <= kAlignment * 4) return bytes == 0 ? kAlignment : (bytes + kAlignment - 1) / kAlignment * kAlignment;
  size_t power = kAlignment * 4;
  while (power <= bytes / 2) power *= 2;  // power <= bytes < 2 * power
  const size_t quarter = power / 4;
  return (bytes + quarter - 1) / quarter * quarter;
}

void* allocate(size_t bytes) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  if (bytes > s.statistics.limit) throw OutOfMemory(bytes, s.statistics);  // also keeps size_class from overflowing
  const size_t size = size_class(bytes);
  if (s.statistics.in_use + size > s.statistics.limit) throw OutOfMemory(bytes, s.statistics);
  void* block = nullptr;
  auto found = s.free_blocks.find(size);
  if (found != s.free_blocks.end() && !found->second.empty()) {
    block = found->second.back();
    found->second.pop_back();
    s.statistics.cached -= size;
  } else {
    // What is cached in other classes counts against the limit: give it back before taking more.
    if (s.statistics.in_use + s.statistics.cached + size > s.statistics.limit) trim_locked(s);
    block = take_block(size);
    if (block == nullptr) {
      trim_locked(s);
      block = take_block(size);
    }
    if (block == nullptr) throw OutOfMemory(bytes, s.statistics);
  }
  s.statistics.in_use += size;
  s.statistics.allocations += 1;
  if (s.statistics.in_use > s.statistics.peak) s.statistics.peak = s.statistics.in_use;
  return block;
}

void release(void* block, size_t bytes) {
  if (block == nullptr) return;
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  const size_t size = size_class(bytes);
  s.free_blocks[size].push_back(block);
  s.statistics.in_use -= size;
  s.statistics.allocations -= 1;
  s.statistics.cached += size;
}

void trim() {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  trim_locked(s);
}

void set_memory_limit(size_t bytes) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  s.statistics.limit = bytes == 0 ? default_limit() : bytes;
}

MemoryStatistics memory_statistics() {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  return s.statistics;
}

}  // namespace nabla
