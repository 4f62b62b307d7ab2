// SPDX-License-Identifier: Apache-2.0
// Matrix products from naive to current, each checked before it is timed, against the peak of one core in the same run.
//
//   cd native && g++ -std=c++17 -O3 -fno-math-errno -fno-trapping-math -ffp-contract=off -mavx2 -mfma -Isrc
//     bench/gemm_bench.cc src/kernels/*.cc src/system/*.cc -pthread -o gemm_bench && ./gemm_bench [threads]
//
// The target follows the flags: nothing for the baseline; for AVX-512 -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma
// -mprefer-vector-width=512, and -mavx512bf16 for products in bf16. With -DWITH_CBLAS and -lopenblas the ladder ends
// with that library (OPENBLAS_NUM_THREADS).
// Prints the best GFLOP/s of several runs: on a shared machine compare within one run only.
#ifdef WITH_CBLAS
#include <cblas.h>
#endif
#include <utility>

#include "target.h"

namespace nabla {
namespace {
using Product = void (*)(const Gemm&);
// Step 1: the definition.
void naive(const Gemm& g) {
  for (int64_t i = 0; i < g.m; ++i)
    for (int64_t j = 0; j < g.n; ++j) {
      float sum = 0;
      for (int64_t p = 0; p < g.k; ++p)
        sum += g.a.data[i * g.a.row + p * g.a.column] * g.b.data[p * g.b.row + j * g.b.column];
      g.c[i * g.ldc + j] = sum;
    }
}

// Step 2: register tiles, cache blocks, packed panels, threads.
void current(const Gemm& g) {
  gemm_batch(1, g.m, g.n, g.k, [&](int64_t) { return g; });
}

#ifdef __AVX512BF16__
// Step 3: operands rounded to bf16, which the cases below are already.
void bf16(const Gemm& g) {
  gemm_batch<Bf16>(1, g.m, g.n, g.k, [&](int64_t) { return g; });
}
#endif

#ifdef WITH_CBLAS
void vendor(const Gemm& g) {
  const bool transpose_a = g.a.column != 1, transpose_b = g.b.column != 1;
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, g.m, g.n,
              g.k, 1, g.a.data, transpose_a ? g.m : g.k, g.b.data, transpose_b ? g.k : g.n, 0, g.c, g.n);
}
#endif

// Ends the program unless `product` is right on a sample of elements, to the rounding errors of a sum of k terms.
void check(const char* name, Product product, const Gemm& g) {
  memset(g.c, -1, static_cast<size_t>(g.m * g.n) * sizeof(float));  // NaN
  product(g);
  for (int64_t at = 0; at < g.m * g.n; at += at % 97 + 1) {
    const float *a = g.a.data + at / g.n * g.a.row, *b = g.b.data + at % g.n * g.b.column;
    double sum = 0, magnitude = 0;
    for (int64_t p = 0; p < g.k; ++p) {
      const double term = static_cast<double>(a[p * g.a.column]) * b[p * g.b.row];
      sum += term, magnitude += ::fabs(term);
    }
    if (::fabs(sum - g.c[at]) <= 1e-6 * magnitude) continue;
    std::printf("\n%s is wrong at element %lld: %g instead of %g\n", name, static_cast<long long>(at), g.c[at], sum);
    std::exit(1);
  }
}

}  // namespace
}  // namespace nabla

int main(int count, char** arguments) {
  using namespace nabla;
  set_thread_count(count > 1 ? std::atoi(arguments[1]) : 1);
  std::vector<std::pair<const char*, Product>> ladder = {{"naive", naive}, {"current", current}};
#ifdef __AVX512BF16__
  ladder.emplace_back("bf16", bf16);
#endif
#ifdef WITH_CBLAS
  ladder.emplace_back("cblas", vendor);
#endif
  // m, k, n, and whether A and B are stored as their transposes (marked ' in the output).
  const int64_t cases[][5] = {
      {64, 64, 64, 0, 0},       {128, 128, 128, 0, 0}, {256, 256, 256, 0, 0}, {512, 512, 512, 0, 0},
      {1024, 1024, 1024, 0, 0}, {768, 128, 384, 0, 1}, {768, 128, 512, 0, 1}, {768, 512, 128, 0, 1},
      {768, 384, 128, 0, 0},    {768, 512, 128, 0, 0}, {384, 768, 128, 1, 0}, {512, 768, 128, 1, 0},
      {64, 32, 64, 0, 1},       {1, 768, 3072, 0, 0},  {1, 768, 3072, 0, 1},  {8, 768, 3072, 0, 0},
      {8, 768, 3072, 0, 1},     {32, 784, 256, 0, 1},  {4096, 512, 1, 0, 0},  {512, 768, 3072, 0, 1}};
  std::printf("%d lanes, %d threads, peak of one core %.1f GFLOP/s\n%20s", kLanes, thread_count(), peak(), "m x k x n");
  for (const auto& [name, product] : ladder) std::printf("%10s", name);
  for (const auto& [m, k, n, transpose_a, transpose_b] : cases) {
    std::vector<float> a(m * k), b(k * n), c(m * n);
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i * 7 % 31) / 32 - 0.5f;
    for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i * 11 % 37) / 32 - 0.5f;
    Gemm g{m, n, k, matrix(a.data(), transpose_a ? m : k, transpose_a), {}, c.data(), n};
    g.b = matrix(b.data(), transpose_b ? k : n, transpose_b);
    std::printf("\n%5d%s x%5d x%5d%s", int(m), transpose_a ? "'" : " ", int(k), int(n), transpose_b ? "'" : " ");
    for (const auto& [name, product] : ladder) {
      check(name, product, g);
      std::printf("%10.1f", best_rate(2.0 * m * n * k, [&, product = product] { product(g); }));
    }
  }
  std::printf("\n");
}
