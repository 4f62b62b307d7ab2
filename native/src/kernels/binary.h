// SPDX-License-Identifier: Apache-2.0
// Functions of two elements, with broadcasting: out[i] = f(a[i'], b[i'']). The family is the rows of kernels.def and of
// cpu/binary-inl.h, which says what each f is. `out` is contiguous and row-major; an operand is walked by strides, 0
// along an axis where it is repeated. `out` may be an operand that is not repeated, if their elements have one size. An
// axis of length 0 does nothing. A NaN gives NaN unless the row says otherwise. bool is one byte, 0 or 1.
#pragma once
#include <functional>

#include "kernels/contract.h"

namespace nabla {

struct BinaryParams {
  Dims shape;      // of out, at least one axis
  Dims a_strides;  // in elements; along the last axis 0 or 1, and not 0 for both
  Dims b_strides;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("shape", shape);
    field("a_strides", a_strides);
    field("b_strides", b_strides);
  }
};

template <class In, class Out>
struct Binary {
  using Params = BinaryParams;
  using Function = void (*)(const In* a, const In* b, Out* out, const BinaryParams& params);
  using Variants =
      std::tuple<void (*)(const AsBf16<In>* a, const AsBf16<In>* b, AsBf16<Out>* out, const BinaryParams& params)>;

  static std::array<Touch, 3> contract(const BinaryParams& p, Rules& rules) {
    rules.at_least("the axes of shape", p.shape.rank, 1);
    rules.equal("the number of a_strides", p.a_strides.rank, p.shape.rank);
    rules.equal("the number of b_strides", p.b_strides.rank, p.shape.rank);
    const int64_t last = p.shape.rank > 0 ? p.shape.rank - 1 : 0;
    rules.at_most("the last of a_strides", p.a_strides.size[last], 1);
    rules.at_most("the last of b_strides", p.b_strides.size[last], 1);
    rules.at_least("the sum of the last strides", p.a_strides.size[last] + p.b_strides.size[last], 1);
    const char* const a = sizeof(In) == sizeof(Out) && is_row_major(p.shape, p.a_strides) ? "a" : nullptr;
    const char* const b = sizeof(In) == sizeof(Out) && is_row_major(p.shape, p.b_strides) ? "b" : nullptr;
    return {{{"a", strided(p.shape, p.a_strides)},
             {"b", strided(p.shape, p.b_strides)},
             in_place({"out", product(p.shape)}, a, b)}};
  }
};

using BinaryF32 = Binary<float, float>;
using BinaryI32 = Binary<int32_t, int32_t>;
using BinaryBool = Binary<uint8_t, uint8_t>;
using BinaryF32ToBool = Binary<float, uint8_t>;
using BinaryI32ToBool = Binary<int32_t, uint8_t>;
using BinaryF32ToI32 = Binary<float, int32_t>;

// Of int32, where the formula only rises or only falls along each operand, whatever the other one is: it is largest and
// smallest at the ends of both.
template <class Formula>
struct MonotonicI32 : BinaryI32 {
  static Written written(const BinaryParams& p, const std::array<KnownBounds, 3>& known) {
    const auto &a = known[0], &b = known[1];
    if (!a.has_value() || !b.has_value()) return {0, {}};
    const Formula f;
    const auto [least, greatest] = std::minmax({f(a->least(), b->least()), f(a->least(), b->greatest()),
                                                f(a->greatest(), b->least()), f(a->greatest(), b->greatest())});
    return {product(p.shape), bounds_if_stored(least, greatest)};
  }
};
struct Larger {
  int64_t operator()(int64_t a, int64_t b) const { return std::max(a, b); }
};
struct Smaller {
  int64_t operator()(int64_t a, int64_t b) const { return std::min(a, b); }
};
using AddI32 = MonotonicI32<std::plus<int64_t>>;
using SubI32 = MonotonicI32<std::minus<int64_t>>;
using MulI32 = MonotonicI32<std::multiplies<int64_t>>;
using MaximumI32 = MonotonicI32<Larger>;
using MinimumI32 = MonotonicI32<Smaller>;

}  // namespace nabla
