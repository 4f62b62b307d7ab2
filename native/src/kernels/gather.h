// SPDX-License-Identifier: Apache-2.0
// Picks slices by index: out[b, o, n, s] = in[b, o, indices[b, n], s]. Row-major and contiguous; `out` may not overlap
// the inputs. Elements are moved as bits: b32 for every dtype of four bytes, b8 of one. Fails, before it writes
// anything, when an index is not in [0, length).
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct GatherParams {
  int64_t batch;   // product of the axes that in and indices share
  int64_t outer;   // product of the axes between them and the indexed one
  int64_t length;  // of the indexed axis
  int64_t slice;   // product of the axes after it
  int64_t count;   // indices of each batch

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("outer", outer);
    field("length", length);
    field("slice", slice);
    field("count", count);
  }
};

template <class T>
struct Gather {
  using Params = GatherParams;
  using Function = void (*)(const T* in, Indices indices, T* out, const GatherParams& params);
  using Variants = std::tuple<void (*)(const Bf16* in, Indices indices, Bf16* out, const GatherParams& params)>;

  static std::array<Touch, 3> contract(const GatherParams& p, Rules&) {
    const Extent rows = Extent(p.batch) * p.outer;
    return {{{"in", rows * p.length * p.slice},
             indices("indices", Extent(p.batch) * p.count, p.length),
             {"out", rows * p.count * p.slice}}};
  }

  static Written written(const GatherParams& p, const std::array<KnownBounds, 3>& known) {
    return {Extent(p.batch) * p.outer * p.count * p.slice, known[0]};
  }
};
using GatherB32 = Gather<int32_t>;
using GatherB8 = Gather<uint8_t>;

// The gradient of a gather, and a sum by key: out[g, s] = sum of in[n, s] over the n with segments[n] == g, added in
// an order that depends on the segments alone, on the CPU that of n. A segment that is not in [0, groups) counts
// nowhere. Row-major and contiguous; `out` may not overlap `in`.
struct SegmentSumParams {
  int64_t rows;
  int64_t slice;   // elements of a row
  int64_t groups;  // rows of out

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("slice", slice);
    field("groups", groups);
  }
};

struct SegmentSum {
  using Params = SegmentSumParams;
  using Function = void (*)(const float* in, const int32_t* segments, float* out, const SegmentSumParams& params);

  static std::array<Touch, 3> contract(const SegmentSumParams& p, Rules&) {
    return {
        {{"in", Extent(p.rows) * p.slice}, indices("segments", p.rows, p.groups), {"out", Extent(p.groups) * p.slice}}};
  }
};

// out[n, d] = d == indices[n] ? on : off, as the bits of any dtype of four bytes (b32) or one (b8). An index that is
// not in [0, depth) leaves its row off.
struct OneHotParams {
  int64_t count;  // indices
  int64_t depth;
  int64_t on;   // bits, as an unsigned number
  int64_t off;  // bits, as an unsigned number

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("depth", depth);
    field("on", on);
    field("off", off);
  }
};

template <class T>
struct OneHot {
  using Params = OneHotParams;
  using Function = void (*)(const int32_t* indices, T* out, const OneHotParams& params);

  static std::array<Touch, 2> contract(const OneHotParams& p, Rules&) {
    return {{{"indices", p.count}, {"out", Extent(p.count) * p.depth}}};
  }
};
using OneHotB32 = OneHot<uint32_t>;
using OneHotB8 = OneHot<uint8_t>;

}  // namespace nabla
