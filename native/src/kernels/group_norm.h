// SPDX-License-Identifier: Apache-2.0
// Normalization over groups of channels. `in` is [batch, positions, channels]; group g of `groups` equal ones has the
// channels from g * channels / groups on, and statistics of its own in each example, variance dividing by N:
//   n[b, p, c] = (in[b, p, c] - mean[b, g]) / sqrt(variance[b, g] + epsilon)
//   out[b, p, c] = n[b, p, c] * weight[c] + bias[c]
// Batch normalization is batch 1 and as many groups as channels, instance normalization as many groups as channels.
// Row-major and contiguous; `out` may be `in`. Without positions, statistics are 0. A NaN makes its whole group NaN.
// All sums over positions are taken in blocks of fixed size: results do not depend on the number of threads.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct GroupNormParams {
  int64_t batch;      // examples with statistics of their own
  int64_t positions;  // of each example
  int64_t channels;   // >= 1
  int64_t groups;     // divides channels
  float epsilon;      // added to the variance

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("positions", positions);
    field("channels", channels);
    field("groups", groups);
    field("epsilon", epsilon);
  }
};

inline void group_rules(const GroupNormParams& p, Rules& rules) {
  rules.at_least("channels", p.channels, 1);
  rules.at_least("groups", p.groups, 1);
  rules.at_least("positions", p.positions, 0);
  if (p.groups >= 1) rules.equal("channels modulo groups", p.channels % p.groups, 0);
}

struct GroupNorm {
  using Params = GroupNormParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, const float* weight, const float* bias, T* out, float* mean, float* variance,
                              const GroupNormParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 6> contract(const GroupNormParams& p, Rules& rules) {
    group_rules(p, rules);
    const Extent all = Extent(p.batch) * p.positions * p.channels;
    const Extent statistics = Extent(p.batch) * p.groups;
    return {{{"in", all},
             {"weight", p.channels},
             {"bias", p.channels},
             in_place({"out", all}, "in"),
             {"mean", statistics},
             {"variance", statistics}}};
  }
};

// Given g = d loss / d out, with w = g * weight, and means over a group of an example:
//   grad_in = (w - mean(w) - n * mean(w * n)) / sqrt(variance + epsilon); if `constant`, mean and variance do not
//   depend on in, and both means are left out grad_weight[c] = sum over b, p of g * n        grad_bias[c] = sum over b,
//   p of g
struct GroupNormGradParams : GroupNormParams {
  int64_t constant;

  template <class Visitor>
  void visit(Visitor&& field) {
    GroupNormParams::visit(field);
    field("constant", constant);
  }
};

struct GroupNormGrad {
  using Params = GroupNormGradParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const T* in, const float* weight, const float* mean,
                              const float* variance, T* grad_in, float* grad_weight, float* grad_bias,
                              const GroupNormGradParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 8> contract(const GroupNormGradParams& p, Rules& rules) {
    group_rules(p, rules);
    const Extent all = Extent(p.batch) * p.positions * p.channels;
    const Extent statistics = Extent(p.batch) * p.groups;
    return {{{"grad_out", all},
             {"in", all},
             {"weight", p.channels},
             {"mean", statistics},
             {"variance", statistics},
             {"grad_in", all},
             {"grad_weight", p.channels},
             {"grad_bias", p.channels}}};
  }
};

// The same with statistics that are given for each channel: out[r, c] = (in[r, c] - mean[c]) * weight[c] /
// sqrt(variance[c] + epsilon) + bias[c]. `out` may be `in`.
struct NormalizeParams {
  int64_t rows;      // product of all axes but the last
  int64_t channels;  // >= 1
  float epsilon;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("channels", channels);
    field("epsilon", epsilon);
  }
};

struct Normalize {
  using Params = NormalizeParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, const float* weight, const float* bias, const float* mean,
                              const float* variance, T* out, const NormalizeParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 6> contract(const NormalizeParams& p, Rules& rules) {
    rules.at_least("channels", p.channels, 1);
    const Extent all = Extent(p.rows) * p.channels;
    return {{{"in", all},
             {"weight", p.channels},
             {"bias", p.channels},
             {"mean", p.channels},
             {"variance", p.channels},
             in_place({"out", all}, "in")}};
  }
};

}  // namespace nabla
