// SPDX-License-Identifier: Apache-2.0
// Slices picked by index, sums by key, and rows with one element on.
#include "cuda/device/elements.cuh"
#include "cuda/device/indices.h"
#include "cuda/device/segments.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class T>
struct Pick {
  const T* in;
  const int32_t* indices;
  T* out;
  int64_t outer, length, slice, count;
  __device__ void operator()(int64_t i) const {
    const Division at(i, slice), row(at.quotient, count);  // row.quotient: batch and outer
    const int64_t index = indices[Division(row.quotient, outer).quotient * count + row.remainder];
    out[i] = in[(row.quotient * length + index) * slice + at.remainder];
  }
};

template <class T>
void gather(const T* in, Indices indices, T* out, const GatherParams& p) {
  const BadIndex bad = find_bad_index(indices, p.batch * p.count);
  if (bad.position >= 0)  // worded as tfjs does
    fail("GatherV2", "the index value %d is not in [0, %lld]", bad.index, static_cast<long long>(p.length - 1));
  for_each("gather", p.batch * p.outer * p.count * p.slice,
           Pick<T>{in, indices.data, out, p.outer, p.length, p.slice, p.count});
}

void segment_sum_f32(const float* in, const int32_t* segments, float* out, const SegmentSumParams& p) {
  sum_segments("segment_sum", in, segments, out, p.rows, p.slice, p.groups);
}

template <class T>
struct TurnOn {
  const int32_t* indices;
  T* out;
  int64_t depth;
  T on, off;
  __device__ void operator()(int64_t i) const {
    const Division at(i, depth);
    out[i] = indices[at.quotient] == at.remainder ? on : off;
  }
};

template <class T>
void one_hot(const int32_t* indices, T* out, const OneHotParams& p) {
  for_each("one_hot", p.count * p.depth, TurnOn<T>{indices, out, p.depth, static_cast<T>(p.on), static_cast<T>(p.off)});
}

}  // namespace

void add_gather(KernelTable& table) {
  table.gather_b32 = gather<int32_t>;
  table.variants.gather_b32 = {gather<Bf16>};
  table.gather_b8 = gather<uint8_t>;
  table.segment_sum_f32 = segment_sum_f32;
  table.one_hot_b32 = one_hot<uint32_t>;
  table.one_hot_b8 = one_hot<uint8_t>;
}

}  // namespace nabla::cuda
