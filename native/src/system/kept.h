// SPDX-License-Identifier: Apache-2.0
// Copies of operands that kernels keep across calls (see kernels/operand.h): who holds them, and when they end. A copy
// belongs to one buffer and to what was last written into it. Copies are counted as memory in use, and are the first to
// go where memory is short.
#pragma once
#include <memory>

#include "kernels/operand.h"

namespace nabla {

constexpr int kUsesBeforeKept = 2;  // a training uses a weight once in each direction before it changes

// What is known of one buffer; lives beside it.
struct Kept {
  uint64_t contents = 0;  // the number of the write of which the rest speaks
  KeptLayout layout{};
  int uses = 0;
  uint64_t copy = 0;  // the number of the copy, 0: there is none
};

struct KeptCopy;

// Hands out the copy of one buffer during one call of a kernel. `contents` is a number that every write of the buffer
// changes to one that it never had before.
class Keeper {
 public:
  Keeper(Kept& kept, uint64_t contents) : kept_(kept), contents_(contents) {}
  float* copy(const KeptLayout& layout, size_t bytes, void (*make)(void*, float*), void* context);

 private:
  Kept& kept_;
  uint64_t contents_;
  std::shared_ptr<KeptCopy> held_;  // so that it stays while the kernel reads it
};

void forget(Kept& kept);      // its buffer is gone
bool drop_all_kept_copies();  // those that are read now when they have been read; false: there were none

}  // namespace nabla
