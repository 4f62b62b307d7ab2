// SPDX-License-Identifier: Apache-2.0
// A linear map along one axis: with t from 0 to taps - 1,
//   out[o, j, i] = sum over t of weights[j, t] * in[o, indices[j, t], i]
// `in` is [outer, length, inner], `out` [outer, out_length, inner]. Resizing and the paddings that repeat elements are
// made of it. Row-major and contiguous; `out` may not overlap `in`. Fails, before it writes anything, when an index is
// not in [0, length).
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct ResampleParams {
  int64_t outer;       // product of the axes before
  int64_t length;      // of the axis in `in`
  int64_t inner;       // product of the axes after
  int64_t out_length;  // of the axis in `out`
  int64_t taps;        // >= 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("outer", outer);
    field("length", length);
    field("inner", inner);
    field("out_length", out_length);
    field("taps", taps);
  }
};

struct Resample {
  using Params = ResampleParams;
  using Function = void (*)(const float* in, Indices indices, const float* weights, float* out,
                            const ResampleParams& params);

  static std::array<Touch, 4> contract(const ResampleParams& p, Rules& rules) {
    rules.at_least("taps", p.taps, 1);
    const Extent table = Extent(p.out_length) * p.taps;
    return {{{"in", Extent(p.outer) * p.length * p.inner},
             indices("indices", table, p.length),
             {"weights", table},
             {"out", Extent(p.outer) * p.out_length * p.inner}}};
  }
};

// grad_in[o, l, i] = sum of weights[j, t] * grad_out[o, j, i] over the j, t with indices[j, t] == l, in their order.
struct ResampleGrad {
  using Params = ResampleParams;
  using Function = void (*)(const float* grad_out, Indices indices, const float* weights, float* grad_in,
                            const ResampleParams& params);

  static std::array<Touch, 4> contract(const ResampleParams& p, Rules& rules) {
    rules.at_least("taps", p.taps, 1);
    const Extent table = Extent(p.out_length) * p.taps;
    return {{{"grad_out", Extent(p.outer) * p.out_length * p.inner},
             indices("indices", table, p.length),
             {"weights", table},
             {"grad_in", Extent(p.outer) * p.length * p.inner}}};
  }
};

}  // namespace nabla
