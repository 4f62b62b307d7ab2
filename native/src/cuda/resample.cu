// SPDX-License-Identifier: Apache-2.0
// A linear map along one axis, and its gradient, in which a thread adds up one line of the result: sums have one order.
#include "cuda/device/elements.cuh"
#include "cuda/device/indices.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

void check_resample(Indices indices, const ResampleParams& p) {
  const BadIndex bad = find_bad_index(indices, p.out_length * p.taps);
  if (bad.position >= 0)
    fail("resample", "expected indices from 0 to %lld, received %d at position %lld",
         static_cast<long long>(p.length - 1), bad.index, static_cast<long long>(bad.position));
}

struct Map {
  ResampleParams p;
  const float* in;
  const int32_t* indices;
  const float* weights;
  float* out;

  __device__ void operator()(int64_t i) const {
    const Division at(i, p.inner), row(at.quotient, p.out_length);
    const float* from = in + row.quotient * p.length * p.inner + at.remainder;
    const int64_t first = row.remainder * p.taps;
    float sum = weights[first] * from[indices[first] * p.inner];
    for (int64_t t = first + 1; t < first + p.taps; ++t) sum = fmaf(weights[t], from[indices[t] * p.inner], sum);
    out[i] = sum;
  }
};

void resample_f32(const float* in, Indices indices, const float* weights, float* out, const ResampleParams& p) {
  check_resample(indices, p);
  for_each("resample", p.outer * p.out_length * p.inner, Map{p, in, indices.data, weights, out});
}

struct MapGrad {
  ResampleParams p;
  const float* grad_out;
  const int32_t* indices;
  const float* weights;
  float* grad_in;

  __device__ void operator()(int64_t line) const {
    const Division at(line, p.inner);
    const float* g = grad_out + at.quotient * p.out_length * p.inner + at.remainder;
    float* sums = grad_in + at.quotient * p.length * p.inner + at.remainder;
    for (int64_t l = 0; l < p.length; ++l) sums[l * p.inner] = 0;
    for (int64_t j = 0; j < p.out_length; ++j)
      for (int64_t t = j * p.taps; t < (j + 1) * p.taps; ++t) {
        float* sum = sums + indices[t] * p.inner;
        *sum = fmaf(weights[t], g[j * p.inner], *sum);
      }
  }
};

void resample_grad_f32(const float* grad_out, Indices indices, const float* weights, float* grad_in,
                       const ResampleParams& p) {
  check_resample(indices, p);
  if (p.length == 0) return;
  for_each("resample_grad", p.outer * p.inner, MapGrad{p, grad_out, indices.data, weights, grad_in});
}

}  // namespace

void add_resample(KernelTable& table) {
  table.resample_f32 = resample_f32;
  table.resample_grad_f32 = resample_grad_f32;
}

}  // namespace nabla::cuda
