// SPDX-License-Identifier: Apache-2.0
// Copies elements from one arrangement to another: for every index of `shape`,
//   out[out_offset + sum_a index[a] * out_strides[a]] = in[in_offset + sum_a from[a] * in_strides[a]],
// where from[a] is index[a], or shape[a] - 1 - index[a] on a reversed axis. This is transpose, slice, concat, tile
// (input strides of 0), pad, reverse and strided slice. Elements are moved as bits: b32 for every dtype of four bytes,
// b8 of one. `out` may not overlap `in`, and no element of it may be named twice. An empty axis writes nothing. Fast
// where the last axis has output stride 1, and input stride 1 or the axis before it has.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct CopyParams {
  Dims shape;
  Dims in_strides;   // elements
  Dims out_strides;  // elements
  Dims reversed;     // 0 or 1 for each axis
  int64_t in_offset;
  int64_t out_offset;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("shape", shape);
    field("in_strides", in_strides);
    field("out_strides", out_strides);
    field("reversed", reversed);
    field("in_offset", in_offset);
    field("out_offset", out_offset);
  }
};

template <class T>
struct Copy {
  using Params = CopyParams;
  using Function = void (*)(const T* in, T* out, const CopyParams& params);
  using Variants = std::tuple<void (*)(const Bf16* in, Bf16* out, const CopyParams& params)>;

  static std::array<Touch, 2> contract(const CopyParams& p, Rules& rules) {
    rules.equal("the rank of in_strides", p.in_strides.rank, p.shape.rank);
    rules.equal("the rank of out_strides", p.out_strides.rank, p.shape.rank);
    rules.equal("the rank of reversed", p.reversed.rank, p.shape.rank);
    for (int64_t axis = 0; axis < p.reversed.rank; ++axis) rules.at_most("reversed", p.reversed.size[axis], 1);
    const Extent count = product(p.shape), written = strided(p.shape, p.out_strides);
    if (count.valid() && written.valid()) rules.at_most("the elements of shape", count.value(), written.value());
    return {{{"in", count * 0 + strided(p.shape, p.in_strides) + p.in_offset},
             {"out", count * 0 + written + p.out_offset}}};
  }

  static Written written(const CopyParams& p, const std::array<KnownBounds, 2>& known) {
    const bool is_first = p.out_offset == 0 && known[0].has_value() && is_whole(p.shape, p.out_strides);
    return {is_first ? product(p.shape) : 0, known[0]};
  }
};
using CopyB32 = Copy<int32_t>;
using CopyB8 = Copy<uint8_t>;

}  // namespace nabla
