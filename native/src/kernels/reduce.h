// SPDX-License-Identifier: Apache-2.0
// Reductions of one axis: out[o, i] = in[o, 0, i] joined with in[o, 1, i], in[o, 2, i], ... Adjacent axes count as one.
// Row-major and contiguous; `out` may not overlap `in`.
//   reduce_sum_f32 · reduce_mean_f32 · reduce_prod_f32   joined in float32 within blocks, the blocks in float64
//   reduce_max_f32 · reduce_min_f32                      NaN if any is NaN; of +0 and -0 either may come
//   reduce_sum_i32 · reduce_prod_i32                     modulo 2^32
//   reduce_max_i32 · reduce_min_i32
//   reduce_all_bool · reduce_any_bool                    1 if all (any) are not 0, else 0
// What is joined with what depends on the parameters alone: every target and any number of threads give the same
// result.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct ReduceParams {
  int64_t outer;   // product of the axes before
  int64_t reduce;  // product of the axes that go, 1 to 2^31 - 1: an index of it is an int32
  int64_t inner;   // product of the axes after

  template <class Visitor>
  void visit(Visitor&& field) {
    field("outer", outer);
    field("reduce", reduce);
    field("inner", inner);
  }
};

template <class In, class Out>
struct AxisReduction {
  using Params = ReduceParams;
  using Function = void (*)(const In* in, Out* out, const ReduceParams& params);
  using Variants = std::tuple<void (*)(const AsBf16<In>* in, Out* out, const ReduceParams& params)>;  // sums: float32

  static std::array<Touch, 2> contract(const ReduceParams& p, Rules& rules) {
    rules.at_least("reduce", p.reduce, 1);
    rules.at_most("reduce", p.reduce, INT32_MAX);
    const Extent kept = Extent(p.outer) * p.inner;
    return {{{"in", kept * p.reduce}, {"out", kept}}};
  }
};
using ReduceF32 = AxisReduction<float, float>;
using ReduceI32 = AxisReduction<int32_t, int32_t>;
using ReduceBool = AxisReduction<uint8_t, uint8_t>;

// out[o, i] = the first r whose in[o, r, i] is the largest (arg_max) or smallest (arg_min). NaNs are passed over, but
// where in[o, 0, i] is NaN the answer is 0.
struct ArgReduceF32 : AxisReduction<float, int32_t> {
  static Written written(const ReduceParams& p, const std::array<KnownBounds, 2>&) {
    return {Extent(p.outer) * p.inner, bounds_between(0, static_cast<int32_t>(p.reduce - 1))};
  }
};

}  // namespace nabla
