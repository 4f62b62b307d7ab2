// SPDX-License-Identifier: Apache-2.0
// Instantiates the dispatcher for every kernel of kernels.def.
#include "addon/run.h"

namespace nabla::addon {

const std::vector<Entry>& entries() {
  static const auto* const list = new std::vector<Entry>{
#define KERNEL(name, Contract)                                            \
  {#name, &run_kernel<Contract, &KernelTable::name, &VariantTable::name>, \
   &kernel_is_built<Contract, &KernelTable::name>, &Dispatch<Contract>::describe},
#include "kernels/kernels.def"
#undef KERNEL
  };
  return *list;
}

}  // namespace nabla::addon
