// SPDX-License-Identifier: Apache-2.0
// Layer normalization over the last axis, variance dividing by N:
//   normalized[r, f] = (in[r, f] - mean[r]) * inverse_deviation[r],  inverse_deviation = 1 / sqrt(variance + epsilon)
//   out[r, f] = normalized[r, f] * weight[f] + bias[f]
// Row-major and contiguous. rows == 0 writes nothing (the gradients of weight and bias are then zero).
// `out` may be `in`. A NaN makes its whole row NaN.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct LayerNormParams {
  int64_t rows;      // product of all axes but the last
  int64_t features;  // length of the last axis, >= 1
  float epsilon;     // added to the variance

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("features", features);
    field("epsilon", epsilon);
  }
};

struct LayerNorm {
  using Params = LayerNormParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, const float* weight, const float* bias, T* out, float* mean,
                              float* inverse_deviation, const LayerNormParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 6> contract(const LayerNormParams& p, Rules& rules) {
    rules.at_least("features", p.features, 1);
    const Extent all = Extent(p.rows) * p.features;
    return {{{"in", all},
             {"weight", p.features},
             {"bias", p.features},
             in_place({"out", all}, "in"),
             {"mean", p.rows},
             {"inverse_deviation", p.rows}}};
  }
};

// Given g = d loss / d out, with n = normalized and w = g * weight:
//   grad_in[r, f] = inverse_deviation[r] * (w[r, f] - mean_f(w)[r] - n[r, f] * mean_f(w * n)[r])
//   grad_weight[f] = sum_r g[r, f] * n[r, f]        grad_bias[f] = sum_r g[r, f]
// The sums over r are taken in blocks of fixed size: the result does not depend on the number of threads.
struct LayerNormGradParams {
  int64_t rows;
  int64_t features;  // >= 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("features", features);
  }
};

struct LayerNormGrad {
  using Params = LayerNormGradParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const T* in, const float* weight, const float* mean,
                              const float* inverse_deviation, T* grad_in, float* grad_weight, float* grad_bias,
                              const LayerNormGradParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 8> contract(const LayerNormGradParams& p, Rules& rules) {
    rules.at_least("features", p.features, 1);
    const Extent all = Extent(p.rows) * p.features;
    return {{{"grad_out", all},
             {"in", all},
             {"weight", p.features},
             {"mean", p.rows},
             {"inverse_deviation", p.rows},
             {"grad_in", all},
             {"grad_weight", p.features},
             {"grad_bias", p.features}}};
  }
};

}  // namespace nabla
