// SPDX-License-Identifier: Apache-2.0
// One pointer per kernel of kernels.def: what a target provides. A kernel missing from a target does not compile.
#pragma once
#include "kernels/all.h"

namespace nabla {

struct KernelTable {
  const char* target;
#define KERNEL(name, Contract) Contract::Function name;
#include "kernels/kernels.def"
#undef KERNEL
};

}  // namespace nabla
