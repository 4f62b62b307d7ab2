// SPDX-License-Identifier: Apache-2.0
// Which object holds what a thread releases.
#include "system/held_blocks.h"

#include "system/allocator.h"

namespace nabla {
namespace {
thread_local HeldBlocks* holder = nullptr;
}

HeldBlocks::HeldBlocks() { holder = this; }

void HeldBlocks::stop() {
  if (holder == this) holder = nullptr;
}

HeldBlocks::~HeldBlocks() {
  stop();
  for (const auto& [block, bytes] : blocks_) release(block, bytes);
}

bool hold_released(void* block, size_t bytes) {
  if (holder == nullptr) return false;
  holder->blocks_.emplace_back(block, bytes);
  return true;
}

}  // namespace nabla
