// SPDX-License-Identifier: Apache-2.0
// Batched matrix products: by cuBLAS where it is, else by tiles of our own, which are also what cuBLAS is held against.
// Bias and activation follow in a launch of their own.
#include "cuda/device/activations.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/matmul.h"
#include "cuda/runtime/cublas.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

constexpr int kDepth = 16;  // of k at a time
constexpr int kSide = 16;   // threads along each side of a tile; each has the rows and columns that are kSide apart
static_assert(kSide * kSide == kThreads, "every thread has its own part of the tile");
constexpr int64_t kLargeProduct = 1024;  // rows and columns of c from which tiles of 128 fill the GPU

// Loads [kTile, kDepth] of a (or of b, transposed) into shared memory, k first; zeros beyond the edge.
template <int kTile>
__device__ void load_tile(const float* matrix, int64_t row_step, int64_t k_step, int64_t first, int64_t rows, int64_t k,
                          int64_t depth, float (&tile)[kDepth][kTile + 1]) {
#pragma unroll
  for (int part = 0; part < kTile * kDepth / kThreads; ++part) {
    const int i = static_cast<int>(threadIdx.x) + part * kThreads;
    // Neighbouring threads read what is next to each other in memory.
    const int row = k_step == 1 ? i / kDepth : i % kTile, step = k_step == 1 ? i % kDepth : i / kTile;
    const bool inside = first + row < rows && k + step < depth;
    tile[step][row] = inside ? matrix[(first + row) * row_step + (k + step) * k_step] : 0.0f;
  }
}

// A block computes kTile rows and columns of c. Beyond k both operands are 0, which adds nothing.
template <int kTile>
__global__ void __launch_bounds__(kThreads)
    multiply_kernel(const float* a, const float* b, float* c, MatmulParams p, int64_t tiles_m, int64_t tiles_n) {
  constexpr int kOwn = kTile / kSide;
  __shared__ float a_tile[kDepth][kTile + 1], b_tile[kDepth][kTile + 1];
  const int64_t batch = blockIdx.x / (tiles_m * tiles_n), position = blockIdx.x % (tiles_m * tiles_n);
  const int64_t first_m = position / tiles_n * kTile, first_n = position % tiles_n * kTile;
  const int own_m = static_cast<int>(threadIdx.x) / kSide, own_n = static_cast<int>(threadIdx.x) % kSide;
  a += batch * p.batch_a;
  b += batch * p.batch_b;
  float sums[kOwn][kOwn] = {};
  for (int64_t k = 0; k < p.k; k += kDepth) {
    load_tile<kTile>(a, p.transpose_a ? 1 : p.row_a, p.transpose_a ? p.row_a : 1, first_m, p.m, k, p.k, a_tile);
    load_tile<kTile>(b, p.transpose_b ? p.row_b : 1, p.transpose_b ? 1 : p.row_b, first_n, p.n, k, p.k, b_tile);
    __syncthreads();
#pragma unroll
    for (int step = 0; step < kDepth; ++step) {
      float left[kOwn], right[kOwn];
#pragma unroll
      for (int i = 0; i < kOwn; ++i) left[i] = a_tile[step][own_m + i * kSide];
#pragma unroll
      for (int j = 0; j < kOwn; ++j) right[j] = b_tile[step][own_n + j * kSide];
#pragma unroll
      for (int i = 0; i < kOwn; ++i)
#pragma unroll
        for (int j = 0; j < kOwn; ++j) sums[i][j] = fmaf(left[i], right[j], sums[i][j]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kOwn; ++i)
#pragma unroll
    for (int j = 0; j < kOwn; ++j) {
      const int64_t m = first_m + own_m + i * kSide, n = first_n + own_n + j * kSide;
      if (m < p.m && n < p.n) c[batch * p.batch_c + m * p.row_c + n] = sums[i][j];
    }
}

template <int kTile>
void multiply_tiles(const float* a, const float* b, float* c, const MatmulParams& p) {
  const int64_t tiles_m = divide_up(p.m, kTile), tiles_n = divide_up(p.n, kTile);
  launch("matmul", multiply_kernel<kTile>, p.batch * tiles_m * tiles_n, kThreads, a, b, c, p, tiles_m, tiles_n);
}

// c = activation(c + bias), and pre = c + bias.
template <int64_t kActivation>
struct Finish {
  const float* bias;
  float *c, *pre;
  int64_t m, n, row, batch;
  __device__ void operator()(int64_t i) const {
    const Division line(i, n), matrix(line.quotient, m);
    const int64_t column = line.remainder, at = matrix.quotient * batch + matrix.remainder * row + column;
    const float x = bias == nullptr ? c[at] : c[at] + bias[column];
    if (pre != nullptr) pre[at] = x;
    c[at] = activate<kActivation>(x);
  }
};

// The same where c is one matrix without gaps and its rows are whole fours.
template <int64_t kActivation>
struct FinishFours {
  const float* bias;
  float *c, *pre;
  int64_t fours;  // of a row
  __device__ void operator()(int64_t i) const {
    Four<float>* const at = reinterpret_cast<Four<float>*>(c) + i;
    Four<float> x = *at;
    if (bias != nullptr) {
      const Four<float> add = reinterpret_cast<const Four<float>*>(bias)[Division(i, fours).remainder];
      for (int lane = 0; lane < 4; ++lane) x.at[lane] += add.at[lane];
    }
    if (pre != nullptr) reinterpret_cast<Four<float>*>(pre)[i] = x;
    for (int lane = 0; lane < 4; ++lane) x.at[lane] = activate<kActivation>(x.at[lane]);
    *at = x;
  }
};

}  // namespace

void multiply(const float* a, const float* b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  const int64_t elements = p.batch * p.m * p.n;
  if (elements == 0) return;
  if (!cublas_multiply(a, b, c, p)) {
    if (p.m >= kLargeProduct && p.n >= kLargeProduct)
      multiply_tiles<128>(a, b, c, p);
    else
      multiply_tiles<64>(a, b, c, p);
  }
  if (p.activation == kNone && p.has_bias == 0 && p.has_pre == 0) return;
  const float* const added = p.has_bias ? bias : nullptr;
  float* const kept = p.has_pre ? pre : nullptr;
  const bool is_dense = p.row_c == p.n && (p.batch == 1 || p.batch_c == p.m * p.n);
  with_activation(p.activation, [&](auto activation) {
    constexpr int64_t kActivation = decltype(activation)::kValue;
    if (is_dense && p.n % 4 == 0)
      for_each("matmul bias and activation", elements / 4, FinishFours<kActivation>{added, c, kept, p.n / 4});
    else
      for_each("matmul bias and activation", elements,
               Finish<kActivation>{added, c, kept, p.m, p.n, p.row_c, p.batch_c});
  });
}

void add_matmul(KernelTable& table) {
  table.matmul_f32 = [](const float* a, Operand b, const float* bias, float* c, float* pre, const MatmulParams& p) {
    multiply(a, b.data, bias, c, pre, p);
  };
}

}  // namespace nabla::cuda
