// SPDX-License-Identifier: Apache-2.0
// The sum of several arrays of equal length, added in their order: out[i] = in[0][i] + in[1][i] + …; int32 wraps
// around. `out` may be in[0]. count == 0 does nothing; no arrays at all give zeros.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct AddNParams {
  int64_t count;     // elements of each array
  Integers lengths;  // `count`, once for each array

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("lengths", lengths);
  }
};

template <class T>
struct AddN {
  using Params = AddNParams;
  using Function = void (*)(Buffers<const T> in, T* out, const AddNParams& params);
  using Variants = std::tuple<void (*)(Buffers<const AsBf16<T>> in, AsBf16<T>* out, const AddNParams& params)>;

  static std::array<Touch, 2> contract(const AddNParams& p, Rules& rules) {
    for (int64_t i = 0; i < p.lengths.count; ++i) rules.equal("each length", p.lengths.items[i], p.count);
    return {{{"in", p.lengths}, in_place({"out", p.count}, "in")}};
  }
};

using AddNF32 = AddN<float>;
using AddNI32 = AddN<int32_t>;

}  // namespace nabla
