// SPDX-License-Identifier: Apache-2.0
// What contracts ask of the sizes of windows along depth, height and width: of convolutions and of pooling.
#pragma once
#include "kernels/contract.h"

namespace nabla {

template <class Params>
void window_rules(const Params& p, Rules& rules) {
  const auto three = [&](const char* name, const Dims& dims, int64_t minimum) {
    rules.equal(name, dims.rank, 3);
    for (int64_t axis = 0; axis < dims.rank; ++axis) {
      rules.at_least(name, dims.size[axis], minimum);
      rules.at_most(name, dims.size[axis], INT32_MAX);
    }
  };
  three("in_size", p.in_size, 1);
  three("out_size", p.out_size, 1);
  three("kernel", p.kernel, 1);
  three("stride", p.stride, 1);
  three("padding", p.padding, 0);
  three("dilation", p.dilation, 1);
}

}  // namespace nabla
