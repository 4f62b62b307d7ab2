// SPDX-License-Identifier: Apache-2.0
// Limits every element of many tensors, in place; tensor t of the list has lengths[t] elements.
#pragma once
#include "kernels/contract.h"

namespace nabla {

// x <- min(max(x, -maximum), maximum) for every element; a NaN stays. No two tensors may overlap.
struct ClipByValueParams {
  Integers lengths;
  float maximum;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("lengths", lengths);
    field("maximum", maximum);
  }
};

struct ClipByValue {
  using Params = ClipByValueParams;
  using Function = void (*)(Buffers<float> tensors, const ClipByValueParams& params);

  static std::array<Touch, 1> contract(const ClipByValueParams& p, Rules&) { return {{{"tensors", p.lengths}}}; }
};

}  // namespace nabla
