// SPDX-License-Identifier: Apache-2.0
// How much memory and how many processors this process may really use: the machine, or its control group if smaller.
#pragma once
#include <cstddef>

namespace nabla {

size_t system_memory();   // bytes
int system_processors();  // >= 1: affinity mask and control-group quota, whichever is smaller

}  // namespace nabla
