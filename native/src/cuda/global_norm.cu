// SPDX-License-Identifier: Apache-2.0
// The norm of many tensors, and limits on lists of tensors.
#include "cuda/device/lists.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

__global__ void squares_kernel(ListPart<1> part, float* sums) {
  const ListSpan span = span_of(part);
  const float* x = part.data[0][span.tensor];
  float sum = 0;
  for (int64_t i = span.begin + threadIdx.x; i < span.end; i += kThreads) sum = fmaf(x[i], x[i], sum);
  sum = join_row<kThreads>(sum, Plus{});
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// One block; the sums of blocks are added in double precision.
__global__ void root_kernel(const float* sums, int64_t count, float* norm, bool accumulate) {
  double total = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) total += sums[i];
  total = join_row<kThreads>(total, Plus{});
  if (threadIdx.x != 0) return;
  const double before = accumulate ? norm[0] : 0;
  norm[0] = static_cast<float>(sqrt(total + before * before));
}

void global_norm_f32(Buffers<const float> tensors, float* norm, const GlobalNormParams& p) {
  int64_t blocks = 0;
  for (int64_t t = 0; t < p.lengths.count; ++t) blocks += divide_up(p.lengths.items[t], kListBlock);
  const Scratch scratch(static_cast<size_t>(blocks) * sizeof(float));
  float* sums = scratch.as<float>();
  const auto item = [&](int, int64_t tensor) { return const_cast<float*>(tensors.items[tensor]); };
  for_each_part<1>(p.lengths, item, [&](const ListPart<1>& part, int64_t count) {
    launch("global_norm", squares_kernel, count, kThreads, part, sums);
    sums += count;
  });
  launch("global_norm root", root_kernel, 1, kThreads, scratch.as<float>(), blocks, norm, p.accumulate != 0);
}

struct LimitNorm {
  const float* norm;
  float maximum;
  __device__ void operator()(float* const (&data)[1], int64_t i) const {
    const float coefficient = maximum / (norm[0] + 1e-6f);
    if (!(coefficient >= 1)) data[0][i] *= coefficient;  // NaN goes everywhere
  }
};

struct LimitValue {
  float maximum;
  __device__ void operator()(float* const (&data)[1], int64_t i) const {
    const float x = data[0][i];
    data[0][i] = x > maximum ? maximum : x < -maximum ? -maximum : x;
  }
};

void clip_by_global_norm_f32(const float* norm, Buffers<float> tensors, const ClipByGlobalNormParams& p) {
  const auto item = [&](int, int64_t tensor) { return tensors.items[tensor]; };
  for_each_element<1>("clip_by_global_norm", p.lengths, item, LimitNorm{norm, p.maximum});
}

void clip_by_value_f32(Buffers<float> tensors, const ClipByValueParams& p) {
  const auto item = [&](int, int64_t tensor) { return tensors.items[tensor]; };
  for_each_element<1>("clip_by_value", p.lengths, item, LimitValue{p.maximum});
}

}  // namespace

void add_global_norm(KernelTable& table) {
  table.global_norm_f32 = global_norm_f32;
  table.clip_by_global_norm_f32 = clip_by_global_norm_f32;
  table.clip_by_value_f32 = clip_by_value_f32;
}

}  // namespace nabla::cuda
