// SPDX-License-Identifier: Apache-2.0
// The matrices of one factor of a product as they are stored, and copies of them in bf16.
#pragma once
#include "cuda/device/bf16.cuh"
#include "kernels/matmul.h"

namespace nabla::cuda {

template <class In>
struct Factor {
  const In* data;
  int64_t matrices, rows, columns;
  int64_t row, matrix;  // from one row, and from one matrix, to the next

  Factor(const In* data, int64_t batch, int64_t rows, int64_t columns, int64_t row, int64_t step)
      : data(data), matrices(step == 0 ? 1 : batch), rows(rows), columns(columns), row(row), matrix(step) {}

  // Of a copy whose rows are `copied` elements apart.
  int64_t count(int64_t copied) const { return matrices * rows * copied; }
  int64_t step(int64_t copied) const { return matrices == 1 ? 0 : rows * copied; }
  bool is_laid_out(int64_t copied) const {
    return row == copied && row == columns && (matrices == 1 || matrix == rows * row);
  }
};

template <class In>
Factor<In> left_factor(const In* a, const MatmulParams& p) {
  return {a, p.batch, p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k, p.row_a, p.batch_a};
}
template <class In>
Factor<In> right_factor(const In* b, const MatmulParams& p) {
  return {b, p.batch, p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n, p.row_b, p.batch_b};
}

struct AsBf16 {
  __device__ uint16_t operator()(float x) const { return ToBf16{}(x); }
  __device__ uint16_t operator()(uint16_t x) const { return x; }
};

template <class In>
struct CopyElement {
  Factor<In> f;
  int64_t copied;
  uint16_t* out;
  __device__ void operator()(int64_t i) const {
    const Division line(i, f.columns), matrix(line.quotient, f.rows);
    out[line.quotient * copied + line.remainder] =
        AsBf16{}(f.data[matrix.quotient * f.matrix + matrix.remainder * f.row + line.remainder]);
  }
};

// Writes the matrices of a factor one after the other, with rows that are `copied` elements apart.
template <class In>
void copy_as_bf16(const char* name, const Factor<In>& f, int64_t copied, uint16_t* out) {
  if (f.is_laid_out(copied))
    convert(name, f.data, out, f.count(copied), AsBf16{});
  else
    for_each(name, f.matrices * f.rows * f.columns, CopyElement<In>{f, copied, out});
}

// Elements from row to row such that all of them begin at multiples of 16 bytes.
inline int64_t aligned_row(int64_t columns) { return divide_up(columns, 8) * 8; }

}  // namespace nabla::cuda
