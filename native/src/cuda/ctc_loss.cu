// SPDX-License-Identifier: Apache-2.0
// Connectionist temporal classification: a block on each example, whose threads share the states of a step.
#include <cmath>
#include <vector>

#include "cuda/device/elements.cuh"
#include "cuda/device/indices.h"
#include "cuda/device/scratch.h"
#include "cuda/table.h"
#include "kernels/ctc_loss.h"
#include "kernels/device.h"

namespace nabla::cuda {
namespace {

std::vector<int32_t> on_host(const int32_t* data, int64_t count) {
  std::vector<int32_t> copy(static_cast<size_t>(count));
  if (count > 0) device::copy_to_host(copy.data(), data, copy.size() * sizeof(int32_t));
  return copy;
}

// Looks at lengths and labels before anything is written, which needs them on the host: waits for the GPU, unless they
// are known to be good.
void check_all(Indices targets, Indices input_lengths, Indices target_lengths, const CtcLossParams& p) {
  if (targets.are_good && input_lengths.are_good && target_lengths.are_good) return;
  count_index_look();
  check_ctc(on_host(targets.data, p.batch * p.length).data(), on_host(input_lengths.data, p.batch).data(),
            on_host(target_lengths.data, p.batch).data(), p);
}

// An example of the batch: its steps, and the states of its target.
struct Example {
  const float* in;  // [time, classes]
  const int32_t* labels;
  int64_t steps, count, blank, classes;

  __device__ Example(const float* in, const int32_t* targets, const int32_t* input_lengths,
                     const int32_t* target_lengths, const CtcLossParams& p, int64_t b)
      : in(in + b * p.time * p.classes),
        labels(targets + b * p.length),
        steps(input_lengths[b]),
        count(2 * int64_t{target_lengths[b]} + 1),
        blank(p.blank),
        classes(p.classes) {}

  __device__ int64_t class_of(int64_t state) const { return state % 2 == 0 ? blank : labels[state / 2]; }
  __device__ float log_probability(int64_t t, int64_t state) const { return in[t * classes + class_of(state)]; }
  // Whether a path may come from state - 2: over a blank, between different labels.
  __device__ bool skips(int64_t state) const {
    return state % 2 == 1 && state > 1 && state < count && class_of(state) != class_of(state - 2);
  }
};

// log(exp(a) + exp(b) + exp(c)); NaN if one is.
__device__ float log_add(float a, float b, float c) {
  float most = a;
  if (b > most) most = b;
  if (c > most) most = c;
  if (most == -INFINITY) return a + b + c;
  return most + logf(expf(a - most) + expf(b - most) + expf(c - most));
}

// log P(target), from the last row of alpha. Without steps, only an empty target is possible.
__device__ float total_of(const Example& example, const float* rows, int64_t stride) {
  if (example.steps == 0) return example.count == 1 ? 0 : -INFINITY;
  const float* last = rows + (example.steps - 1) * stride + example.count - 1;
  return log_add(last[0], example.count > 1 ? last[-1] : -INFINITY, -INFINITY);
}

__global__ void ctc_loss_kernel(const float* in, const int32_t* targets, const int32_t* input_lengths,
                                const int32_t* target_lengths, float* loss, float* alpha, CtcLossParams p) {
  const int64_t b = blockIdx.x, stride = 2 * p.length + 1;
  const Example example(in, targets, input_lengths, target_lengths, p, b);
  float* const rows = alpha + b * p.time * stride;
  for (int64_t t = 0; t < p.time; ++t) {
    const float* const before = rows + (t - 1) * stride;  // read only where t > 0
    for (int64_t s = threadIdx.x; s < stride; s += kThreads) {
      float value = -INFINITY;
      if (t < example.steps && s < example.count) {
        float reached = s < 2 ? 0.0f : -INFINITY;
        if (t > 0)
          reached = log_add(before[s], s > 0 ? before[s - 1] : -INFINITY, example.skips(s) ? before[s - 2] : -INFINITY);
        value = reached + example.log_probability(t, s);
      }
      rows[t * stride + s] = value;
    }
    __syncthreads();  // the next step reads this one
  }
  if (threadIdx.x != 0) return;
  const float total = total_of(example, rows, stride);
  loss[b] = p.zero_infinity != 0 && total == -INFINITY ? 0 : -total;
}

// `scratch`: [batch, 4, stride]. The states of a class are added up by the thread of the first of them, in their order.
__global__ void ctc_loss_grad_kernel(const float* grad_out, const float* in, const int32_t* targets,
                                     const int32_t* input_lengths, const int32_t* target_lengths, const float* alpha,
                                     float* grad_in, float* scratch, CtcLossParams p) {
  const int64_t b = blockIdx.x, stride = 2 * p.length + 1;
  const Example example(in, targets, input_lengths, target_lengths, p, b);
  const float* const rows = alpha + b * p.time * stride;
  float* const grads = grad_in + b * p.time * p.classes;
  const float total = total_of(example, rows, stride);
  if (p.zero_infinity != 0 && total == -INFINITY) return;
  // The logarithms of the probability of everything behind a state, and that of being in it.
  float *beta = scratch + b * 4 * stride, *behind = beta + stride;
  float *const passed = behind + stride, *const is_first = passed + stride;  // 1: of its class
  for (int64_t s = threadIdx.x; s < example.count; s += kThreads) {
    int64_t r = 0;
    while (example.class_of(r) != example.class_of(s)) ++r;
    is_first[s] = r == s;
  }
  for (int64_t t = example.steps - 1; t >= 0; --t) {
    for (int64_t s = threadIdx.x; s < example.count; s += kThreads) {
      float sum = s >= example.count - 2 ? 0.0f : -INFINITY;
      if (t < example.steps - 1) {
        const auto next = [&](int64_t state) { return behind[state] + example.log_probability(t + 1, state); };
        sum = log_add(next(s), s + 1 < example.count ? next(s + 1) : -INFINITY,
                      example.skips(s + 2) ? next(s + 2) : -INFINITY);
      }
      beta[s] = sum;
      passed[s] = expf(rows[t * stride + s] + sum - total);
    }
    __syncthreads();
    for (int64_t s = threadIdx.x; s < example.count; s += kThreads) {
      if (is_first[s] == 0) continue;
      const int64_t own = example.class_of(s);
      float grad = 0;
      for (int64_t r = s; r < example.count; ++r)
        if (example.class_of(r) == own) grad -= passed[r] * grad_out[b];
      grads[t * p.classes + own] = grad;
    }
    __syncthreads();  // what was passed has been read
    float* const swap = beta;
    beta = behind;
    behind = swap;
  }
}

void ctc_loss_f32(const float* in, Indices targets, Indices input_lengths, Indices target_lengths, float* loss,
                  float* alpha, const CtcLossParams& p) {
  check_all(targets, input_lengths, target_lengths, p);
  launch("ctc_loss", ctc_loss_kernel, p.batch, kThreads, in, targets.data, input_lengths.data, target_lengths.data,
         loss, alpha, p);
}

void ctc_loss_grad_f32(const float* grad_out, const float* in, Indices targets, Indices input_lengths,
                       Indices target_lengths, const float* alpha, float* grad_in, const CtcLossParams& p) {
  check_all(targets, input_lengths, target_lengths, p);
  const size_t elements = static_cast<size_t>(p.batch * p.time * p.classes);
  if (elements == 0) return;
  check(cudaMemsetAsync(grad_in, 0, elements * sizeof(float), stream()), "ctc_loss_grad");
  const Scratch scratch(static_cast<size_t>(4 * p.batch * (2 * p.length + 1)) * sizeof(float));
  launch("ctc_loss_grad", ctc_loss_grad_kernel, p.batch, kThreads, grad_out, in, targets.data, input_lengths.data,
         target_lengths.data, alpha, grad_in, scratch.as<float>(), p);
}

}  // namespace

void add_ctc_loss(KernelTable& table) {
  table.ctc_loss_f32 = ctc_loss_f32;
  table.ctc_loss_grad_f32 = ctc_loss_grad_f32;
}

}  // namespace nabla::cuda
