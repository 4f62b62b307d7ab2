// SPDX-License-Identifier: Apache-2.0
// How the matrices of one factor of a product are stored, and copies of them in bf16.
#pragma once
#include "cuda/device/bf16.cuh"
#include "cuda/device/scratch.h"
#include "kernels/matmul.h"

namespace nabla::cuda {

// Elements from row to row such that all of them begin at multiples of 16 bytes.
inline int64_t aligned_row(int64_t columns) { return divide_up(columns, 8) * 8; }

struct Factor {
  int64_t matrices, rows, columns;
  int64_t row, matrix;  // elements from one row, and from one matrix, to the next

  Factor(int64_t batch, int64_t rows, int64_t columns, int64_t row, int64_t step)
      : matrices(step == 0 ? 1 : batch), rows(rows), columns(columns), row(row), matrix(step) {}

  int64_t count() const { return matrices * rows * row; }  // where there are no gaps between matrices
  // Of a copy in bf16, whose rows are aligned.
  Factor copied() const {
    const int64_t aligned = aligned_row(columns);
    return {matrices, rows, columns, aligned, matrices == 1 ? 0 : rows * aligned};
  }
  // Whether a copy has every element in the place where it is here.
  bool is_laid_out_as_copied() const {
    return row == columns && row == aligned_row(columns) && (matrices == 1 || matrix == rows * row);
  }
};

inline Factor left_factor(const MatmulParams& p) {
  return {p.batch, p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k, p.row_a, p.batch_a};
}
inline Factor right_factor(const MatmulParams& p) {
  return {p.batch, p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n, p.row_b, p.batch_b};
}

// Whether every row of a factor begins at a multiple of 16 bytes.
template <class In>
bool has_aligned_rows(const In* data, const Factor& f) {
  constexpr int64_t kAlong = kLoadBytes / static_cast<int64_t>(sizeof(In));
  return is_aligned(data) && f.row % kAlong == 0 && (f.matrices == 1 || f.matrix % kAlong == 0);
}

template <class In>
struct CopyElement {
  const In* from;
  Factor factor;
  int64_t row;  // of the copy
  Bf16* to;
  __device__ void operator()(int64_t i) const {
    const Division line(i, factor.columns), matrix(line.quotient, factor.rows);
    const int64_t at = matrix.quotient * factor.matrix + matrix.remainder * factor.row + line.remainder;
    to[line.quotient * row + line.remainder] = stored<Bf16>(widened(from[at]));
  }
};

// Writes factor.copied().
template <class In>
void copy_as_bf16(const char* name, const In* from, const Factor& factor, Bf16* to) {
  if (factor.is_laid_out_as_copied())
    convert(name, from, to, factor.count());
  else
    for_each(name, factor.matrices * factor.rows * factor.columns,
             CopyElement<In>{from, factor, factor.copied().row, to});
}

// A factor in bf16: as it is stored, or a copy with aligned rows in working memory.
struct FactorInBf16 {
  // What is stored as float32 is always copied.
  FactorInBf16(const Operand& stored, const Factor& factor, bool is_copied = false)
      : FactorInBf16(factor, stored, is_copied || stored.halves == nullptr) {}

  const Scratch copy;
  const Bf16* const data;
  const Factor factor;

 private:
  FactorInBf16(const Factor& given, const Operand& stored, bool is_copied)
      : copy(is_copied ? static_cast<size_t>(given.copied().count()) * sizeof(Bf16) : 0),
        data(is_copied ? copy.as<Bf16>() : stored.halves),
        factor(is_copied ? given.copied() : given) {
    if (!is_copied) return;
    if (stored.halves != nullptr)
      copy_as_bf16("matmul copy of a factor", stored.halves, given, copy.as<Bf16>());
    else
      copy_as_bf16("matmul rounding", stored.data, given, copy.as<Bf16>());
  }
};

// A factor as it is multiplied, in float or Bf16. A copy in bf16 has aligned rows.
template <class In>
struct FactorAs {
  const Factor factor;
  const In* const data;
  FactorAs(const Operand& stored, const Factor& factor) : factor(factor), data(stored.data) {}
};
template <>
struct FactorAs<Bf16> {
  const FactorInBf16 copy;
  const Factor factor;
  const Bf16* const data;
  FactorAs(const Operand& stored, const Factor& given)
      : copy(stored, given, !has_aligned_rows(stored.halves, given)), factor(copy.factor), data(copy.data) {}
};

inline MatmulParams with_factors(MatmulParams p, const FactorInBf16& a, const FactorInBf16& b) {
  p.row_a = a.factor.row, p.batch_a = a.factor.matrix;
  p.row_b = b.factor.row, p.batch_b = b.factor.matrix;
  return p;
}

}  // namespace nabla::cuda
