// SPDX-License-Identifier: Apache-2.0
// Choice by a condition: out[r, c] = condition[r] ? yes[r, c] : no[r, c]. Row-major and contiguous. `out` may be `yes`
// or `no`. rows == 0 or columns == 0 does nothing.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct SelectParams {
  int64_t rows;     // elements of condition
  int64_t columns;  // elements that share one condition

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("columns", columns);
  }
};

template <class T>
struct Select {
  using Params = SelectParams;
  using Function = void (*)(const uint8_t* condition, const T* yes, const T* no, T* out, const SelectParams& params);
  using Variants = std::tuple<void (*)(const uint8_t* condition, const AsBf16<T>* yes, const AsBf16<T>* no,
                                       AsBf16<T>* out, const SelectParams& params)>;

  static std::array<Touch, 4> contract(const SelectParams& p, Rules&) {
    const Extent all = Extent(p.rows) * p.columns;
    return {{{"condition", p.rows}, {"yes", all}, {"no", all}, in_place({"out", all}, "yes", "no")}};
  }

  static Written written(const SelectParams& p, const std::array<KnownBounds, 4>& known) {
    if (!known[1].has_value() || !known[2].has_value()) return {0, {}};
    return {Extent(p.rows) * p.columns, joined(*known[1], *known[2])};
  }
};

using SelectF32 = Select<float>;
using SelectI32 = Select<int32_t>;
using SelectBool = Select<uint8_t>;

}  // namespace nabla
