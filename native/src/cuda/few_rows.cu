// SPDX-License-Identifier: Apache-2.0
// Products of a few rows with all of a weight, which is read once: float32, or bf16 that is widened as it is read. A
// text's next token is made of such products, one after the other; what follows a product is part of the launch that
// ends it.
#include "cuda/device/activations.cuh"
#include "cuda/device/bf16.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/matmul.h"

namespace nabla::cuda {
namespace {

constexpr int64_t kFewRows = 4;
constexpr int kRowsTogether = 8;     // of a row-major b, read by a block at once
constexpr int64_t kPartDepth = 128;  // rows of a row-major b that a block adds up

// c = activation(sum + bias), and pre = sum + bias.
template <class T>
struct End {
  const float* bias;  // nullptr: none
  T *c, *pre;         // pre may be nullptr
  int64_t row_c, activation;
  __device__ void operator()(int64_t m, int64_t n, float sum) const {
    const float x = bias == nullptr ? sum : sum + bias[n];
    if (pre != nullptr) pre[m * row_c + n] = stored<T>(x);
    c[m * row_c + n] = stored<T>(activated(activation, x));
  }
};

// Where b is contiguous along k: a warp for every column of c.
template <int kRows, int kLanes, class T, class Number>
__global__ void few_rows_dots_kernel(const T* a, const Number* b, MatmulParams p, End<T> end) {
  const int64_t column = this_row();
  if (column >= p.n) return;
  float sums[kRows] = {};
  for (int64_t k = int64_t{threadIdx.x} * kLanes; k < p.k; k += kWarp * kLanes) {
    const Lanes<Number, kLanes> x = load<kLanes>(b + column * p.row_b + k);
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      if (row >= p.m) continue;
      const Lanes<T, kLanes> y = load<kLanes>(a + row * p.row_a + k);
#pragma unroll
      for (int lane = 0; lane < kLanes; ++lane) sums[row] = fmaf(widened(y.at[lane]), widened(x.at[lane]), sums[row]);
    }
  }
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    const float sum = join_row<kWarp>(sums[row], Plus{});
    if (threadIdx.x == 0 && row < p.m) end(row, column, sum);
  }
}

// Where b is row-major: a block adds up a part of its rows, for kWarp * kLanes columns; threadIdx.y tells which of the
// rows that are read at once. The sums go to parts [parts, m, n], or where there is one part to c.
template <int kRows, int kLanes, class T, class Number>
__global__ void few_rows_sums_kernel(const T* a, const Number* b, float* parts, int64_t blocks_n, MatmulParams p,
                                     End<T> end) {
  const int64_t part = blockIdx.x / blocks_n, first = part * kPartDepth;
  const int64_t behind = first + kPartDepth < p.k ? first + kPartDepth : p.k;
  const int64_t column = (blockIdx.x % blocks_n * kWarp + threadIdx.x) * kLanes;
  float sums[kRows][kLanes] = {};
  for (int64_t k = first + threadIdx.y; k < behind && column < p.n; k += kRowsTogether) {
    const Lanes<Number, kLanes> x = load<kLanes>(b + k * p.row_b + column);
#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      const float y = row < p.m ? widened(a[row * p.row_a + k]) : 0.0f;
#pragma unroll
      for (int lane = 0; lane < kLanes; ++lane) sums[row][lane] = fmaf(y, widened(x.at[lane]), sums[row][lane]);
    }
  }
  __shared__ float together[kRowsTogether][kWarp * kLanes];
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    if (row >= p.m) continue;
    __syncthreads();  // the row before has been added up
#pragma unroll
    for (int lane = 0; lane < kLanes; ++lane) together[threadIdx.y][threadIdx.x * kLanes + lane] = sums[row][lane];
    __syncthreads();
    if (threadIdx.y != 0 || column >= p.n) continue;
    for (int lane = 0; lane < kLanes; ++lane) {
      float sum = 0;
      for (int y = 0; y < kRowsTogether; ++y) sum += together[y][threadIdx.x * kLanes + lane];
      if (parts == nullptr)
        end(row, column + lane, sum);
      else
        parts[(part * p.m + row) * p.n + column + lane] = sum;
    }
  }
}

template <class T>
struct AddParts {
  const float* parts;
  int64_t count, m, n;
  End<T> end;
  __device__ void operator()(int64_t i) const {
    float sum = 0;
    for (int64_t part = 0; part < count; ++part) sum += parts[part * m * n + i];
    const Division at(i, n);
    end(at.quotient, at.remainder, sum);
  }
};

template <int kRows, int kLanes, class T, class Number>
void multiply_rows(const T* a, const Number* b, const MatmulParams& p, const End<T>& end) {
  if (p.transpose_b) {
    launch("matmul of few rows", few_rows_dots_kernel<kRows, kLanes, T, Number>, divide_up(p.n, kThreads / kWarp),
           dim3(kWarp, kThreads / kWarp), a, b, p, end);
    return;
  }
  const int64_t blocks_n = divide_up(p.n, kWarp * kLanes), parts = divide_up(p.k, kPartDepth);
  const Scratch scratch(parts == 1 ? 0 : static_cast<size_t>(parts * p.m * p.n) * sizeof(float));
  launch("matmul of few rows", few_rows_sums_kernel<kRows, kLanes, T, Number>, blocks_n * parts,
         dim3(kWarp, kRowsTogether), a, b, scratch.as<float>(), blocks_n, p, end);
  if (parts > 1) for_each("matmul of few rows", p.m * p.n, AddParts<T>{scratch.as<float>(), parts, p.m, p.n, end});
}

// Four numbers at once where every row allows it.
template <int kRows, class T, class Number>
void multiply_lanes(const T* a, const Number* b, const MatmulParams& p, const End<T>& end) {
  const bool whole = p.row_b % 4 == 0 && is_aligned(b);
  const bool along_k = p.k % 4 == 0 && p.row_a % 4 == 0 && is_aligned(a);
  if (whole && (p.transpose_b ? along_k : p.n % 4 == 0))
    multiply_rows<kRows, 4>(a, b, p, end);
  else
    multiply_rows<kRows, 1>(a, b, p, end);
}

template <class T, class Number>
void multiply_number(const T* a, const Number* b, const MatmulParams& p, const End<T>& end) {
  if (p.m == 1)
    multiply_lanes<1>(a, b, p, end);
  else
    multiply_lanes<kFewRows>(a, b, p, end);
}

}  // namespace

template <class T>
bool multiply_few_rows(const T* a, const Operand& b, const float* bias, T* c, T* pre, const MatmulParams& p) {
  if (p.batch != 1 || p.m > kFewRows || p.k == 0 || p.transpose_a) return false;
  const End<T> end{p.has_bias ? bias : nullptr, c, p.has_pre ? pre : nullptr, p.row_c, p.activation};
  if (p.m * p.n == 0) return true;
  if (b.halves != nullptr)
    multiply_number(a, b.halves, p, end);
  else
    multiply_number(a, b.data, p, end);
  return true;
}

template bool multiply_few_rows(const float*, const Operand&, const float*, float*, float*, const MatmulParams&);
template bool multiply_few_rows(const Bf16*, const Operand&, const float*, Bf16*, Bf16*, const MatmulParams&);

}  // namespace nabla::cuda
