// SPDX-License-Identifier: Apache-2.0
// Softmax over the last axis: a warp or a block on each row, which it reads three times, mostly from the cache.
#include <cmath>

#include "cuda/device/rows.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <int kWidth>
__global__ void softmax_kernel(const float* in, float* out, int64_t rows, int64_t columns) {
  const int64_t row = this_row();
  if (row >= rows) return;
  const float* x = in + row * columns;
  float* y = out + row * columns;
  float maximum = -INFINITY, sum = 0;
  for (int64_t c = threadIdx.x; c < columns; c += kWidth) maximum = Larger{}(x[c], maximum);
  maximum = join_row<kWidth>(maximum, Larger{});
  for (int64_t c = threadIdx.x; c < columns; c += kWidth) sum += expf(x[c] - maximum);
  const float inverse = 1 / join_row<kWidth>(sum, Plus{});
  for (int64_t c = threadIdx.x; c < columns; c += kWidth) y[c] = expf(x[c] - maximum) * inverse;
}

void softmax_f32(const float* in, float* out, const SoftmaxParams& p) {
  launch_rows("softmax", softmax_kernel<kWarp>, softmax_kernel<kThreads>, p.rows, p.columns, in, out, p.rows,
              p.columns);
}

}  // namespace

void add_softmax(KernelTable& table) { table.softmax_f32 = softmax_f32; }

}  // namespace nabla::cuda
