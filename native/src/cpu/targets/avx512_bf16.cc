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

// The packed b, where it is kept.
float* kept_panels(Operand b, const MatmulParams& p) {
  if (!Bf16::gains_from_kept(p)) return nullptr;
  Gemm g{1, p.n, p.k, {}, matrix(b.data, p.row_b, p.transpose_b != 0), nullptr, p.n};
  const size_t bytes = static_cast<size_t>(kept_size<Bf16>(p.n, p.k)) * sizeof(float);
  const auto make = [](void* product, float* copy) {
    Gemm& g = *static_cast<Gemm*>(product);
    g.kept_b = copy;
    keep_panels<Bf16>(g);
  };
  return kept_copy(b.keeper, {1, p.k, p.n, p.row_b, p.transpose_b}, bytes, make, &g);
}

void matmul_bf16(const float* a, Operand b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  // A B that is stored as bf16 is read as it is; a packed copy of it would be as large as what was saved.
  float* const kept = b.halves == nullptr ? kept_panels(b, p) : nullptr;
  if (b.halves != nullptr || (kept == nullptr && !Bf16::pays(p)))
    return avx512::table().matmul_f32(a, b, bias, c, pre, p);
  matmul<Bf16>(a, b, bias, c, pre, p, kept);
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

}  // namespace avx512_bf16
}  // namespace nabla::cpu
