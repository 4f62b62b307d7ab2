// SPDX-License-Identifier: Apache-2.0
// Running sums: a thread adds up one line, so that sums are added in order; those of float32 in double precision, as on
// device cpu.
#include "cuda/device/elements.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

__device__ inline double running_sum(double a, float b) { return a + static_cast<double>(b); }
__device__ inline int32_t running_sum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

template <class Sum, class T>
struct SumLine {
  const T* in;
  T* out;
  int64_t length, inner;
  bool exclusive, reverse;

  __device__ void operator()(int64_t line) const {
    const Division at_line(line, inner);
    const int64_t start = at_line.quotient * length * inner + at_line.remainder;
    Sum sum = 0;
    for (int64_t n = 0; n < length; ++n) {
      const int64_t at = start + (reverse ? length - 1 - n : n) * inner;
      const Sum next = running_sum(sum, in[at]);
      out[at] = static_cast<T>(exclusive ? sum : next);
      sum = next;
    }
  }
};

template <class Sum, class T>
void cumsum(const T* in, T* out, const CumsumParams& p) {
  if (p.length == 0) return;
  for_each("cumsum", p.outer * p.inner, SumLine<Sum, T>{in, out, p.length, p.inner, p.exclusive != 0, p.reverse != 0});
}

}  // namespace

void add_cumsum(KernelTable& table) {
  table.cumsum_f32 = cumsum<double, float>;
  table.cumsum_i32 = cumsum<int32_t, int32_t>;
}

}  // namespace nabla::cuda
