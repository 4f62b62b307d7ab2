// SPDX-License-Identifier: Apache-2.0
// One matrix product as data: C[m, n] = activation(alpha * A[m, k] B[k, n] + beta * C + bias).

struct Gemm {
  int64_t m, n, k;
  View a, b;
  float* c;
  int64_t ldc;  // elements between rows of C
  float alpha = 1, beta = 0;
  Epilogue epilogue = {};
  float* kept_b = nullptr;  // all panels of B, packed before by keep_panels; or none
};

// Applies the epilogue to the block of C that starts at (row, column).
inline void finish_block(const Gemm& g, int64_t row, int64_t column, int64_t rows, int64_t columns) {
  const Epilogue& e = g.epilogue;
  if (e.empty()) return;
  const int64_t at = row * g.ldc + column;
  finish({e.bias == nullptr ? nullptr : e.bias + column, e.activation, e.pre == nullptr ? nullptr : e.pre + at}, rows,
         columns, g.c + at, g.ldc);
}

// The product for the rows [row, row_end) and the columns [column, column_end) of C.
inline Gemm part_of(const Gemm& g, int64_t row, int64_t column, int64_t row_end, int64_t column_end) {
  Gemm part = g;
  part.m = row_end - row, part.n = column_end - column;
  part.a = g.a.at(row, 0), part.b = g.b.at(0, column);
  part.c += row * g.ldc + column;
  if (g.epilogue.bias != nullptr) part.epilogue.bias += column;
  if (g.epilogue.pre != nullptr) part.epilogue.pre += row * g.ldc + column;
  return part;
}
