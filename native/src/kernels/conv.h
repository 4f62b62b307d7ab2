// SPDX-License-Identifier: Apache-2.0
// Convolution over one to three axes between batch and channels: `in` is [batch, depth, height, width, in_channels],
// `out` [batch, out depth, out height, out width, out_channels], `weight` [out_channels, in_channels / groups, kernel
// depth, kernel height, kernel width] (PyTorch's layout), `bias` [out_channels]. With t = o * stride - padding + k *
// dilation along each axis, terms whose t lies outside the input being left out:
//   out[b, o, co] = activation(bias[co] + sum over k, ci of in[b, t, ci] * weight[co, ci, k])
// where ci runs over the in_channels / groups channels of the group of co. Where a weight, or in the gradients what it
// meets, is NaN or infinite, such a term may also be 0 times that, which is NaN (as in PyTorch). `pre`, where asked
// for, receives what goes into the activation. Padding behind the input is whatever out_size reaches. Row-major and
// contiguous; no output may overlap an input. Sums have one order, whatever the number of threads.
#pragma once
#include "kernels/activation.h"
#include "kernels/contract.h"
#include "kernels/operand.h"
#include "kernels/window_rules.h"

namespace nabla {

struct ConvParams {
  int64_t batch;
  int64_t in_channels, out_channels, groups;
  Dims in_size;  // depth, height, width
  Dims out_size;
  Dims kernel;
  Dims stride;
  Dims padding;  // before the input
  Dims dilation;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("in_channels", in_channels), field("out_channels", out_channels), field("groups", groups);
    field("in_size", in_size), field("out_size", out_size);
    field("kernel", kernel), field("stride", stride), field("padding", padding), field("dilation", dilation);
  }
};

inline Extent conv_in(const ConvParams& p) { return Extent(p.batch) * product(p.in_size) * p.in_channels; }
inline Extent conv_out(const ConvParams& p) { return Extent(p.batch) * product(p.out_size) * p.out_channels; }
inline Extent conv_weight(const ConvParams& p) {
  return Extent(p.out_channels) * (p.groups < 1 ? 0 : p.in_channels / p.groups) * product(p.kernel);
}

inline void conv_rules(const ConvParams& p, Rules& rules) {
  rules.at_least("groups", p.groups, 1);
  rules.at_least("in_channels", p.in_channels, 1);
  rules.at_least("out_channels", p.out_channels, 1);
  if (p.groups >= 1) {
    rules.equal("in_channels modulo groups", p.in_channels % p.groups, 0);
    rules.equal("out_channels modulo groups", p.out_channels % p.groups, 0);
  }
  window_rules(p, rules);
  // The positions of every window are tabulated, axis by axis.
  for (int64_t axis = 0; axis < 3 && rules.satisfied(); ++axis)
    rules.at_most("kernel times size", p.kernel.size[axis] * (p.in_size.size[axis] + p.out_size.size[axis]),
                  int64_t{1} << 40);
}

struct ConvForwardParams : ConvParams {
  int64_t activation;         // kNone .. kSilu
  int64_t has_bias, has_pre;  // 0 or 1

  template <class Visitor>
  void visit(Visitor&& field) {
    ConvParams::visit(field);
    field("activation", activation);
    field("has_bias", has_bias), field("has_pre", has_pre);
  }
};

struct Conv {
  using Params = ConvForwardParams;
  using Function = void (*)(const float* in, const float* weight, const float* bias, float* out, float* pre,
                            const ConvForwardParams& params);
  using Variants = std::tuple<void (*)(Operand in, const float* weight, const float* bias, Bf16* out, Bf16* pre,
                                       const ConvForwardParams& params)>;

  static std::array<Touch, 5> contract(const ConvForwardParams& p, Rules& rules) {
    conv_rules(p, rules);
    rules.at_least("activation", p.activation, kNone);
    rules.at_most("activation", p.activation, kSilu);
    return {{{"in", conv_in(p)},
             {"weight", conv_weight(p)},
             {"bias", p.has_bias ? p.out_channels : 0},
             {"out", conv_out(p)},
             {"pre", p.has_pre ? conv_out(p) : Extent(0)}}};
  }
};

// grad_in[b, t, ci] = sum over the o and k that meet in t, and co, of grad_out[b, o, co] * weight[co, ci, k]. This is
// also the transposed convolution of grad_out.
struct ConvGradIn {
  using Params = ConvParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const float* weight, T* grad_in, const ConvParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 3> contract(const ConvParams& p, Rules& rules) {
    conv_rules(p, rules);
    return {{{"grad_out", conv_out(p)}, {"weight", conv_weight(p)}, {"grad_in", conv_in(p)}}};
  }
};

// grad_weight[co, ci, k] = sum over b and o of grad_out[b, o, co] * in[b, t, ci].
struct ConvGradWeight {
  using Params = ConvParams;
  using Function = void (*)(const float* in, const float* grad_out, float* grad_weight, const ConvParams& params);
  using Variants = std::tuple<void (*)(Operand in, const Bf16* grad_out, float* grad_weight, const ConvParams& params)>;

  static std::array<Touch, 3> contract(const ConvParams& p, Rules& rules) {
    conv_rules(p, rules);
    return {{{"in", conv_in(p)}, {"grad_out", conv_out(p)}, {"grad_weight", conv_weight(p)}}};
  }
};

}  // namespace nabla
