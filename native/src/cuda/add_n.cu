// SPDX-License-Identifier: Apache-2.0
// The sum of several arrays, up to kAtOnce of them in one launch.
#include "cuda/device/elements.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

constexpr int kAtOnce = 16;

__device__ inline float plus(float a, float b) { return a + b; }
__device__ inline int32_t plus(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

template <class T>
struct AddUp {
  const T* in[kAtOnce];
  int arrays;
  T* out;
  __device__ void operator()(int64_t i) const {
    auto sum = widened(in[0][i]);
    for (int array = 1; array < arrays; ++array) sum = plus(sum, widened(in[array][i]));
    out[i] = stored<T>(sum);
  }
};

template <class T>
void add_arrays(Buffers<const T> in, T* out, const AddNParams& p) {
  if (in.count == 0) check(cudaMemsetAsync(out, 0, static_cast<size_t>(p.count) * sizeof(T), stream()), "add_n");
  for (int64_t first = 0; first < in.count;) {
    AddUp<T> sum{{}, 0, out};
    if (first > 0) sum.in[sum.arrays++] = out;  // what was added before
    while (sum.arrays < kAtOnce && first < in.count) sum.in[sum.arrays++] = in.items[first++];
    for_each("add_n", p.count, sum);
  }
}

}  // namespace

void add_add_n(KernelTable& table) {
  table.add_n_f32 = add_arrays<float>;
  table.variants.add_n_f32 = {add_arrays<Bf16>};
  table.add_n_i32 = add_arrays<int32_t>;
}

}  // namespace nabla::cuda
