// SPDX-License-Identifier: Apache-2.0
// Losses of pairs of elements: blocks add up parts of fixed length, and one more adds up the blocks.
#include <cmath>

#include "cuda/device/activations.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// A loss and its derivative by x; t is the target.
struct SquaredLoss {
  __device__ float value(float x, float t) const { return (x - t) * (x - t); }
  __device__ float slope(float x, float t) const { return 2.0f * (x - t); }
};
struct AbsoluteLoss {
  __device__ float value(float x, float t) const { return fabsf(x - t); }
  __device__ float slope(float x, float t) const {
    const float d = x - t;
    return d > 0 ? 1.0f : d < 0 ? -1.0f : d;  // 0 and NaN stay
  }
};
struct HuberLoss {
  float delta;
  __device__ float value(float x, float t) const {
    const float distance = fabsf(x - t), q = distance > delta ? delta : distance;
    return q * (distance - 0.5f * q);
  }
  __device__ float slope(float x, float t) const {
    const float d = x - t;
    return d > delta ? delta : d < -delta ? -delta : d;
  }
};
struct LogisticLoss {
  __device__ float value(float x, float t) const { return rectify(x) - x * t + log1pf(expf(-fabsf(x))); }
  __device__ float slope(float x, float t) const { return sigmoid(x) - t; }
};

// Calls f with the loss of a kind.
template <class Function>
void with_loss(const ElementwiseLossParams& p, Function f) {
  switch (p.kind) {
    case kSquared:
      return f(SquaredLoss{});
    case kAbsolute:
      return f(AbsoluteLoss{});
    case kHuber:
      return f(HuberLoss{p.delta});
    default:
      return f(LogisticLoss{});
  }
}

template <class Loss>
struct ValueOf {
  Loss loss;
  __device__ float operator()(float x, float t) const { return loss.value(x, t); }
};

constexpr int64_t kPart = 4096;  // elements that a block adds up

template <class Loss>
__global__ void loss_parts_kernel(const float* prediction, const float* target, int64_t count, Loss loss,
                                  double* parts) {
  const int64_t begin = int64_t{blockIdx.x} * kPart, end = begin + kPart < count ? begin + kPart : count;
  double sum = 0;
  for (int64_t i = begin + threadIdx.x; i < end; i += kThreads) sum += loss.value(prediction[i], target[i]);
  sum = join_row<kThreads>(sum, Plus{});
  if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

__global__ void loss_total_kernel(const double* parts, int64_t count, float* loss, double divisor) {
  double total = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) total += parts[i];
  total = join_row<kThreads>(total, Plus{});
  if (threadIdx.x == 0) *loss = static_cast<float>(total / divisor);
}

void elementwise_loss_f32(const float* prediction, const float* target, float* loss, const ElementwiseLossParams& p) {
  with_loss(p, [&](auto kind) {
    using Loss = decltype(kind);
    if (p.reduction == kReduceNone)
      return map_pairs("elementwise_loss", prediction, target, loss, p.count, ValueOf<Loss>{kind});
    const int64_t parts = divide_up(p.count, kPart);
    const Scratch scratch(static_cast<size_t>(parts) * sizeof(double));
    launch("elementwise_loss parts", loss_parts_kernel<Loss>, parts, kThreads, prediction, target, p.count, kind,
           scratch.as<double>());
    const double divisor = p.reduction == kReduceMean ? static_cast<double>(p.count) : 1;
    launch("elementwise_loss total", loss_total_kernel, 1, kThreads, scratch.as<double>(), parts, loss, divisor);
  });
}

template <class Loss>
struct Slope {
  Loss loss;
  const float *grad_out, *prediction, *target;
  float* grad_prediction;
  bool grad_of_each;  // element its own, else one for all
  float divisor;
  __device__ void operator()(int64_t i) const {
    const float grad = grad_of_each ? grad_out[i] : grad_out[0] / divisor;
    grad_prediction[i] = loss.slope(prediction[i], target[i]) * grad;
  }
};

void elementwise_loss_grad_f32(const float* grad_out, const float* prediction, const float* target,
                               float* grad_prediction, const ElementwiseLossParams& p) {
  const float divisor = p.reduction == kReduceMean ? static_cast<float>(p.count) : 1;
  with_loss(p, [&](auto kind) {
    for_each("elementwise_loss_grad", p.count,
             Slope<decltype(kind)>{kind, grad_out, prediction, target, grad_prediction, p.reduction == kReduceNone,
                                   divisor});
  });
}

}  // namespace

void add_elementwise_loss(KernelTable& table) {
  table.elementwise_loss_f32 = elementwise_loss_f32;
  table.elementwise_loss_grad_f32 = elementwise_loss_grad_f32;
}

}  // namespace nabla::cuda
