// SPDX-License-Identifier: Apache-2.0
// Root mean square normalization over the last axis (Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467):
//   normalized[r, f] = in[r, f] * inverse_rms[r],  inverse_rms[r] = 1 / sqrt(mean_f(in[r, f]^2) + epsilon)
//   out[r, f] = normalized[r, f] * weight[f]
// Row-major and contiguous. rows == 0 writes nothing (the gradient of weight is then zero).
// `out` may be `in`. A NaN makes its whole row NaN.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct RmsNormParams {
  int64_t rows;      // product of all axes but the last
  int64_t features;  // length of the last axis, >= 1
  float epsilon;     // added to the mean of the squares

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("features", features);
    field("epsilon", epsilon);
  }
};

struct RmsNorm {
  using Params = RmsNormParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, const float* weight, T* out, float* inverse_rms,
                              const RmsNormParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 4> contract(const RmsNormParams& p, Rules& rules) {
    rules.at_least("features", p.features, 1);
    const Extent all = Extent(p.rows) * p.features;
    return {{{"in", all}, {"weight", p.features}, in_place({"out", all}, "in"), {"inverse_rms", p.rows}}};
  }
};

// Given g = d loss / d out, with n = normalized and w = g * weight:
//   grad_in[r, f] = inverse_rms[r] * (w[r, f] - n[r, f] * mean_f(w * n)[r])
//   grad_weight[f] = sum_r g[r, f] * n[r, f]
// The sums over r are taken in blocks of fixed size: the result does not depend on the number of threads.
// `grad_in` may be `grad_out` or `in`.
struct RmsNormGradParams {
  int64_t rows;
  int64_t features;  // >= 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("rows", rows);
    field("features", features);
  }
};

struct RmsNormGrad {
  using Params = RmsNormGradParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const T* in, const float* weight, const float* inverse_rms, T* grad_in,
                              float* grad_weight, const RmsNormGradParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 6> contract(const RmsNormGradParams& p, Rules& rules) {
    rules.at_least("features", p.features, 1);
    const Extent all = Extent(p.rows) * p.features;
    return {{{"grad_out", all},
             {"in", all},
             {"weight", p.features},
             {"inverse_rms", p.rows},
             in_place({"grad_in", all}, "grad_out", "in"),
             {"grad_weight", p.features}}};
  }
};

}  // namespace nabla
