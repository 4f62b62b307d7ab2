// SPDX-License-Identifier: Apache-2.0
// Running sums along one axis: out[o, n, i] = sum of in[o, m, i] over m <= n; exclusive: over m < n; reverse: from the
// end, over m >= n or m > n. Row-major and contiguous; `out` may not overlap `in`. Added one after the other, in
// float32 or modulo 2^32.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct CumsumParams {
  int64_t outer;      // product of the axes before
  int64_t length;     // of the axis
  int64_t inner;      // product of the axes after
  int64_t exclusive;  // 0 or 1
  int64_t reverse;    // 0 or 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("outer", outer);
    field("length", length);
    field("inner", inner);
    field("exclusive", exclusive);
    field("reverse", reverse);
  }
};

template <class T>
struct Cumsum {
  using Params = CumsumParams;
  using Function = void (*)(const T* in, T* out, const CumsumParams& params);

  static std::array<Touch, 2> contract(const CumsumParams& p, Rules&) {
    const Extent all = Extent(p.outer) * p.length * p.inner;
    return {{{"in", all}, {"out", all}}};
  }
};
using CumsumF32 = Cumsum<float>;
using CumsumI32 = Cumsum<int32_t>;

}  // namespace nabla
