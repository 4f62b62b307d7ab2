// SPDX-License-Identifier: Apache-2.0
// Memory that work which is done again and again relies on: what a thread releases while that work is noted is not
// given to others, as long as the work may be done.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace nabla {

class HeldBlocks {
 public:
  HeldBlocks();  // holds what this thread releases from here on, until stop()
  void stop();
  ~HeldBlocks();  // releases it; on any thread, after stop()
  HeldBlocks(const HeldBlocks&) = delete;
  HeldBlocks& operator=(const HeldBlocks&) = delete;

 private:
  friend bool hold_released(void* block, size_t bytes);
  std::vector<std::pair<void*, size_t>> blocks_;
};

// For the allocator: whether a block that is being released is held instead.
bool hold_released(void* block, size_t bytes);

}  // namespace nabla
