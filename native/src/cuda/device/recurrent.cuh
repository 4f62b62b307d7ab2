// SPDX-License-Identifier: Apache-2.0
// What recurrent networks and their gradients share: sizes, which step of a row is at which time, and products of
// matrices.
#pragma once
#include "cuda/device/elements.cuh"
#include "cuda/device/scratch.h"
#include "cuda/matmul.h"
#include "cuda/table.h"
#include "kernels/device.h"

namespace nabla::cuda {

// The lengths of the rows in device memory.
class Lengths {
 public:
  explicit Lengths(const RecurrentParams& p) : scratch_(static_cast<size_t>(p.lengths.count) * sizeof(int64_t)) {
    if (p.lengths.count > 0)
      device::copy_from_host(scratch_.as<int64_t>(), p.lengths.items,
                             static_cast<size_t>(p.lengths.count) * sizeof(int64_t));
  }
  const int64_t* device() const { return scratch_.as<int64_t>(); }  // nullptr: every row takes all steps

 private:
  Scratch scratch_;
};

struct Recurrence {
  int64_t batch, time, hidden, width, saved, out_rows, kind;  // out_rows: of a row of the output, `hidden` numbers each
  bool reverse;
  const int64_t* lengths;

  Recurrence(const RecurrentParams& p, const int64_t* lengths)
      : batch(p.batch),
        time(p.time),
        hidden(p.hidden),
        width(p.gates() * p.hidden),
        saved(p.saved()),
        out_rows(p.time + p.states()),
        kind(p.kind),
        reverse(p.reverse != 0),
        lengths(lengths) {}

  // The time of a step of row b; -1 for a step that it does not take.
  __device__ int64_t time_of(int64_t b, int64_t step) const {
    const int64_t length = lengths == nullptr ? time : lengths[b];
    return step >= length ? -1 : reverse ? length - 1 - step : step;
  }
};

// c[m, n] = a[m, k] b + bias, with b stored as [k, n] or transposed.
inline void multiply_rows(const float* a, const float* b, const float* bias, float* c, int64_t m, int64_t n, int64_t k,
                          bool transpose_b) {
  MatmulParams p{};
  p.batch = 1, p.m = m, p.n = n, p.k = k;
  p.transpose_b = transpose_b;
  p.row_a = k, p.row_b = transpose_b ? k : n, p.row_c = n;
  p.has_bias = bias != nullptr;
  multiply(a, b, bias, c, nullptr, p);
}

// c[m, n] = a^T b with a [rows, m] and b [rows, n].
inline void multiply_columns(const float* a, const float* b, float* c, int64_t m, int64_t n, int64_t rows) {
  MatmulParams p{};
  p.batch = 1, p.m = m, p.n = n, p.k = rows;
  p.transpose_a = 1;
  p.row_a = m, p.row_b = n, p.row_c = n;
  multiply(a, b, nullptr, c, nullptr, p);
}

}  // namespace nabla::cuda
