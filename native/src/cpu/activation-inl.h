// SPDX-License-Identifier: Apache-2.0
// Activation functions over arrays; the functions of one vector are in math-inl.h.

inline F32 rectify(F32 x) { return max(x, zero()); }

// Derivatives from the output y.
inline F32 rectify_derivative(F32 y) { return select(le(y, zero()), zero(), splat(1.0f)); }
inline F32 sigmoid_derivative(F32 y) { return neg_mul_add(y, y, y); }
inline F32 tanh_derivative(F32 y) { return neg_mul_add(y, y, splat(1.0f)); }

template <F32 (*value)(F32)>
inline void activate(const float* in, float* out, int64_t count) {
  map_function(in, out, count, [](F32 x) { return value(x); });
}

template <F32 (*derivative)(F32)>
inline void activate_grad(const float* grad_out, const float* saved, float* grad_in, int64_t count) {
  parallel_for(count, kFunctionGrain, [=](int64_t begin, int64_t end, int) {
    for_vectors(begin, end, [=](int64_t i, int lanes) {
      prefetch_ahead(grad_out + i);
      prefetch_ahead(saved + i);
      store_lanes(grad_in + i, mul(load_lanes(grad_out + i, lanes), derivative(load_lanes(saved + i, lanes))), lanes);
    });
  });
}

inline void activation_f32(const float* in, float* out, const ActivationParams& p) {
  switch (p.activation) {
    case kRelu:
      return activate<rectify>(in, out, p.count);
    case kSigmoid:
      return activate<sigmoid>(in, out, p.count);
    case kTanh:
      return activate<tanh>(in, out, p.count);
    case kGelu:
      return activate<gelu>(in, out, p.count);
    case kGeluTanh:
      return activate<gelu_tanh>(in, out, p.count);
    default:
      return activate<silu>(in, out, p.count);
  }
}

inline void activation_grad_f32(const float* grad_out, const float* saved, float* grad_in, const ActivationParams& p) {
  switch (p.activation) {
    case kRelu:
      return activate_grad<rectify_derivative>(grad_out, saved, grad_in, p.count);
    case kSigmoid:
      return activate_grad<sigmoid_derivative>(grad_out, saved, grad_in, p.count);
    case kTanh:
      return activate_grad<tanh_derivative>(grad_out, saved, grad_in, p.count);
    case kGelu:
      return activate_grad<gelu_derivative>(grad_out, saved, grad_in, p.count);
    case kGeluTanh:
      return activate_grad<gelu_tanh_derivative>(grad_out, saved, grad_in, p.count);
    default:
      return activate_grad<silu_derivative>(grad_out, saved, grad_in, p.count);
  }
}
