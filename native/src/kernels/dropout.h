// SPDX-License-Identifier: Apache-2.0
// Dropout by a counter-based generator: out[i] = u_i >= probability ? in[i] * scale : 0 with scale = 1 / (1 -
// probability), where u_i is the upper 24 bits, over 2^24, of word i % 4 of Philox block `offset` + i / 4 of stream
// `seed`. The gradient is the same kernel on the gradient of `out`. `out` may be `in`. count == 0 does nothing. A
// dropped NaN is 0.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct DropoutParams {
  int64_t count;
  double probability;  // of dropping an element, 0 to 1
  int64_t seed;
  int64_t offset;  // the first block

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("probability", probability);
    field("seed", seed);
    field("offset", offset);
  }
};

struct Dropout {
  using Params = DropoutParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, T* out, const DropoutParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 2> contract(const DropoutParams& p, Rules& rules) {
    rules.between("probability", p.probability, 0, 1);
    return {{{"in", p.count}, in_place({"out", p.count}, "in")}};
  }
};

}  // namespace nabla
