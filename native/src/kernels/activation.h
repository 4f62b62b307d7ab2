// SPDX-License-Identifier: Apache-2.0
// Activation functions, element by element, with s(x) = 1 / (1 + exp(-x)):
//   relu       max(x, 0)        sigmoid    s(x)        tanh    tanh(x)
//   gelu       x * P(x), P(x) = (1 + erf(x / sqrt(2))) / 2
//   geluTanh   x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2
//   silu       x * s(x)
// `out` may be `in`. count == 0 does nothing. NaN gives NaN.
#pragma once
#include "kernels/contract.h"

namespace nabla {

// The order is that of packages/core/src/backend/definitions/activation.ts.
enum Activation : int64_t { kNone, kRelu, kSigmoid, kTanh, kGelu, kGeluTanh, kSilu };

struct ActivationParams {
  int64_t count;
  int64_t activation;  // kRelu .. kSilu

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("activation", activation);
  }
};

struct ActivationForward {
  using Params = ActivationParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, T* out, const ActivationParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 2> contract(const ActivationParams& p, Rules& rules) {
    rules.at_least("activation", p.activation, kRelu);
    rules.at_most("activation", p.activation, kSilu);
    return {{{"in", p.count}, in_place({"out", p.count}, "in")}};
  }
};

// grad_in[i] = grad_out[i] * derivative[i]. `saved` holds what the derivative is computed from: the function's output y
// for relu (1 where y > 0), sigmoid (y * (1 - y)) and tanh (1 - y^2), its input for the others. `grad_in` may
// be `grad_out`.
struct ActivationGrad {
  using Params = ActivationParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const T* saved, T* grad_in, const ActivationParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 3> contract(const ActivationParams& p, Rules& rules) {
    rules.at_least("activation", p.activation, kRelu);
    rules.at_most("activation", p.activation, kSilu);
    return {{{"grad_out", p.count}, {"saved", p.count}, in_place({"grad_in", p.count}, "grad_out")}};
  }
};

}  // namespace nabla
