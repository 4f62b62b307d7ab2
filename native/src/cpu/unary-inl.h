// SPDX-License-Identifier: Apache-2.0
// Functions of one element: those that the vocabulary lacks, and at the end the table, one row per kernel.

template <class In, class Out, Computed<Out> (*f)(Loaded<In>)>
inline void unary(const In* in, Out* out, const UnaryParams& p) {
  map(in, out, p.count, kElementGrain, [](Loaded<In> x) { return f(x); });
}
template <F32 (*f)(F32)>
inline void unary_function(const float* in, float* out, const UnaryParams& p) {
  map_function(in, out, p.count, [](F32 x) { return f(x); });
}
template <F32 (*f)(F32 x, F32 alpha)>
inline void unary_alpha(const float* in, float* out, const UnaryAlphaParams& p) {
  const F32 alpha = splat(p.alpha);
  map(in, out, p.count, kElementGrain, [alpha](F32 x) { return f(x, alpha); });
}

// ---- signs, roots, rectifiers (rectify of floats is in activation-inl.h) ----

inline F32 square(F32 x) { return mul(x, x); }
inline I32 square(I32 x) { return mul(x, x); }
inline F32 reciprocal(F32 x) { return div(splat(1.0f), x); }
inline F32 rsqrt(F32 x) { return reciprocal(sqrt(x)); }
inline F32 sign(F32 x) {  // of NaN: 0
  return select(gt(x, zero()), splat(1.0f), select(lt(x, zero()), splat(-1.0f), zero()));
}
inline I32 sign(I32 x) { return max(splat_i32(-1), min(splat_i32(1), x)); }
inline I32 rectify(I32 x) { return max(x, splat_i32(0)); }
inline F32 relu6(F32 x) { return min(rectify(x), splat(6.0f)); }
inline I32 relu6(I32 x) { return min(rectify(x), splat_i32(6)); }
inline F32 leaky_relu(F32 x, F32 alpha) { return select(lt(x, zero()), mul(alpha, x), x); }
inline F32 step(F32 x, F32 alpha) { return select(is_nan(x), x, select(gt(x, zero()), splat(1.0f), alpha)); }

inline void clip_f32(const float* in, float* out, const ClipParams& p) {
  const F32 minimum = splat(p.minimum), maximum = splat(p.maximum);
  map(in, out, p.count, kElementGrain,
      [minimum, maximum](F32 x) { return select(gt(x, maximum), maximum, select(lt(x, minimum), minimum, x)); });
}

// ---- truth values and conversions ----

inline Mask is_inf(F32 x) { return eq(abs(x), splat(INFINITY)); }
inline Mask is_finite(F32 x) { return lt(abs(x), splat(INFINITY)); }
inline Mask is_true(I32 x) { return ne(x, splat_i32(0)); }
inline Mask is_true(F32 x) { return ne(x, zero()); }  // NaN is true
inline Mask is_false(I32 x) { return eq(x, splat_i32(0)); }
inline I32 one_if_true(I32 x) { return min(x, splat_i32(1)); }  // of bytes

inline I32 to_i32(F32 x) {
  if (all(lt(abs(x), splat(2147483648.0f)))) return truncate_i32(x);
  float lanes[kLanes];
  int32_t out[kLanes];
  store(lanes, x);
  for (int i = 0; i < kLanes; ++i) out[i] = wrap_i32(lanes[i]);
  return load(out);
}

// ---- functions made of exp and log ----

// log(1 + exp(x))
inline F32 softplus(F32 x) { return add(rectify(x), log1p(exp(neg(abs(x))))); }

inline F32 elu(F32 x) { return select(gt(x, zero()), x, expm1(x)); }

// Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
inline F32 selu(F32 x) {
  const float alpha = 1.6732632423543772f, scale = 1.0507009873554805f;
  return mul(splat(scale), select(gt(x, zero()), x, mul(splat(alpha), expm1(x))));
}

// In double: near its poles tanf errs by more than the last bit.
inline float tangent(float x) { return static_cast<float>(::tan(static_cast<double>(x))); }

// ---- the table ----

constexpr auto& abs_f32 = unary<float, float, abs>;
constexpr auto& abs_i32 = unary<int32_t, int32_t, abs>;
constexpr auto& neg_f32 = unary<float, float, neg>;
constexpr auto& neg_i32 = unary<int32_t, int32_t, neg>;
constexpr auto& sign_f32 = unary<float, float, sign>;
constexpr auto& sign_i32 = unary<int32_t, int32_t, sign>;
constexpr auto& square_f32 = unary<float, float, square>;
constexpr auto& square_i32 = unary<int32_t, int32_t, square>;
constexpr auto& sqrt_f32 = unary<float, float, sqrt>;
constexpr auto& rsqrt_f32 = unary<float, float, rsqrt>;
constexpr auto& reciprocal_f32 = unary<float, float, reciprocal>;
constexpr auto& ceil_f32 = unary<float, float, ceil>;
constexpr auto& floor_f32 = unary<float, float, floor>;
constexpr auto& round_f32 = unary<float, float, round_even>;
constexpr auto& relu_f32 = unary<float, float, rectify>;
constexpr auto& relu_i32 = unary<int32_t, int32_t, rectify>;
constexpr auto& relu6_f32 = unary<float, float, relu6>;
constexpr auto& relu6_i32 = unary<int32_t, int32_t, relu6>;
constexpr auto& leaky_relu_f32 = unary_alpha<leaky_relu>;
constexpr auto& step_f32 = unary_alpha<step>;

constexpr auto& is_finite_f32 = unary<float, uint8_t, is_finite>;
constexpr auto& is_inf_f32 = unary<float, uint8_t, is_inf>;
constexpr auto& is_nan_f32 = unary<float, uint8_t, is_nan>;
constexpr auto& logical_not_bool = unary<uint8_t, uint8_t, is_false>;
constexpr auto& cast_f32_i32 = unary<float, int32_t, to_i32>;
constexpr auto& cast_f32_bool = unary<float, uint8_t, is_true>;
constexpr auto& cast_i32_f32 = unary<int32_t, float, to_f32>;
constexpr auto& cast_i32_bool = unary<int32_t, uint8_t, is_true>;
constexpr auto& cast_bool_f32 = unary<uint8_t, float, to_f32>;
constexpr auto& cast_bool_i32 = unary<uint8_t, int32_t, one_if_true>;

constexpr auto& exp_f32 = unary_function<exp>;
constexpr auto& expm1_f32 = unary_function<expm1>;
constexpr auto& log_f32 = unary_function<log>;
constexpr auto& log1p_f32 = unary_function<log1p>;
constexpr auto& sigmoid_f32 = unary_function<sigmoid>;
constexpr auto& softplus_f32 = unary_function<softplus>;
constexpr auto& elu_f32 = unary_function<elu>;
constexpr auto& selu_f32 = unary_function<selu>;
constexpr auto& tanh_f32 = unary_function<tanh>;
constexpr auto& erf_f32 = unary_function<erf>;
constexpr auto& sin_f32 = unary_function<per_lane<sinf>>;
constexpr auto& cos_f32 = unary_function<per_lane<cosf>>;
constexpr auto& tan_f32 = unary_function<per_lane<tangent>>;
constexpr auto& sinh_f32 = unary_function<per_lane<sinhf>>;
constexpr auto& cosh_f32 = unary_function<per_lane<coshf>>;
constexpr auto& asin_f32 = unary_function<per_lane<asinf>>;
constexpr auto& acos_f32 = unary_function<per_lane<acosf>>;
constexpr auto& atan_f32 = unary_function<per_lane<atanf>>;
constexpr auto& asinh_f32 = unary_function<per_lane<asinhf>>;
constexpr auto& acosh_f32 = unary_function<per_lane<acoshf>>;
constexpr auto& atanh_f32 = unary_function<per_lane<atanhf>>;
