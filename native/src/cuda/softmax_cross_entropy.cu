// SPDX-License-Identifier: Apache-2.0
// Softmax cross-entropy and its gradient: a warp or a block on each row.
#include <cmath>

#include "cuda/device/elements.cuh"
#include "cuda/device/indices.h"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

void check_labels(Indices labels, const SoftmaxCrossEntropyParams& p) {
  const BadIndex bad = find_bad_index(labels, p.rows);
  if (bad.position >= 0)
    fail("softmaxCrossEntropy", "expected labels from 0 to %lld, received %d in row %lld",
         static_cast<long long>(p.columns - 1), bad.index, static_cast<long long>(bad.position));
}

template <class T, int kWidth>
__global__ void cross_entropy_kernel(const T* in, const int32_t* labels, float* losses, float* maximum,
                                     float* inverse_sum, int64_t rows, int64_t columns) {
  const int64_t row = this_row();
  if (row >= rows) return;
  const T* x = in + row * columns;
  float largest = -INFINITY, sum = 0;
  each_of_row<kWidth>(
      columns, [&](int64_t, float own) { largest = Larger{}(own, largest); }, x);
  largest = join_row<kWidth>(largest, Larger{});
  each_of_row<kWidth>(
      columns, [&](int64_t, float own) { sum += expf(own - largest); }, x);
  sum = join_row<kWidth>(sum, Plus{});
  if (threadIdx.x != 0) return;
  maximum[row] = largest;
  inverse_sum[row] = 1 / sum;
  losses[row] = largest - widened(x[labels[row]]) + logf(sum);
}

// One block adds up all rows, in double precision.
__global__ void total_kernel(const float* losses, float* loss, int64_t rows, double divisor) {
  double total = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kThreads) total += losses[row];
  total = join_row<kThreads>(total, Plus{});
  if (threadIdx.x == 0) *loss = static_cast<float>(total / divisor);
}

template <class T>
void softmax_cross_entropy(const T* in, Indices labels, float* loss, float* maximum, float* inverse_sum,
                           const SoftmaxCrossEntropyParams& p) {
  check_labels(labels, p);
  const Scratch scratch(p.reduction == kReduceNone ? 0 : static_cast<size_t>(p.rows) * sizeof(float));
  float* const losses = p.reduction == kReduceNone ? loss : scratch.as<float>();
  launch_rows("softmax_cross_entropy", cross_entropy_kernel<T, kWarp>, cross_entropy_kernel<T, kThreads>, p.rows,
              p.columns, in, labels.data, losses, maximum, inverse_sum, p.rows, p.columns);
  if (p.reduction == kReduceNone) return;
  const double divisor = p.reduction == kReduceMean ? static_cast<double>(p.rows) : 1;
  launch("softmax_cross_entropy total", total_kernel, 1, kThreads, losses, loss, p.rows, divisor);
}

template <class T>
struct Backward {
  const float* grad_out;
  const T* in;
  const int32_t* labels;
  const float *maximum, *inverse_sum;
  T* grad_in;
  int64_t rows, columns;
  bool grad_of_each;  // row its own, else one for all
  float divisor;
};

template <class T, int kWidth>
__global__ void cross_entropy_grad_kernel(Backward<T> b) {
  const int64_t row = this_row();
  if (row >= b.rows) return;
  const float grad = b.grad_of_each ? b.grad_out[row] : b.grad_out[0] / b.divisor;
  const float maximum = b.maximum[row], factor = b.inverse_sum[row] * grad;
  const int64_t label = b.labels[row];
  map_row<kWidth>(
      b.columns, b.grad_in + row * b.columns,
      [&](int64_t column, float x) {
        const float slope = expf(x - maximum) * factor;
        return column == label ? slope - grad : slope;
      },
      b.in + row * b.columns);
}

template <class T>
void softmax_cross_entropy_grad(const float* grad_out, const T* in, Indices labels, const float* maximum,
                                const float* inverse_sum, T* grad_in, const SoftmaxCrossEntropyParams& p) {
  check_labels(labels, p);
  const float divisor = p.reduction == kReduceMean ? static_cast<float>(p.rows) : 1;
  const Backward<T> all{
      grad_out, in, labels.data, maximum, inverse_sum, grad_in, p.rows, p.columns, p.reduction == kReduceNone, divisor};
  launch_rows("softmax_cross_entropy_grad", cross_entropy_grad_kernel<T, kWarp>, cross_entropy_grad_kernel<T, kThreads>,
              p.rows, p.columns, all);
}

}  // namespace

void add_softmax_cross_entropy(KernelTable& table) {
  table.softmax_cross_entropy_f32 = softmax_cross_entropy<float>;
  table.softmax_cross_entropy_grad_f32 = softmax_cross_entropy_grad<float>;
  table.variants.softmax_cross_entropy_f32 = {softmax_cross_entropy<Bf16>};
  table.variants.softmax_cross_entropy_grad_f32 = {softmax_cross_entropy_grad<Bf16>};
}

}  // namespace nabla::cuda
