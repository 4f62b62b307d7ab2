// SPDX-License-Identifier: Apache-2.0
// What recurrent networks and their gradients share: sizes, which step of a row is at which time, and products of
// matrices.
#pragma once
#include "cuda/device/factors.cuh"
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

// Element i of what is stored as float32 or as bf16.
__device__ inline float element(const Operand& stored, int64_t i) {
  return stored.halves == nullptr ? stored.data[i] : widened(stored.halves[i]);
}

// A weight [rows, columns] that is multiplied as T, float or Bf16: where that is a copy, it is made once for all steps.
template <class T>
struct Weight : FactorAs<T> {
  Weight(const Operand& stored, int64_t rows, int64_t columns) : FactorAs<T>(stored, {1, rows, columns, columns, 0}) {}
};

// c[rows, n] = a[rows, k] weight + bias, or with the transpose of weight.
template <class T, class Out>
void multiply_rows(const Operand& a, const Weight<T>& weight, bool is_transposed, const float* bias, Out* c,
                   int64_t rows) {
  const Factor& factor = weight.factor;
  MatmulParams p{};
  p.batch = 1, p.m = rows;
  p.n = is_transposed ? factor.rows : factor.columns, p.k = is_transposed ? factor.columns : factor.rows;
  p.transpose_b = is_transposed;
  p.row_a = p.k, p.row_b = factor.row, p.row_c = p.n;
  p.has_bias = bias != nullptr;
  multiply_stored<T, Out>(a, as_stored(weight.data), bias, c, nullptr, p);
}

// c[m, n] = a^T b with a [rows, m] and b [rows, n].
template <class T>
void multiply_columns(const Operand& a, const Operand& b, float* c, int64_t m, int64_t n, int64_t rows) {
  MatmulParams p{};
  p.batch = 1, p.m = m, p.n = n, p.k = rows;
  p.transpose_a = 1;
  p.row_a = m, p.row_b = n, p.row_c = n;
  multiply_stored<T, float>(a, b, nullptr, c, nullptr, p);
}

}  // namespace nabla::cuda
