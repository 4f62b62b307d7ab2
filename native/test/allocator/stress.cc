// SPDX-License-Identifier: Apache-2.0
// Blocks of all sizes, taken and given back in random order by one thread and by several, under the sanitizers: none
// may overlap, the statistics must add up, and in the end nothing may be left.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "system/allocator.h"

namespace {

constexpr int kRounds = 10000;
constexpr size_t kMostBlocks = 60;

[[noreturn]] void fail(const char* what) {
  std::printf("%s\n", what);
  std::exit(1);
}

void check_sums() {
  const nabla::MemoryStatistics all = nabla::memory_statistics();
  size_t in_use = 0;
  size_t cached = 0;
  for (const nabla::SizeClass& blocks : nabla::size_classes()) {
    in_use += blocks.bytes * blocks.in_use;
    cached += blocks.bytes * blocks.cached;
  }
  if (in_use != all.in_use || cached != all.cached) fail("the sizes do not add up to the statistics");
}

struct Block {
  unsigned char* data;
  size_t bytes;
  unsigned char mark;  // at its beginning, middle and end
};

void take(std::vector<Block>& blocks, std::mt19937& random) {
  const size_t power = size_t{1} << (random() % 22);
  const size_t bytes = power + random() % power;
  unsigned char* data = nullptr;
  try {
    data = static_cast<unsigned char*>(nabla::allocate(bytes));
  } catch (const nabla::OutOfMemory&) {
    return;
  }
  if (reinterpret_cast<uintptr_t>(data) % nabla::kAlignment != 0) fail("a block is not aligned");
  const auto mark = static_cast<unsigned char>(random());
  data[0] = data[bytes / 2] = data[bytes - 1] = mark;
  blocks.push_back({data, bytes, mark});
}

void give_one(std::vector<Block>& blocks, size_t which) {
  const Block block = blocks[which];
  const auto holds = [&](size_t at) { return block.data[at] == block.mark; };
  if (!holds(0) || !holds(block.bytes / 2) || !holds(block.bytes - 1))
    fail("a block was written into by another's owner");
  nabla::release(block.data, block.bytes);
  blocks[which] = blocks.back();
  blocks.pop_back();
}

void work(unsigned seed, bool is_alone) {
  std::mt19937 random(seed);
  std::vector<Block> blocks;
  for (int round = 0; round < kRounds; ++round) {
    if (blocks.empty() || (blocks.size() < kMostBlocks && random() % 2 == 0))
      take(blocks, random);
    else
      give_one(blocks, random() % blocks.size());
    if (random() % 500 == 0) nabla::trim();
    if (!is_alone) continue;
    if (random() % 50 == 0) check_sums();
    if (random() % 300 == 0) nabla::set_memory_limit(nabla::memory_statistics().in_use + 1 + random() % (1 << 24));
    if (random() % 300 == 0) nabla::set_memory_limit(0);
  }
  while (!blocks.empty()) give_one(blocks, 0);
}

}  // namespace

int main() {
  for (unsigned seed = 0; seed < 4; ++seed) work(seed, true);
  nabla::set_memory_limit(0);
  std::vector<std::thread> threads;
  for (unsigned seed = 4; seed < 8; ++seed) threads.emplace_back(work, seed, false);
  for (std::thread& thread : threads) thread.join();
  nabla::trim();
  check_sums();
  const nabla::MemoryStatistics left = nabla::memory_statistics();
  if (left.in_use + left.cached + left.allocations != 0) fail("something is left");
  std::printf("the allocator: %d rounds, nothing overlaps, nothing is left\n", 8 * kRounds);
}
