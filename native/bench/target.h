// SPDX-License-Identifier: Apache-2.0
// What the benches share: all kernels for the target that the compiler's flags name, the clock, and the peak of one
// core. Included once, by the one source file of a bench.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#include <math.h>
#include <string.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kernels/all.h"
#include "system/allocator.h"
#include "system/thread_pool.h"

namespace nabla {
namespace {
// clang-format off
#if defined(__AVX512F__)
#include "cpu/simd/avx512.h"
#elif defined(__AVX2__)
#include "cpu/simd/avx2.h"
#elif defined(__aarch64__)
#include "cpu/simd/neon.h"
#else
#include "cpu/simd/baseline.h"
#endif
#include "cpu/all-inl.h"
#if defined(__AVX512BF16__)
#include "cpu/simd/avx512_bf16.h"
#include "cpu/gemm/bf16-inl.h"
#endif
// clang-format on

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// The best GFLOP/s in a fifth of a second of `f`, which does `work` floating-point operations.
template <class Function>
double best_rate(double work, const Function& f) {
  double best = 0;
  for (const double end = now() + 0.2; now() < end;) {
    const double start = now();
    int calls = 0;
    do f(), ++calls;
    while (now() - start < 2e-4);  // far above the resolution of the clock
    best = ::fmax(best, calls * work / (now() - start) * 1e-9);
  }
  return best;
}

// Independent multiply-adds on registers: what one core can do at all.
double peak() {
  constexpr int kChains = 12, kSteps = 4096;
  static volatile float factor = 0.9999f, offset = 1e-6f;
  return best_rate(2.0 * kLanes * kChains * kSteps, [] {
    F32 chains[kChains];
    const F32 f = splat(factor), o = splat(offset);
    for (F32& chain : chains) chain = o;
    for (int step = 0; step < kSteps; ++step)
      for (F32& chain : chains) chain = mul_add(chain, f, o);
    for (F32& chain : chains) offset = offset + 0 * reduce_add(chain);
  });
}

}  // namespace
}  // namespace nabla
