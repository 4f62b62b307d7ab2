// SPDX-License-Identifier: Apache-2.0
// The search for an index out of range: the smallest position wins, whichever thread finds it first.
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

}  // namespace

BadIndex find_bad_index(const int32_t* indices, int64_t count, int64_t bound) {
  if (count == 0) return {-1, 0};
  const Scratch scratch(sizeof(unsigned long long));
  auto* const found = scratch.as<unsigned long long>();
  check(cudaMemsetAsync(found, 0xff, sizeof *found, stream()), "cudaMemsetAsync");
  for_each("index check", count, FindBad{indices, bound, found});
  unsigned long long first = 0;
  device::copy_to_host(&first, found, sizeof first);
  if (first == ~0ull) return {-1, 0};
  BadIndex bad{static_cast<int64_t>(first), 0};
  device::copy_to_host(&bad.index, indices + first, sizeof bad.index);
  return bad;
}

}  // namespace nabla::cuda
