// SPDX-License-Identifier: Apache-2.0
// The kernels compiled for x86-64 with AVX2 and FMA. Nothing but C headers before the namespace: no inline function may
// leak out.
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernel_table.h"
#include "system/allocator.h"
#include "system/thread_pool.h"

namespace nabla::cpu::avx2 {
namespace {
// clang-format off
#include "cpu/simd/avx2.h"
#include "cpu/all-inl.h"
// clang-format on
}  // namespace

const KernelTable& table() {
  static constexpr KernelTable kTable = {
      "avx2",
#define KERNEL(name, Contract) &name,
#include "kernels/kernels.def"
#undef KERNEL
  };
  return kTable;
}

}  // namespace nabla::cpu::avx2
