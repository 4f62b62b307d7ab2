// SPDX-License-Identifier: Apache-2.0
// Rows are put in the order of their keys by merging, each step of which every row takes by itself; then a block adds
// up the rows of a key.
#include "cuda/device/elements.cuh"
#include "cuda/device/scratch.h"
#include "cuda/device/segments.cuh"

namespace nabla::cuda {
namespace {

// How many of the sorted keys are below `key`, or with `kOrEqual` not above it.
template <bool kOrEqual>
__device__ int64_t count_below(const int32_t* keys, int64_t count, int32_t key) {
  int64_t low = 0, high = count;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (kOrEqual ? keys[middle] <= key : keys[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// Rows by key, and of the same key in their order.
struct Sorted {
  int32_t* keys;
  int64_t* rows;
};

struct Begin {
  const int32_t* keys;
  Sorted to;
  __device__ void operator()(int64_t i) const {
    to.keys[i] = keys[i];
    to.rows[i] = i;
  }
};

// Merges every two runs of `width` entries, both sorted: an entry goes behind those of its own run that were before it,
// and behind those of the other run that belong before it.
struct Merge {
  Sorted from, to;
  int64_t width, count;
  __device__ void operator()(int64_t i) const {
    const int64_t run = i / width, start = run * width;
    const bool is_first = run % 2 == 0;
    const int64_t other = is_first ? start + width : start - width;
    const int64_t length = other >= count ? 0 : other + width > count ? count - other : width;
    const int32_t key = from.keys[i];
    const int64_t before = is_first ? count_below<false>(from.keys + other, length, key)
                                    : count_below<true>(from.keys + other, length, key);
    const int64_t place = (is_first ? start : other) + (i - start) + before;
    to.keys[place] = key;
    to.rows[place] = from.rows[i];
  }
};

constexpr int kColumns = 32;                 // of a block
constexpr int kParts = kThreads / kColumns;  // rows of a key that it adds at once

// The block of the first entry of a key adds up its rows, kParts sums side by side, then those.
template <class T>
__global__ void sum_kernel(const T* in, Sorted sorted, float* out, int64_t count, int64_t slice, int64_t groups,
                           int64_t column_blocks) {
  __shared__ float sums[kParts][kColumns];
  const int64_t entry = blockIdx.x / column_blocks, column = blockIdx.x % column_blocks * kColumns + threadIdx.x;
  const int32_t key = sorted.keys[entry];
  if (key < 0 || key >= groups || (entry > 0 && sorted.keys[entry - 1] == key)) return;  // all threads alike
  const int64_t same = count_below<true>(sorted.keys + entry, count - entry, key);
  float sum = 0;
  if (column < slice)
    for (int64_t i = threadIdx.y; i < same; i += kParts) sum += widened(in[sorted.rows[entry + i] * slice + column]);
  sums[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || column >= slice) return;
  for (int part = 1; part < kParts; ++part) sum += sums[part][threadIdx.x];
  out[key * slice + column] = sum;
}

}  // namespace

template <class T>
void sum_segments(const char* name, const T* in, const int32_t* keys, float* out, int64_t rows, int64_t slice,
                  int64_t groups) {
  check(cudaMemsetAsync(out, 0, static_cast<size_t>(groups * slice) * sizeof(float), stream()), name);
  if (rows == 0 || slice == 0) return;
  const size_t count = static_cast<size_t>(rows);
  const Scratch row_numbers(2 * count * sizeof(int64_t)), sorted_keys(2 * count * sizeof(int32_t));
  Sorted sorted{sorted_keys.as<int32_t>(), row_numbers.as<int64_t>()};
  Sorted merged{sorted.keys + rows, sorted.rows + rows};
  for_each(name, rows, Begin{keys, sorted});
  for (int64_t width = 1; width < rows; width *= 2) {
    for_each(name, rows, Merge{sorted, merged, width, rows});
    const Sorted swap = sorted;
    sorted = merged;
    merged = swap;
  }
  const int64_t column_blocks = divide_up(slice, kColumns);
  launch(name, sum_kernel<T>, rows * column_blocks, dim3(kColumns, kParts), in, sorted, out, rows, slice, groups,
         column_blocks);
}

template void sum_segments(const char*, const float*, const int32_t*, float*, int64_t, int64_t, int64_t);
template void sum_segments(const char*, const Bf16*, const int32_t*, float*, int64_t, int64_t, int64_t);

}  // namespace nabla::cuda
