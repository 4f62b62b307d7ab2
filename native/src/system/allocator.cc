// SPDX-License-Identifier: Apache-2.0
// Small blocks in free lists by size class, large ones in an arena, under one lock. Nothing here has a destructor:
// blocks may outlive every environment.
#include "system/allocator.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "system/arena.h"
#include "system/block_source.h"
#include "system/held_blocks.h"
#include "system/kept.h"

namespace nabla {
namespace {

constexpr size_t kLarge = size_t{1} << 16;  // blocks from here on are cut from the arena
constexpr size_t kGrain = size_t{1} << 12;  // their sizes are multiples of it: a page
// A new segment is an eighth as long as all there are, within these: few segments have few ends that fit nothing.
constexpr size_t kSegmentPart = 8;
constexpr size_t kLeastSegment = size_t{1} << 22;
constexpr size_t kMostSegment = size_t{1} << 30;

// The text of NABLA_MEMORY_LIMIT as bytes: a number, alone or with K, M, G or T (powers of 1024); 0 where it is none.
size_t parse_limit(const char* text) {
  constexpr const char* kUnits = "KMGT";
  char* end = nullptr;
  double bytes = std::strtod(text, &end);
  if (end == text) return 0;
  const char* unit = *end == '\0' ? nullptr : std::strchr(kUnits, *end);
  if (unit != nullptr) {
    bytes *= std::ldexp(1.0, 10 * static_cast<int>(unit - kUnits + 1));
    ++end;
  }
  return *end == '\0' && bytes >= 1 && bytes < 9e15 ? static_cast<size_t>(bytes) : 0;
}

// NABLA_MEMORY_LIMIT, else all there is; 0 where the variable cannot be understood.
size_t default_limit() {
  const char* wanted = std::getenv("NABLA_MEMORY_LIMIT");
  return wanted == nullptr || *wanted == '\0' ? most_memory() : parse_limit(wanted);
}

struct Blocks {
  std::vector<void*> free;
  size_t in_use = 0;
};

struct State {
  std::mutex lock;
  std::map<size_t, Blocks> blocks;  // small ones by size class
  Arena arena;                      // large ones
  MemoryStatistics statistics{0, 0, 0, default_limit(), 0};
  size_t large_in_use = 0;      // bytes
  int64_t successes_left = -1;  // until the failures that a test has asked for; negative: there are none
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

[[noreturn]] void refuse_limit() {
  const char* wanted = std::getenv("NABLA_MEMORY_LIMIT");
  throw BadMemoryLimit(
      std::string("NABLA_MEMORY_LIMIT: expected a number of bytes, or of K, M, G or T (powers of 1024) such as 512M or "
                  "1.5G, received \"") +
      (wanted == nullptr ? "" : wanted) + "\"");
}

void trim_locked(State& s) {
  for (auto entry = s.blocks.begin(); entry != s.blocks.end();) {
    Blocks& blocks = entry->second;
    for (void* block : blocks.free) return_block(block);
    blocks.free.clear();
    entry = blocks.in_use == 0 ? s.blocks.erase(entry) : std::next(entry);
  }
  s.arena.trim(return_block);
  s.statistics.cached = s.arena.bytes() - s.large_in_use;
}

// A block of a class; nullptr: there is none.
void* take_small(State& s, size_t size) {
  Blocks& blocks = s.blocks[size];
  blocks.in_use += 1;  // keeps the class while others are trimmed
  if (!blocks.free.empty()) {
    void* const block = blocks.free.back();
    blocks.free.pop_back();
    s.statistics.cached -= size;
    return block;
  }
  // What is cached elsewhere counts against the limit: give it back before taking more.
  if (s.statistics.in_use + s.statistics.cached + size > s.statistics.limit) trim_locked(s);
  void* block = take_block(size);
  if (block == nullptr) {
    trim_locked(s);
    block = take_block(size);
  }
  if (block == nullptr) blocks.in_use -= 1;
  return block;
}

// Adds a segment in which `size` bytes are free; false: there is no memory for it. What is free between blocks in use
// cannot be given back: by so much the process may take more than the limit, which is one of what is in use.
bool add_segment(State& s, size_t size) {
  const size_t part = s.arena.bytes() / kSegmentPart / kGrain * kGrain;
  const size_t wanted = std::max(size, std::min(std::max(part, kLeastSegment), kMostSegment));
  const size_t taken = s.statistics.in_use + s.statistics.cached;
  if (taken + size > s.statistics.limit) trim_locked(s);
  size_t bytes = taken + wanted > s.statistics.limit ? size : wanted;
  void* segment = take_block(bytes);
  if (segment == nullptr) {
    trim_locked(s);
    bytes = size;
    segment = take_block(bytes);
  }
  if (segment == nullptr) return false;
  s.arena.add(segment, bytes);
  s.statistics.cached += bytes;
  return true;
}

// A piece of the arena; nullptr: there is none.
void* take_large(State& s, size_t size) {
  void* block = s.arena.take(size);
  if (block == nullptr && add_segment(s, size)) block = s.arena.take(size);
  if (block == nullptr) return nullptr;
  s.large_in_use += size;
  s.statistics.cached -= size;
  return block;
}

// A block, or OutOfMemory.
void* take(size_t bytes) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  if (s.statistics.limit == 0) refuse_limit();
  if (s.successes_left >= 0) {
    if (s.successes_left == 0) throw OutOfMemory(bytes, s.statistics);
    s.successes_left -= 1;
  }
  if (bytes > s.statistics.limit) throw OutOfMemory(bytes, s.statistics);  // also keeps size_class from overflowing
  const size_t size = size_class(bytes);
  if (s.statistics.in_use + size > s.statistics.limit) throw OutOfMemory(bytes, s.statistics);
  void* const block = size < kLarge ? take_small(s, size) : take_large(s, size);
  if (block == nullptr) throw OutOfMemory(bytes, s.statistics);
  s.statistics.in_use += size;
  s.statistics.allocations += 1;
  if (s.statistics.in_use > s.statistics.peak) s.statistics.peak = s.statistics.in_use;
  return block;
}

}  // namespace

OutOfMemory::OutOfMemory(size_t bytes, const MemoryStatistics& statistics)
    : std::runtime_error(describe(bytes, statistics)), bytes(bytes), statistics(statistics) {}

size_t size_class(size_t bytes) {
  if (bytes <= kAlignment * 4) return bytes == 0 ? kAlignment : (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes > kLarge) return (bytes + kGrain - 1) / kGrain * kGrain;
  size_t power = kAlignment * 4;
  while (power <= bytes / 2) power *= 2;  // power <= bytes < 2 * power
  const size_t quarter = power / 4;
  return (bytes + quarter - 1) / quarter * quarter;
}

void* allocate(size_t bytes) {
  try {
    return take(bytes);
  } catch (const OutOfMemory&) {
    if (!drop_all_kept_copies()) throw;
  }
  return take(bytes);
}

void* allocate_if_free(size_t bytes) {
  try {
    return take(bytes);
  } catch (const OutOfMemory&) {
    return nullptr;
  }
}

void release(void* block, size_t bytes) {
  if (block == nullptr || hold_released(block, bytes)) return;
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  const size_t size = size_class(bytes);
  if (size < kLarge) {
    Blocks& blocks = s.blocks[size];
    blocks.free.push_back(block);
    blocks.in_use -= 1;
  } else {
    s.arena.give(block);
    s.large_in_use -= size;
  }
  s.statistics.in_use -= size;
  s.statistics.allocations -= 1;
  s.statistics.cached += size;
}

void trim() {
  drop_all_kept_copies();
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  trim_locked(s);
}

void reset_peak() {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  s.statistics.peak = s.statistics.in_use;
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

std::vector<SizeClass> size_classes() {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  std::map<size_t, SizeClass> by_size;
  for (const auto& [size, blocks] : s.blocks) {
    if (blocks.in_use + blocks.free.size() > 0) by_size[size] = {size, blocks.in_use, blocks.free.size()};
  }
  for (const auto& [_, piece] : s.arena.pieces()) {
    SizeClass& entry = by_size.emplace(piece.bytes, SizeClass{piece.bytes, 0, 0}).first->second;
    (piece.is_free ? entry.cached : entry.in_use) += 1;
  }
  std::vector<SizeClass> classes;
  for (const auto& [_, entry] : by_size) classes.push_back(entry);
  return classes;
}

void fail_allocations_after(int64_t successes) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  s.successes_left = successes;
}

}  // namespace nabla
