// SPDX-License-Identifier: Apache-2.0
// One value everywhere: out[i] = value. count == 0 does nothing.
#pragma once
#include <limits>

#include "kernels/contract.h"

namespace nabla {

struct FillParams {
  int64_t count;
  double value;  // converted to the element type, which must be able to hold it

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("value", value);
  }
};

template <class T>
struct Fill {
  using Params = FillParams;
  using Function = void (*)(T* out, const FillParams& params);

  static std::array<Touch, 1> contract(const FillParams& p, Rules& rules) {
    using Limits = std::numeric_limits<T>;
    if (Limits::is_integer) rules.between("value", p.value, Limits::lowest(), Limits::max());
    return {{{"out", p.count}}};
  }

  static Written written(const FillParams& p, const std::array<KnownBounds, 1>&) {
    const auto value = static_cast<int32_t>(p.value);
    return {p.count, bounds_between(value, value)};
  }
};

using FillF32 = Fill<float>;
using FillI32 = Fill<int32_t>;
using FillBool = Fill<uint8_t>;

}  // namespace nabla
