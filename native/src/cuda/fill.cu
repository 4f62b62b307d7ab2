// SPDX-License-Identifier: Apache-2.0
// One value everywhere.
#include "cuda/device/elements.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class T>
__global__ void fill_kernel(T* out, int64_t count, T value) {
  int64_t i = first_of_four();
  if (i + 4 <= count)
    *reinterpret_cast<Four<T>*>(out + i) = {{value, value, value, value}};
  else
    for (; i < count; ++i) out[i] = value;
}

template <class T>
void fill(T* out, const FillParams& p) {
  const T value = static_cast<T>(p.value);
  launch("fill", fill_kernel<T>, divide_up(p.count, 4 * kThreads), kThreads, out, p.count, value);
}

}  // namespace

void add_fill(KernelTable& table) {
  table.fill_f32 = fill<float>;
  table.fill_i32 = fill<int32_t>;
  table.fill_bool = fill<uint8_t>;
}

}  // namespace nabla::cuda
