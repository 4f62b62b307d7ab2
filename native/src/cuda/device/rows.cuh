// SPDX-License-Identifier: Apache-2.0
// Rows that threads work on together: a warp on a short one, a block on a long one. blockDim.x threads share a row, and
// blockDim.y rows a block.
#pragma once
#include "cuda/device/stored.cuh"
#include "cuda/runtime/launch.cuh"

namespace nabla::cuda {

constexpr int kWarp = 32;
constexpr int64_t kShortRow = 1024;  // up to here a warp takes a row: 32 elements for each of its threads

struct Plus {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Larger {  // a NaN wins
  __device__ float operator()(float a, float b) const { return a > b || a != a ? a : b; }
};

// Joins one value of each of the kWidth threads of a row; all get the result. The order does not depend on timing.
template <int kWidth, class T, class Join>
__device__ T join_row(T x, Join join) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2)
    x = join(x, __shfl_xor_sync(0xffffffffu, x, distance, kWarp));
  if constexpr (kWidth > kWarp) {
    __shared__ T of_warps[kWidth / kWarp];
    __syncthreads();  // what an earlier call left has been read
    if (threadIdx.x % kWarp == 0) of_warps[threadIdx.x / kWarp] = x;
    __syncthreads();
    x = of_warps[0];
    for (int warp = 1; warp < kWidth / kWarp; ++warp) x = join(x, of_warps[warp]);
  }
  return x;
}

// Where the parts of a row are that its threads take together: single elements up to where 16 bytes are aligned, pieces
// of 16 bytes, single elements again.
template <class T>
struct RowParts {
  static constexpr int kLanes = kLoadBytes / static_cast<int>(sizeof(T));
  int64_t head, whole;
  __device__ RowParts(const T* row, int64_t columns) {
    const int64_t behind = static_cast<int64_t>(reinterpret_cast<uintptr_t>(row) % kLoadBytes / sizeof(T));
    head = behind == 0 ? 0 : kLanes - behind;
    if (head > columns) head = columns;
    whole = head + (columns - head) / kLanes * kLanes;
  }
};

// f(column, x...) for all elements of rows, which are best read where all begin as far from 16 aligned bytes as the
// first. Which thread takes which element, and in which order, depends on that distance and the length.
template <int kWidth, class Function, class T, class... More>
__device__ void each_of_row(int64_t columns, Function f, const T* row, const More*... more) {
  constexpr int kLanes = RowParts<T>::kLanes;
  const RowParts<T> parts(row, columns);
  for (int64_t c = threadIdx.x; c < parts.head; c += kWidth) f(c, widened(row[c]), widened(more[c])...);
  for (int64_t c = parts.head + int64_t{threadIdx.x} * kLanes; c < parts.whole; c += kWidth * kLanes) {
    const auto run = [&](const Lanes<T, kLanes>& x, const Lanes<More, kLanes>&... y) {
#pragma unroll
      for (int lane = 0; lane < kLanes; ++lane) f(c + lane, widened(x.at[lane]), widened(y.at[lane])...);
    };
    run(load<kLanes>(row + c), load_unaligned<kLanes>(more + c)...);
  }
  for (int64_t c = parts.whole + threadIdx.x; c < columns; c += kWidth) f(c, widened(row[c]), widened(more[c])...);
}

// out[column] = f(column, x...), where out, which may be one of the rows, begins at that distance too.
template <int kWidth, class Function, class T, class... More>
__device__ void map_row(int64_t columns, T* out, Function f, const T* row, const More*... more) {
  constexpr int kLanes = RowParts<T>::kLanes;
  const RowParts<T> parts(row, columns);
  const auto single = [&](int64_t c) { out[c] = stored<T>(f(c, widened(row[c]), widened(more[c])...)); };
  for (int64_t c = threadIdx.x; c < parts.head; c += kWidth) single(c);
  for (int64_t c = parts.head + int64_t{threadIdx.x} * kLanes; c < parts.whole; c += kWidth * kLanes) {
    const auto run = [&](const Lanes<T, kLanes>& x, const Lanes<More, kLanes>&... y) {
      Lanes<T, kLanes> z;
#pragma unroll
      for (int lane = 0; lane < kLanes; ++lane)
        z.at[lane] = stored<T>(f(c + lane, widened(x.at[lane]), widened(y.at[lane])...));
      *reinterpret_cast<Lanes<T, kLanes>*>(out + c) = z;
    };
    run(load<kLanes>(row + c), load_unaligned<kLanes>(more + c)...);
  }
  for (int64_t c = parts.whole + threadIdx.x; c < columns; c += kWidth) single(c);
}

// The row of this thread.
__device__ inline int64_t this_row() { return int64_t{blockIdx.x} * blockDim.y + threadIdx.y; }

// Launches `narrow`, compiled for a warp a row, or `wide`, for a block a row.
template <class... Parameters, class... Arguments>
void launch_rows(const char* name, void (*narrow)(Parameters...), void (*wide)(Parameters...), int64_t rows,
                 int64_t columns, Arguments... arguments) {
  if (columns <= kShortRow)
    launch(name, narrow, divide_up(rows, kThreads / kWarp), dim3(kWarp, kThreads / kWarp), arguments...);
  else
    launch(name, wide, rows, dim3(kThreads), arguments...);
}

}  // namespace nabla::cuda
