// SPDX-License-Identifier: Apache-2.0
// Target avx512 with matrix products that round their operands to bf16, for x86-64 that has AVX512-BF16 too. Nothing
// but C headers before the namespace: no inline function may leak out.
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/kernel_table.h"
#include "system/allocator.h"
#include "system/thread_pool.h"

namespace nabla::cpu {

namespace avx512 {
const KernelTable& table();
}

namespace avx512_bf16 {
namespace {
// clang-format off
#include "cpu/simd/avx512.h"
#include "cpu/all-inl.h"
#include "cpu/simd/avx512_bf16.h"
#include "cpu/gemm/bf16-inl.h"
// clang-format on
}  // namespace

const KernelTable& table() {
  static const KernelTable kTable = rounded_table<Bf16>();
  return kTable;
}

}  // namespace avx512_bf16
}  // namespace nabla::cpu
