// SPDX-License-Identifier: Apache-2.0
// The search for an index out of range: the smallest position wins, whichever thread finds it first.
#include <atomic>

#include "cuda/device/elements.cuh"
#include "cuda/device/indices.h"
#include "cuda/device/scratch.h"
#include "kernels/device.h"

namespace nabla::cuda {
namespace {

struct FindBad {
  const int32_t* indices;
  int64_t bound;
  unsigned long long* first;
  __device__ void operator()(int64_t i) const {
    if (indices[i] < 0 || indices[i] >= bound) atomicMin(first, static_cast<unsigned long long>(i));
  }
};

std::atomic<int64_t> looks{0};

}  // namespace

int64_t index_looks() { return looks.load(std::memory_order_relaxed); }
void count_index_look() { looks.fetch_add(1, std::memory_order_relaxed); }

BadIndex find_bad_index(Indices indices, int64_t count) {
  if (indices.are_good || count == 0) return {-1, 0};
  count_index_look();
  const Scratch scratch(sizeof(unsigned long long));
  auto* const found = scratch.as<unsigned long long>();
  check(cudaMemsetAsync(found, 0xff, sizeof *found, stream()), "cudaMemsetAsync");
  for_each("index check", count, FindBad{indices.data, indices.bound, found});
  unsigned long long first = 0;
  device::copy_to_host(&first, found, sizeof first);
  if (first == ~0ull) return {-1, 0};
  BadIndex bad{static_cast<int64_t>(first), 0};
  device::copy_to_host(&bad.index, indices.data + first, sizeof bad.index);
  return bad;
}

}  // namespace nabla::cuda
