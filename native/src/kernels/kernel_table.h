// SPDX-License-Identifier: Apache-2.0
// One pointer per kernel of kernels.def: what a target provides. A kernel missing from a target does not compile.
#pragma once
#include <tuple>
#include <type_traits>

#include "kernels/all.h"

namespace nabla {

// A contract may name in `Variants`, a std::tuple of functions, what a device can have beside the kernel itself for
// tensors that are stored as bf16: the same buffers and parameters, some of the buffers being Bf16 or Operand.
// Which one runs is the dispatcher's choice (addon/variants.h).
template <class Contract, class = void>
struct VariantsOf {
  using Functions = std::tuple<>;
};
template <class Contract>
struct VariantsOf<Contract, std::void_t<typename Contract::Variants>> {
  using Functions = typename Contract::Variants;
};

struct VariantTable {
#define KERNEL(name, Contract) VariantsOf<Contract>::Functions name{};
#include "kernels/kernels.def"
#undef KERNEL
};

struct KernelTable {
  const char* target;
#define KERNEL(name, Contract) Contract::Function name;
#include "kernels/kernels.def"
#undef KERNEL
  VariantTable variants{};  // nullptr: this device has it not
};

}  // namespace nabla
