// SPDX-License-Identifier: Apache-2.0
// Where the allocator's blocks come from: block_source.cc beside this takes them from the host, cuda/block_source.cc
// from the GPU. A module links one of them.
#pragma once
#include <cstddef>

namespace nabla {

void* take_block(size_t bytes);  // aligned to kAlignment at least; nullptr when there is none
void return_block(void* block);
size_t most_memory();  // bytes that blocks may take where no limit was set

}  // namespace nabla
