// SPDX-License-Identifier: Apache-2.0
// Softmax over the last axis: out[r, c] = exp(in[r, c] - max_r) / sum_c exp(in[r, c] - max_r).
// Row-major and contiguous. `out` may be `in`. rows == 0 does nothing. A NaN makes its whole row NaN.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct SoftmaxParams {
  int64_t rows;     // product of all axes but the last
  int64_t columns;  // length of the last axis, >= 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("columns", columns);
  }
};

struct Softmax {
  using Params = SoftmaxParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, T* out, const SoftmaxParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 2> contract(const SoftmaxParams& p, Rules& rules) {
    rules.at_least("columns", p.columns, 1);
    const Extent all = Extent(p.rows) * p.columns;
    return {{{"in", all}, in_place({"out", all}, "in")}};
  }
};

}  // namespace nabla
