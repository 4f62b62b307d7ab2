// SPDX-License-Identifier: Apache-2.0
// Functions of one element: a table, one row per kernel. See cpu/unary-inl.h for what is not said here.
#include <cmath>

#include "cuda/device/activations.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/device/integers.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class In, class Out, class Function>
void unary(const In* in, Out* out, const UnaryParams& p) {
  map("unary", in, out, p.count, Function{});
}

// ---- signs, roots, rectifiers ----

struct Abs {
  __device__ float operator()(float x) const { return fabsf(x); }
  __device__ int32_t operator()(int32_t x) const { return x < 0 ? wrap(0u - static_cast<uint32_t>(x)) : x; }
};
struct Neg {
  __device__ float operator()(float x) const { return -x; }
  __device__ int32_t operator()(int32_t x) const { return wrap(0u - static_cast<uint32_t>(x)); }
};
struct Sign {  // of NaN: 0
  __device__ float operator()(float x) const { return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f; }
  __device__ int32_t operator()(int32_t x) const { return x > 0 ? 1 : x < 0 ? -1 : 0; }
};
struct Square {
  __device__ float operator()(float x) const { return x * x; }
  __device__ int32_t operator()(int32_t x) const { return wrap(static_cast<uint32_t>(x) * static_cast<uint32_t>(x)); }
};
struct Sqrt {
  __device__ float operator()(float x) const { return sqrtf(x); }
};
struct Rsqrt {
  __device__ float operator()(float x) const { return 1.0f / sqrtf(x); }
};
struct Reciprocal {
  __device__ float operator()(float x) const { return 1.0f / x; }
};
struct Ceil {
  __device__ float operator()(float x) const { return ceilf(x); }
};
struct Floor {
  __device__ float operator()(float x) const { return floorf(x); }
};
struct Round {  // halves to even
  __device__ float operator()(float x) const { return rintf(x); }
};
struct Relu {
  __device__ float operator()(float x) const { return rectify(x); }
  __device__ int32_t operator()(int32_t x) const { return x > 0 ? x : 0; }
};
struct Relu6 {
  __device__ float operator()(float x) const { return x > 6 ? 6.0f : rectify(x); }
  __device__ int32_t operator()(int32_t x) const { return x > 6 ? 6 : x > 0 ? x : 0; }
};
struct LeakyRelu {
  float alpha;
  __device__ float operator()(float x) const { return x < 0 ? alpha * x : x; }
};
struct Step {
  float alpha;
  __device__ float operator()(float x) const { return x != x ? x : x > 0 ? 1.0f : alpha; }
};
struct ClipTo {
  float minimum, maximum;
  __device__ float operator()(float x) const { return x > maximum ? maximum : x < minimum ? minimum : x; }
};

template <class T, class Function>
void unary_alpha(const T* in, T* out, const UnaryAlphaParams& p) {
  map("unary", in, out, p.count, Function{p.alpha});
}
template <class T>
void clip(const T* in, T* out, const ClipParams& p) {
  map("clip", in, out, p.count, ClipTo{p.minimum, p.maximum});
}

// ---- truth values and conversions ----

struct IsFinite {
  __device__ uint8_t operator()(float x) const { return fabsf(x) < INFINITY; }
};
struct IsInf {
  __device__ uint8_t operator()(float x) const { return fabsf(x) == INFINITY; }
};
struct IsNan {
  __device__ uint8_t operator()(float x) const { return x != x; }
};
struct Not {
  __device__ uint8_t operator()(uint8_t x) const { return x == 0; }
};
struct IsTrue {  // NaN is
  template <class T>
  __device__ uint8_t operator()(T x) const {
    return x != 0;
  }
};
struct ToInteger {
  __device__ int32_t operator()(float x) const { return to_integer(x); }
  __device__ int32_t operator()(uint8_t x) const { return x != 0; }
};
struct ToFloat {
  template <class T>
  __device__ float operator()(T x) const {
    return static_cast<float>(x);
  }
};

// ---- functions made of exp and log ----

struct Exp {
  __device__ float operator()(float x) const { return expf(x); }
};
struct Expm1 {
  __device__ float operator()(float x) const { return expm1f(x); }
};
struct Log {
  __device__ float operator()(float x) const { return logf(x); }
};
struct Log1p {
  __device__ float operator()(float x) const { return log1pf(x); }
};
struct Sigmoid {
  __device__ float operator()(float x) const { return sigmoid(x); }
};
struct Softplus {  // log(1 + exp(x))
  __device__ float operator()(float x) const { return rectify(x) + log1pf(expf(-fabsf(x))); }
};
struct Elu {
  __device__ float operator()(float x) const { return x > 0 ? x : expm1f(x); }
};
struct Selu {  // Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
  __device__ float operator()(float x) const {
    return 1.0507009873554805f * (x > 0 ? x : 1.6732632423543772f * expm1f(x));
  }
};
struct Tanh {
  __device__ float operator()(float x) const { return tanhf(x); }
};
struct Erf {
  __device__ float operator()(float x) const { return erff(x); }
};

// ---- trigonometry ----

struct Sin {
  __device__ float operator()(float x) const { return sinf(x); }
};
struct Cos {
  __device__ float operator()(float x) const { return cosf(x); }
};
struct Tan {  // in double: near its poles tanf errs by more than the last bit
  __device__ float operator()(float x) const { return static_cast<float>(tan(static_cast<double>(x))); }
};
struct Sinh {
  __device__ float operator()(float x) const { return sinhf(x); }
};
struct Cosh {
  __device__ float operator()(float x) const { return coshf(x); }
};
struct Asin {
  __device__ float operator()(float x) const { return asinf(x); }
};
struct Acos {
  __device__ float operator()(float x) const { return acosf(x); }
};
struct Atan {
  __device__ float operator()(float x) const { return atanf(x); }
};
struct Asinh {
  __device__ float operator()(float x) const { return asinhf(x); }
};
struct Acosh {
  __device__ float operator()(float x) const { return acoshf(x); }
};
struct Atanh {
  __device__ float operator()(float x) const { return atanhf(x); }
};

}  // namespace

void add_unary(KernelTable& table) {
  table.abs_f32 = unary<float, float, Abs>;
  table.abs_i32 = unary<int32_t, int32_t, Abs>;
  table.neg_f32 = unary<float, float, Neg>;
  table.neg_i32 = unary<int32_t, int32_t, Neg>;
  table.sign_f32 = unary<float, float, Sign>;
  table.sign_i32 = unary<int32_t, int32_t, Sign>;
  table.square_f32 = unary<float, float, Square>;
  table.square_i32 = unary<int32_t, int32_t, Square>;
  table.sqrt_f32 = unary<float, float, Sqrt>;
  table.rsqrt_f32 = unary<float, float, Rsqrt>;
  table.reciprocal_f32 = unary<float, float, Reciprocal>;
  table.ceil_f32 = unary<float, float, Ceil>;
  table.floor_f32 = unary<float, float, Floor>;
  table.round_f32 = unary<float, float, Round>;
  table.relu_f32 = unary<float, float, Relu>;
  table.relu_i32 = unary<int32_t, int32_t, Relu>;
  table.relu6_f32 = unary<float, float, Relu6>;
  table.relu6_i32 = unary<int32_t, int32_t, Relu6>;
  table.leaky_relu_f32 = unary_alpha<float, LeakyRelu>;
  table.step_f32 = unary_alpha<float, Step>;
  table.clip_f32 = clip<float>;

  table.is_finite_f32 = unary<float, uint8_t, IsFinite>;
  table.is_inf_f32 = unary<float, uint8_t, IsInf>;
  table.is_nan_f32 = unary<float, uint8_t, IsNan>;
  table.logical_not_bool = unary<uint8_t, uint8_t, Not>;
  table.cast_f32_i32 = unary<float, int32_t, ToInteger>;
  table.cast_f32_bool = unary<float, uint8_t, IsTrue>;
  table.cast_i32_f32 = unary<int32_t, float, ToFloat>;
  table.cast_i32_bool = unary<int32_t, uint8_t, IsTrue>;
  table.cast_bool_f32 = unary<uint8_t, float, ToFloat>;
  table.cast_bool_i32 = unary<uint8_t, int32_t, ToInteger>;

  table.exp_f32 = unary<float, float, Exp>;
  table.expm1_f32 = unary<float, float, Expm1>;
  table.log_f32 = unary<float, float, Log>;
  table.log1p_f32 = unary<float, float, Log1p>;
  table.sigmoid_f32 = unary<float, float, Sigmoid>;
  table.softplus_f32 = unary<float, float, Softplus>;
  table.elu_f32 = unary<float, float, Elu>;
  table.selu_f32 = unary<float, float, Selu>;
  table.tanh_f32 = unary<float, float, Tanh>;
  table.erf_f32 = unary<float, float, Erf>;
  table.sin_f32 = unary<float, float, Sin>;
  table.cos_f32 = unary<float, float, Cos>;
  table.tan_f32 = unary<float, float, Tan>;
  table.sinh_f32 = unary<float, float, Sinh>;
  table.cosh_f32 = unary<float, float, Cosh>;
  table.asin_f32 = unary<float, float, Asin>;
  table.acos_f32 = unary<float, float, Acos>;
  table.atan_f32 = unary<float, float, Atan>;
  table.asinh_f32 = unary<float, float, Asinh>;
  table.acosh_f32 = unary<float, float, Acosh>;
  table.atanh_f32 = unary<float, float, Atanh>;

  VariantTable& variants = table.variants;
  variants.abs_f32 = {unary<Bf16, Bf16, Abs>};
  variants.neg_f32 = {unary<Bf16, Bf16, Neg>};
  variants.square_f32 = {unary<Bf16, Bf16, Square>};
  variants.sqrt_f32 = {unary<Bf16, Bf16, Sqrt>};
  variants.rsqrt_f32 = {unary<Bf16, Bf16, Rsqrt>};
  variants.reciprocal_f32 = {unary<Bf16, Bf16, Reciprocal>};
  variants.relu_f32 = {unary<Bf16, Bf16, Relu>};
  variants.relu6_f32 = {unary<Bf16, Bf16, Relu6>};
  variants.exp_f32 = {unary<Bf16, Bf16, Exp>};
  variants.log_f32 = {unary<Bf16, Bf16, Log>};
  variants.sigmoid_f32 = {unary<Bf16, Bf16, Sigmoid>};
  variants.softplus_f32 = {unary<Bf16, Bf16, Softplus>};
  variants.elu_f32 = {unary<Bf16, Bf16, Elu>};
  variants.selu_f32 = {unary<Bf16, Bf16, Selu>};
  variants.tanh_f32 = {unary<Bf16, Bf16, Tanh>};
  variants.erf_f32 = {unary<Bf16, Bf16, Erf>};
  variants.leaky_relu_f32 = {unary_alpha<Bf16, LeakyRelu>};
  variants.step_f32 = {unary_alpha<Bf16, Step>};
  variants.clip_f32 = {clip<Bf16>};
}

}  // namespace nabla::cuda
