// SPDX-License-Identifier: Apache-2.0
// A product of matrices as a request names it, or a batch of products, with its inputs.
#pragma once

#include "inputs.h"
#include "peer.h"

namespace bench {

struct Product {
  int batch, rows, inner, columns;
  bool transpose_a, transpose_b;
  Floats a, b, out;

  explicit Product(const Request& request)
      : batch(request.number("batch")),
        rows(request.number("rows")),
        inner(request.number("inner")),
        columns(request.number("columns")),
        transpose_a(request.flag("transposeA")),
        transpose_b(request.flag("transposeB")),
        a(fill(batch * size_a(), 1)),
        b(fill(batch * size_b(), 2)),
        out(batch * size_out()) {}

  // Elements of one matrix, and from one of its rows in memory to the next.
  size_t size_a() const { return static_cast<size_t>(rows) * inner; }
  size_t size_b() const { return static_cast<size_t>(inner) * columns; }
  size_t size_out() const { return static_cast<size_t>(rows) * columns; }
  int row_a() const { return transpose_a ? rows : inner; }
  int row_b() const { return transpose_b ? inner : columns; }
};

}  // namespace bench
