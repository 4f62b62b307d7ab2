// SPDX-License-Identifier: Apache-2.0
// The kernels compiled for any processor. Nothing but C headers before the namespace: no inline function may leak out.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernel_table.h"
#include "system/allocator.h"
#include "system/thread_pool.h"

namespace nabla::cpu::baseline {
namespace {
// clang-format off
#include "cpu/simd/baseline.h"
#include "cpu/all-inl.h"
// clang-format on
}  // namespace

const KernelTable& table() {
  static constexpr KernelTable kTable = {
      "baseline",
#define KERNEL(name, Contract) &name,
#include "kernels/kernels.def"
#undef KERNEL
  };
  return kTable;
}

}  // namespace nabla::cpu::baseline
