// SPDX-License-Identifier: Apache-2.0
// Batched matrix products: by cuBLAS where it is, else by tiles of our own, which are also what cuBLAS is held against.
// Bias and activation follow in a launch of their own. Factors that are stored as bf16 are multiplied as they are; in
// precision bf16 those of large products are rounded beforehand.
#include "cuda/device/activations.cuh"
#include "cuda/device/bf16.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/device/scratch.h"
#include "cuda/matmul.h"
#include "cuda/runtime/cublas.h"
#include "cuda/runtime/cublaslt.h"
#include "cuda/table.h"
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
// multiplies bf16 about twice as fast; that saves k * m * n, and rounding costs k * (m + n). By the figures of an H200
// (400 and 750 TFLOP/s, 4 TB/s for the 6 bytes that each number takes) both are equal at 650. Not measured.
constexpr int64_t kRoundedSide = 1024;

// How the matrices of one factor are stored.
struct Layout {
  int64_t matrices, rows, columns;
  int64_t row, matrix;  // elements from one row, and from one matrix, to the next

  Layout(int64_t batch, int64_t rows, int64_t columns, int64_t row, int64_t step)
      : matrices(step == 0 ? 1 : batch), rows(rows), columns(columns), row(row), matrix(step) {}
  int64_t count() const { return matrices * rows * columns; }
  Layout packed() const { return {matrices, rows, columns, columns, matrices == 1 ? 0 : rows * columns}; }
  bool is_packed() const { return row == columns && (matrices == 1 || matrix == rows * columns); }
};
Layout layout_of_a(const MatmulParams& p) {
  return {p.batch, p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k, p.row_a, p.batch_a};
}
Layout layout_of_b(const MatmulParams& p) {
  return {p.batch, p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n, p.row_b, p.batch_b};
}

struct RoundElement {
  const float* from;
  Layout layout;
  Bf16* out;
  __device__ void operator()(int64_t i) const {
    const Division line(i, layout.columns), matrix(line.quotient, layout.rows);
    out[i] = to_bf16(from[matrix.quotient * layout.matrix + matrix.remainder * layout.row + line.remainder]);
  }
};

// A factor in bf16: as it is stored, or rounded into working memory, without gaps between its matrices.
class FactorInBf16 {
 public:
  FactorInBf16(const Operand& stored, const Layout& layout)
      : scratch_(stored.halves != nullptr ? 0 : static_cast<size_t>(layout.count()) * sizeof(Bf16)),
        data(stored.halves != nullptr ? stored.halves : scratch_.as<Bf16>()),
        layout(stored.halves != nullptr ? layout : layout.packed()) {
    if (stored.halves != nullptr) return;
    if (layout.is_packed())
      convert("matmul rounding", stored.data, scratch_.as<Bf16>(), layout.count());
    else
      for_each("matmul rounding", layout.count(), RoundElement{stored.data, layout, scratch_.as<Bf16>()});
  }

 private:
  Scratch scratch_;

 public:
  const Bf16* const data;
  const Layout layout;
};

MatmulParams with_layouts(MatmulParams p, const Layout& a, const Layout& b) {
  p.row_a = a.row, p.batch_a = a.matrix;
  p.row_b = b.row, p.batch_b = b.matrix;
  return p;
}

// False: they are not to be rounded, or cuBLAS cannot multiply them.
bool multiply_rounded(const float* a, const float* b, float* c, const MatmulParams& p) {
  if (!may_round_to_bf16() || p.k == 0 || p.m * p.n < kRoundedSide * (p.m + p.n)) return false;
  const FactorInBf16 left(as_stored(a), layout_of_a(p)), right(as_stored(b), layout_of_b(p));
  return cublas_multiply(left.data, right.data, c, with_layouts(p, left.layout, right.layout));
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
  const Layout layout = layout_of_b(p);
  if (p.batch == 0 || layout.count() == 0) return multiply(a, nullptr, bias, c, pre, p);
  const int64_t count = (layout.matrices - 1) * layout.matrix + (layout.rows - 1) * layout.row + layout.columns;
  const Scratch wide(static_cast<size_t>(count) * sizeof(float));
  device::widen_bf16(wide.as<float>(), b.halves, static_cast<size_t>(count));
  multiply(a, wide.as<float>(), bias, c, pre, p);
}

}  // namespace

void multiply(const float* a, const float* b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  if (p.batch * p.m * p.n == 0) return;
  if (!multiply_rounded(a, b, c, p) && !cublas_multiply(a, b, c, p)) multiply_by_tiles(a, b, c, p);
  finish(bias, c, pre, p);
}

template <class Out>
void multiply_in_bf16(const Operand& a, const Operand& b, const float* bias, Out* c, Out* pre, const MatmulParams& p) {
  if (p.batch * p.m * p.n == 0) return;
  const FactorInBf16 left(a, layout_of_a(p));
  if constexpr (std::is_same_v<Out, Bf16>) {
    MatmulParams of_left = p;
    of_left.row_a = left.layout.row;
    if (multiply_few_rows(left.data, b, bias, c, pre, of_left)) return;
  }
  const FactorInBf16 right(b, layout_of_b(p));
  const MatmulParams q = with_layouts(p, left.layout, right.layout);
  if constexpr (std::is_same_v<Out, Bf16>) {
    if (cublaslt_multiply(left.data, right.data, bias, c, pre, q)) return;
  }
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
