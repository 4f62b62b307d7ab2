// SPDX-License-Identifier: Apache-2.0
// Rows that threads work on together: a warp on a short one, a block on a long one. blockDim.x threads share a row, and
// blockDim.y rows a block.
#pragma once
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
