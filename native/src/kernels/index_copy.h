// SPDX-License-Identifier: Apache-2.0
// Writes slices to places that a buffer names, as PyTorch's index_copy_: for every index i of `shape`,
//   out[i with i[axis] replaced by positions[i[axis]]] = in[in_offset + sum_a i[a] * in_strides[a]].
// `out` is row-major and as long as `shape`, along `axis` `length` long; what no position names stays as it is. Of
// slices that have one position, the last is written. Elements are moved as bits: of every dtype of four bytes. Fails,
// before it writes anything, when a position is not in [0, length). For slices whose place is not known when the call
// is made, or changes from one replay of a recorded call to the next.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct IndexCopyParams {
  Dims shape;
  Dims in_strides;  // elements
  int64_t in_offset;
  int64_t axis;
  int64_t length;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("shape", shape);
    field("in_strides", in_strides);
    field("in_offset", in_offset);
    field("axis", axis);
    field("length", length);
  }

  // The axes of `out`.
  Dims out_shape() const {
    Dims whole = shape;
    whole.size[axis] = length;
    return whole;
  }
};

struct IndexCopyB32 {
  using Params = IndexCopyParams;
  using Function = void (*)(const int32_t* in, Indices positions, int32_t* out, const IndexCopyParams& params);

  static std::array<Touch, 3> contract(const IndexCopyParams& p, Rules& rules) {
    rules.equal("the rank of in_strides", p.in_strides.rank, p.shape.rank);
    rules.at_least("axis", p.axis, 0);
    rules.at_most("axis", p.axis, p.shape.rank - 1);
    rules.at_least("length", p.length, 0);
    if (!rules.satisfied()) return {{{"in", 0}, indices("positions", 0, 0), {"out", 0}}};
    return {{{"in", strided(p.shape, p.in_strides) + p.in_offset},
             indices("positions", p.shape.size[p.axis], p.length),
             {"out", product(p.out_shape())}}};
  }

  static Written written(const IndexCopyParams&, const std::array<KnownBounds, 3>& known) { return {0, known[0]}; }
};

}  // namespace nabla
