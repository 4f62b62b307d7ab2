// SPDX-License-Identifier: Apache-2.0
// The CUDA kernels. Each .cu file puts its own into the table; what none of them names is not built, and its callers
// run on host memory.
#pragma once
#include "kernels/kernel_table.h"

namespace nabla::cuda {

const KernelTable& table();

#define FAMILY(name) void add_##name(KernelTable& table);
#include "cuda/families.def"
#undef FAMILY

}  // namespace nabla::cuda
