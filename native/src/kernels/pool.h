// SPDX-License-Identifier: Apache-2.0
// Maxima and means over windows of the axes between batch and channels: `in` is [batch, depth, height, width,
// channels]. Along each of the three axes, output o has the window of positions
//   o * stride - padding + k * dilation, 0 <= k < kernel, or if adaptive
//   floor(o * in / out) up to but not including ceil((o + 1) * in / out),
// of which only those inside the input take part. Row-major and contiguous; `out` may not overlap `in`. Without batch
// or channels nothing is written.
//
//   max:      out = the largest value, NaN if there is one (with ignore_nan: the largest number)
//             argmax = its position (z * height + y) * width + x, the first of equal ones; -1 for an empty window,
//             whose out is -infinity
//   average:  out = sum / count, where count are the positions that take part, or if count_padding those of the window
//             that lie in the input or in `padding` positions on either side of it
#pragma once
#include "kernels/window_rules.h"

namespace nabla {

struct PoolParams {
  int64_t batch;
  int64_t channels;
  Dims in_size;  // depth, height, width
  Dims out_size;
  Dims kernel;
  Dims stride;
  Dims padding;
  Dims dilation;
  int64_t adaptive;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("channels", channels);
    field("in_size", in_size);
    field("out_size", out_size);
    field("kernel", kernel);
    field("stride", stride);
    field("padding", padding);
    field("dilation", dilation);
    field("adaptive", adaptive);
  }
};

inline void pool_rules(const PoolParams& p, Rules& rules) {
  window_rules(p, rules);
  const Extent plane = product(p.in_size);
  rules.at_most("in_size", plane.valid() ? plane.value() : INT64_MAX, INT32_MAX);  // argmax has 32 bits
}

inline Extent pool_in(const PoolParams& p) { return Extent(p.batch) * p.channels * product(p.in_size); }
inline Extent pool_out(const PoolParams& p) { return Extent(p.batch) * p.channels * product(p.out_size); }

struct MaxPoolParams : PoolParams {
  int64_t ignore_nan;

  template <class Visitor>
  void visit(Visitor&& field) {
    PoolParams::visit(field);
    field("ignore_nan", ignore_nan);
  }
};

struct MaxPool {
  using Params = MaxPoolParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, T* out, int32_t* argmax, const MaxPoolParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 3> contract(const MaxPoolParams& p, Rules& rules) {
    pool_rules(p, rules);
    return {{{"in", pool_in(p)}, {"out", pool_out(p)}, {"argmax", pool_out(p)}}};
  }
};

// grad_in[i] = sum of grad_out[o] over the windows o whose argmax is i, in the order of o.
struct MaxPoolGrad {
  using Params = PoolParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const int32_t* argmax, T* grad_in, const PoolParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 3> contract(const PoolParams& p, Rules& rules) {
    pool_rules(p, rules);
    return {{{"grad_out", pool_out(p)}, {"argmax", pool_out(p)}, {"grad_in", pool_in(p)}}};
  }
};

struct AveragePoolParams : PoolParams {
  int64_t count_padding;

  template <class Visitor>
  void visit(Visitor&& field) {
    PoolParams::visit(field);
    field("count_padding", count_padding);
  }
};

// Dilation is 1: positions of a window are neighbours.
struct AveragePool {
  using Params = AveragePoolParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, T* out, const AveragePoolParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 2> contract(const AveragePoolParams& p, Rules& rules) {
    pool_rules(p, rules);
    for (int64_t axis = 0; axis < p.dilation.rank; ++axis) rules.equal("dilation", p.dilation.size[axis], 1);
    return {{{"in", pool_in(p)}, {"out", pool_out(p)}}};
  }
};

// grad_in[i] = sum of grad_out[o] / count[o] over the windows o that i is in, in the order of o.
struct AveragePoolGrad {
  using Params = AveragePoolParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, T* grad_in, const AveragePoolParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 2> contract(const AveragePoolParams& p, Rules& rules) {
    pool_rules(p, rules);
    for (int64_t axis = 0; axis < p.dilation.rank; ++axis) rules.equal("dilation", p.dilation.size[axis], 1);
    return {{{"grad_out", pool_out(p)}, {"grad_in", pool_in(p)}}};
  }
};

}  // namespace nabla
