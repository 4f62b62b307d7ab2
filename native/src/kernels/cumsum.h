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

struct CumsumI32 : Cumsum<int32_t> {
  static Written written(const CumsumParams& p, const std::array<KnownBounds, 2>& known) {
    const auto& in = known[0];
    if (!in.has_value() || p.length > INT32_MAX) return {0, {}};
    const int64_t fewest = p.exclusive ? 0 : 1, most = p.length - 1 + fewest;  // terms of a sum
    const int64_t least = std::min(fewest * in->least(), most * in->least());
    const int64_t greatest = std::max(fewest * in->greatest(), most * in->greatest());
    return {Extent(p.outer) * p.length * p.inner, bounds_if_stored(least, greatest)};
  }
};

}  // namespace nabla
