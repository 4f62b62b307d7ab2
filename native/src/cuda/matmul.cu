// SPDX-License-Identifier: Apache-2.0
// Batched matrix products: by cuBLAS where it is, else in float32 by the tiles below, which are also what cuBLAS is
// held against, and in tf32 and bf16 by tensor_core_product.cu. Bias and activation follow in a launch of their own
// where the product does not include them. Factors that are stored as bf16 are multiplied as they are; in precision
// bf16 those of large products are rounded beforehand.
#include "cuda/device/activations.cuh"
#include "cuda/device/factors.cuh"
#include "cuda/device/scratch.h"
#include "cuda/matmul.h"
#include "cuda/runtime/cublas.h"
#include "cuda/runtime/cublaslt.h"
#include "cuda/table.h"
#include "cuda/tensor_core_product.h"
#include "kernels/device.h"

namespace nabla::cuda {
namespace {

constexpr int kDepth = 16;  // of k at a time
constexpr int kSide = 16;   // threads along each side of a tile; each has the rows and columns that are kSide apart
static_assert(kSide * kSide == kThreads, "every thread has its own part of the tile");
constexpr int64_t kLargeProduct = 1024;  // rows and columns of c from which tiles of 128 fill the GPU

// Loads [kTile, kDepth] of a (or of b, transposed) into shared memory, k first; zeros beyond the edge.
template <int kTile, class T>
__device__ void load_tile(const T* matrix, int64_t row_step, int64_t k_step, int64_t first, int64_t rows, int64_t k,
                          int64_t depth, float (&tile)[kDepth][kTile + 1]) {
#pragma unroll
  for (int part = 0; part < kTile * kDepth / kThreads; ++part) {
    const int i = static_cast<int>(threadIdx.x) + part * kThreads;
    // Neighbouring threads read what is next to each other in memory.
    const int row = k_step == 1 ? i / kDepth : i % kTile, step = k_step == 1 ? i % kDepth : i / kTile;
    const bool inside = first + row < rows && k + step < depth;
    tile[step][row] = inside ? widened(matrix[(first + row) * row_step + (k + step) * k_step]) : 0.0f;
  }
}

// A block computes kTile rows and columns of c. Beyond k both operands are 0, which adds nothing.
template <int kTile, class In, class Out>
__global__ void __launch_bounds__(kThreads)
    multiply_kernel(const In* a, const In* b, Out* c, MatmulParams p, int64_t tiles_m, int64_t tiles_n) {
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
      if (m < p.m && n < p.n) c[batch * p.batch_c + m * p.row_c + n] = stored<Out>(sums[i][j]);
    }
}

template <int kTile, class In, class Out>
void multiply_tiles(const In* a, const In* b, Out* c, const MatmulParams& p) {
  const int64_t tiles_m = divide_up(p.m, kTile), tiles_n = divide_up(p.n, kTile);
  launch("matmul", multiply_kernel<kTile, In, Out>, p.batch * tiles_m * tiles_n, kThreads, a, b, c, p, tiles_m,
         tiles_n);
}

template <class In, class Out>
void multiply_by_tiles(const In* a, const In* b, Out* c, const MatmulParams& p) {
  if (p.m >= kLargeProduct && p.n >= kLargeProduct)
    multiply_tiles<128>(a, b, c, p);
  else
    multiply_tiles<64>(a, b, c, p);
}

// From which m * n / (m + n) on factors are rounded to bf16 by us. cuBLAS rounds float32 to tf32 and no further, and
// multiplies bf16 about twice as fast, as does our own product; that saves k * m * n, and rounding costs k * (m + n).
// By the figures of an H200 (400 and 750 TFLOP/s, 4 TB/s for the 6 bytes that each number takes) both are equal at 650.
// Not measured.
constexpr int64_t kRoundedSide = 1024;

bool are_rounded_to_bf16(const MatmulParams& p) {
  return precision() == Precision::kBf16 && p.k > 0 && p.m * p.n >= kRoundedSide * (p.m + p.n);
}

// The product alone. False: cuBLAS is not here, or cannot multiply these.
bool multiply_by_cublas(const float* a, const float* b, float* c, const MatmulParams& p) {
  if (!has_cublas()) return false;
  if (are_rounded_to_bf16(p)) {
    const FactorInBf16 left(as_stored(a), left_factor(p)), right(as_stored(b), right_factor(p));
    if (cublas_multiply(left.data, right.data, c, with_factors(p, left, right))) return true;
  }
  return cublas_multiply(a, b, c, p);
}

// Our own product on tensor cores, with all that follows it, where factors may be rounded and cuBLAS is not here.
bool multiply_rounded(const float* a, const float* b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  if (has_cublas() || precision() == Precision::kFloat32) return false;
  if (!are_rounded_to_bf16(p)) return multiply_on_tensor_cores(a, b, bias, c, pre, p);
  const FactorInBf16 left(as_stored(a), left_factor(p)), right(as_stored(b), right_factor(p));
  return multiply_on_tensor_cores(left.data, right.data, bias, c, pre, with_factors(p, left, right));
}

// c = activation(c + bias), and pre = c + bias.
template <int64_t kActivation, class T>
struct Finish {
  const float* bias;
  T *c, *pre;
  int64_t m, n, row, batch;
  __device__ void operator()(int64_t i) const {
    const Division line(i, n), matrix(line.quotient, m);
    const int64_t column = line.remainder, at = matrix.quotient * batch + matrix.remainder * row + column;
    const float x = bias == nullptr ? widened(c[at]) : widened(c[at]) + bias[column];
    if (pre != nullptr) pre[at] = stored<T>(x);
    c[at] = stored<T>(activate<kActivation>(x));
  }
};

// The same where c is one matrix without gaps and its rows are whole fours.
template <int64_t kActivation, class T>
struct FinishFours {
  const float* bias;
  T *c, *pre;
  int64_t fours;  // of a row
  __device__ void operator()(int64_t i) const {
    Four<T>* const at = reinterpret_cast<Four<T>*>(c) + i;
    Four<T> y = *at, sums;
    Four<float> add{};
    if (bias != nullptr) add = reinterpret_cast<const Four<float>*>(bias)[Division(i, fours).remainder];
    for (int lane = 0; lane < 4; ++lane) {
      const float x = bias == nullptr ? widened(y.at[lane]) : widened(y.at[lane]) + add.at[lane];
      sums.at[lane] = stored<T>(x);
      y.at[lane] = stored<T>(activate<kActivation>(x));
    }
    if (pre != nullptr) reinterpret_cast<Four<T>*>(pre)[i] = sums;
    *at = y;
  }
};

// What follows a product.
template <class T>
void finish(const float* bias, T* c, T* pre, const MatmulParams& p) {
  if (p.activation == kNone && p.has_bias == 0 && p.has_pre == 0) return;
  const int64_t elements = p.batch * p.m * p.n;
  const float* const added = p.has_bias ? bias : nullptr;
  T* const kept = p.has_pre ? pre : nullptr;
  const bool is_dense = p.row_c == p.n && (p.batch == 1 || p.batch_c == p.m * p.n);
  with_activation(p.activation, [&](auto activation) {
    constexpr int64_t kActivation = decltype(activation)::kValue;
    if (is_dense && p.n % 4 == 0)
      for_each("matmul bias and activation", elements / 4, FinishFours<kActivation, T>{added, c, kept, p.n / 4});
    else
      for_each("matmul bias and activation", elements,
               Finish<kActivation, T>{added, c, kept, p.m, p.n, p.row_c, p.batch_c});
  });
}

// Of an `a` in float32 and a `b` that may be stored as bf16.
void multiply_in_float32(const float* a, const Operand& b, const float* bias, float* c, float* pre,
                         const MatmulParams& p) {
  if (multiply_few_rows(a, b, bias, c, pre, p)) return;
  if (b.halves == nullptr) return multiply(a, b.data, bias, c, pre, p);
  if (precision() == Precision::kBf16) return multiply_in_bf16(as_stored(a), b, bias, c, pre, p);
  const Factor factor = right_factor(p);
  if (p.batch == 0 || factor.count() == 0) return multiply(a, nullptr, bias, c, pre, p);
  const int64_t reach = (factor.matrices - 1) * factor.matrix + (factor.rows - 1) * factor.row + factor.columns;
  const Scratch wide(static_cast<size_t>(reach) * sizeof(float));
  device::widen_bf16(wide.as<float>(), b.halves, static_cast<size_t>(reach));
  multiply(a, wide.as<float>(), bias, c, pre, p);
}

}  // namespace

void multiply(const float* a, const float* b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  if (p.batch * p.m * p.n == 0) return;
  if (multiply_rounded(a, b, bias, c, pre, p)) return;
  if (!multiply_by_cublas(a, b, c, p)) multiply_by_tiles(a, b, c, p);
  finish(bias, c, pre, p);
}

template <class Out>
void multiply_in_bf16(const Operand& a, const Operand& b, const float* bias, Out* c, Out* pre, const MatmulParams& p) {
  if (p.batch * p.m * p.n == 0) return;
  const FactorInBf16 left(a, left_factor(p));
  if constexpr (std::is_same_v<Out, Bf16>) {
    MatmulParams of_left = p;
    of_left.row_a = left.factor.row;
    if (multiply_few_rows(left.data, b, bias, c, pre, of_left)) return;
  }
  const FactorInBf16 right(b, right_factor(p));
  const MatmulParams q = with_factors(p, left, right);
  if constexpr (std::is_same_v<Out, Bf16>) {
    if (cublaslt_multiply(left.data, right.data, bias, c, pre, q)) return;
  }
  if (!has_cublas() && multiply_on_tensor_cores(left.data, right.data, bias, c, pre, q)) return;
  if (!cublas_multiply(left.data, right.data, c, q)) multiply_by_tiles(left.data, right.data, c, q);
  finish(bias, c, pre, p);
}

template void multiply_in_bf16(const Operand&, const Operand&, const float*, float*, float*, const MatmulParams&);
template void multiply_in_bf16(const Operand&, const Operand&, const float*, Bf16*, Bf16*, const MatmulParams&);

void add_matmul(KernelTable& table) {
  table.matmul_f32 = [](const float* a, Operand b, const float* bias, float* c, float* pre, const MatmulParams& p) {
    multiply_in_float32(a, b, bias, c, pre, p);
  };
  table.variants.matmul_f32 = {
      [](Operand a, Operand b, const float* bias, Bf16* c, Bf16* pre, const MatmulParams& p) {
        multiply_in_bf16(a, b, bias, c, pre, p);
      },
      [](const Bf16* a, const Bf16* b, const float* bias, float* c, float* pre, const MatmulParams& p) {
        multiply_in_bf16(as_stored(a), as_stored(b), bias, c, pre, p);
      }};
}

}  // namespace nabla::cuda
