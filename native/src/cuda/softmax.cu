// SPDX-License-Identifier: Apache-2.0
// Softmax over the last axis: a warp or a block on each row, which it reads three times, mostly from the cache.
#include <cmath>

#include "cuda/device/rows.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class T, int kWidth>
__global__ void softmax_kernel(const T* in, T* out, int64_t rows, int64_t columns) {
  const int64_t row = this_row();
  if (row >= rows) return;
  const T* x = in + row * columns;
  float maximum = -INFINITY, sum = 0;
  each_of_row<kWidth>(
      columns, [&](int64_t, float own) { maximum = Larger{}(own, maximum); }, x);
  maximum = join_row<kWidth>(maximum, Larger{});
  each_of_row<kWidth>(
      columns, [&](int64_t, float own) { sum += expf(own - maximum); }, x);
  const float inverse = 1 / join_row<kWidth>(sum, Plus{});
  map_row<kWidth>(
      columns, out + row * columns, [&](int64_t, float own) { return expf(own - maximum) * inverse; }, x);
}

template <class T>
void softmax(const T* in, T* out, const SoftmaxParams& p) {
  launch_rows("softmax", softmax_kernel<T, kWarp>, softmax_kernel<T, kThreads>, p.rows, p.columns, in, out, p.rows,
              p.columns);
}

}  // namespace

void add_softmax(KernelTable& table) {
  table.softmax_f32 = softmax<float>;
  table.variants.softmax_f32 = {softmax<Bf16>};
}

}  // namespace nabla::cuda
