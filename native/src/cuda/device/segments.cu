// SPDX-License-Identifier: Apache-2.0
// A block looks at one row: if no row before it has the same key, it adds up all rows that have.
#include "cuda/device/elements.cuh"
#include "cuda/device/segments.cuh"

namespace nabla::cuda {
namespace {

__global__ void sum_segments_kernel(const float* in, const int32_t* keys, float* out, int64_t rows, int64_t slice,
                                    int64_t groups) {
  __shared__ int32_t window[kThreads];
  __shared__ int is_later;
  const int64_t row = blockIdx.x;
  const int32_t key = keys[row];
  if (key < 0 || key >= groups) return;  // all threads alike
  if (threadIdx.x == 0) is_later = 0;
  __syncthreads();
  for (int64_t first = 0; first < row && is_later == 0; first += kThreads) {
    const int64_t n = first + threadIdx.x;
    const bool same = n < row && keys[n] == key;
    __syncthreads();  // every thread has read is_later
    if (same) is_later = 1;
    __syncthreads();
  }
  if (is_later != 0) return;
  for (int64_t first = row; first < rows; first += kThreads) {
    const int64_t count = rows - first < kThreads ? rows - first : kThreads;
    __syncthreads();  // the window before has been read
    if (threadIdx.x < count) window[threadIdx.x] = keys[first + threadIdx.x];
    __syncthreads();
    for (int64_t s = threadIdx.x; s < slice; s += kThreads) {
      float sum = out[key * slice + s];
      for (int n = 0; n < count; ++n)
        if (window[n] == key) sum += in[(first + n) * slice + s];
      out[key * slice + s] = sum;
    }
  }
}

}  // namespace

void sum_segments(const char* name, const float* in, const int32_t* keys, float* out, int64_t rows, int64_t slice,
                  int64_t groups) {
  check(cudaMemsetAsync(out, 0, static_cast<size_t>(groups * slice) * sizeof(float), stream()), name);
  launch(name, sum_segments_kernel, rows, kThreads, in, keys, out, rows, slice, groups);
}

}  // namespace nabla::cuda
