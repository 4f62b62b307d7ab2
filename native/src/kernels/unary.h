// SPDX-License-Identifier: Apache-2.0
// Functions of one element: out[i] = f(in[i]). The family is the rows of kernels.def and of cpu/unary-inl.h, which says
// what each f is. `out` may be `in` where both have elements of one size. count == 0 does nothing. A NaN gives NaN
// unless the row says otherwise. bool is one byte, 0 or 1.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct UnaryParams {
  int64_t count;  // elements

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
  }
};

template <class In, class Out>
struct Unary {
  using Params = UnaryParams;
  using Function = void (*)(const In* in, Out* out, const UnaryParams& params);
  using Variants = std::tuple<void (*)(const AsBf16<In>* in, AsBf16<Out>* out, const UnaryParams& params)>;

  static std::array<Touch, 2> contract(const UnaryParams& p, Rules&) {
    return {{{"in", p.count}, in_place({"out", p.count}, sizeof(In) == sizeof(Out) ? "in" : nullptr)}};
  }
};

using UnaryF32 = Unary<float, float>;
using UnaryI32 = Unary<int32_t, int32_t>;
using UnaryBool = Unary<uint8_t, uint8_t>;
using UnaryF32ToBool = Unary<float, uint8_t>;
using UnaryF32ToI32 = Unary<float, int32_t>;
using UnaryI32ToF32 = Unary<int32_t, float>;
using UnaryI32ToBool = Unary<int32_t, uint8_t>;
using UnaryBoolToF32 = Unary<uint8_t, float>;

// 1 of every byte that is not 0.
struct UnaryBoolToI32 : Unary<uint8_t, int32_t> {
  static Written written(const UnaryParams& p, const std::array<KnownBounds, 2>&) {
    return {p.count, bounds_between(0, 1)};
  }
};

// f with one constant.
struct UnaryAlphaParams {
  int64_t count;
  float alpha;  // slope or value on the negative side

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("alpha", alpha);
  }
};

struct UnaryAlpha {
  using Params = UnaryAlphaParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, T* out, const UnaryAlphaParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 2> contract(const UnaryAlphaParams& p, Rules&) {
    return {{{"in", p.count}, in_place({"out", p.count}, "in")}};
  }
};

// out[i] = in[i] > maximum ? maximum : in[i] < minimum ? minimum : in[i]
struct ClipParams {
  int64_t count;
  float minimum;
  float maximum;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("minimum", minimum);
    field("maximum", maximum);
  }
};

struct Clip {
  using Params = ClipParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, T* out, const ClipParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 2> contract(const ClipParams& p, Rules&) {
    return {{{"in", p.count}, in_place({"out", p.count}, "in")}};
  }
};

}  // namespace nabla
