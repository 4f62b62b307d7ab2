// SPDX-License-Identifier: Apache-2.0
// The norm of many tensors as one vector, and its limit; tensor t of a list has lengths[t] elements.
#pragma once
#include "kernels/contract.h"

namespace nabla {

// norm[0] = sqrt(sum over all elements of x^2), and with `accumulate` plus norm[0]^2 under the root: for lists longer
// than one call takes. Squares are added in blocks of fixed size, the blocks in double precision: any number of threads
// gives the same bits.
struct GlobalNormParams {
  Integers lengths;
  int64_t accumulate;  // 0 or 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("lengths", lengths);
    field("accumulate", accumulate);
  }
};

struct GlobalNorm {
  using Params = GlobalNormParams;
  using Function = void (*)(Buffers<const float> tensors, float* norm, const GlobalNormParams& params);

  static std::array<Touch, 2> contract(const GlobalNormParams& p, Rules&) {
    return {{{"tensors", p.lengths}, {"norm", 1}}};
  }
};

// x <- c * x for every element, with c = maximum / (norm[0] + 1e-6); nothing is written when c >= 1. A NaN in norm
// makes every element NaN. No two tensors may overlap.
struct ClipByGlobalNormParams {
  Integers lengths;
  float maximum;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("lengths", lengths);
    field("maximum", maximum);
  }
};

struct ClipByGlobalNorm {
  using Params = ClipByGlobalNormParams;
  using Function = void (*)(const float* norm, Buffers<float> tensors, const ClipByGlobalNormParams& params);

  static std::array<Touch, 2> contract(const ClipByGlobalNormParams& p, Rules&) {
    return {{{"norm", 1}, {"tensors", p.lengths}}};
  }
};

}  // namespace nabla
