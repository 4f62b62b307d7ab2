// SPDX-License-Identifier: Apache-2.0
// Target avx512 with matrix products that round their operands to bf16 and multiply tiles, for x86-64 that has AMX-BF16
// (Intel from Sapphire Rapids on). Nothing but C headers before the namespace: no inline function may leak out.
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

namespace avx512_amx {
namespace {
// clang-format off
#include "cpu/simd/avx512.h"
#include "cpu/all-inl.h"
#include "cpu/simd/avx512_bf16.h"
#include "cpu/gemm/bf16-inl.h"
#include "cpu/gemm/amx-inl.h"
// clang-format on

void matmul_bf16(const float* a, Operand b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  matmul_rounded<Amx>(a, b, bias, c, pre, p, avx512::table().matmul_f32);
}
}  // namespace

const KernelTable& table() {
  static const KernelTable kTable = [] {
    KernelTable table = avx512::table();
    table.matmul_f32 = &matmul_bf16;
    return table;
  }();
  return kTable;
}

}  // namespace avx512_amx
}  // namespace nabla::cpu
