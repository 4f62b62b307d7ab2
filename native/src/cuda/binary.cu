// SPDX-License-Identifier: Apache-2.0
// Functions of two elements, with broadcasting: a table, one row per kernel. See cpu/binary-inl.h for what is not said
// here.
#include <cmath>

#include "cuda/device/elements.cuh"
#include "cuda/device/integers.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// ---- three ways through memory ----

template <class In, class Function>
struct WithRight {  // one b for all
  const In* b;
  Function f;
  template <class Wide>
  __device__ auto operator()(Wide a) const {
    return f(a, widened(*b));
  }
};
template <class In, class Function>
struct WithLeft {  // one a for all
  const In* a;
  Function f;
  template <class Wide>
  __device__ auto operator()(Wide b) const {
    return f(widened(*a), b);
  }
};

// A walk over all axes; Index is 32 bits wide where that is enough, since divisions are what it costs.
template <class In, class Out, class Function, class Index>
struct Walk {
  const In *a, *b;
  Out* out;
  int rank;
  Index size[kMaxRank], a_strides[kMaxRank], b_strides[kMaxRank];
  Function f;

  __device__ void operator()(int64_t i) const {
    Index rest = static_cast<Index>(i), at_a = 0, at_b = 0;
    for (int axis = rank - 1; axis > 0; --axis) {
      const Index outer = rest / size[axis], index = rest - outer * size[axis];
      at_a += index * a_strides[axis];
      at_b += index * b_strides[axis];
      rest = outer;
    }
    const auto x = widened(a[at_a + rest * a_strides[0]]), y = widened(b[at_b + rest * b_strides[0]]);
    out[i] = stored<Out>(f(x, y));
  }
};

template <class In, class Out, class Function, class Index>
void walk(const In* a, const In* b, Out* out, const BinaryParams& p) {
  Walk<In, Out, Function, Index> steps{a, b, out, static_cast<int>(p.shape.rank), {}, {}, {}, {}};
  for (int64_t axis = 0; axis < p.shape.rank; ++axis) {
    steps.size[axis] = static_cast<Index>(p.shape.size[axis]);
    steps.a_strides[axis] = static_cast<Index>(p.a_strides.size[axis]);
    steps.b_strides[axis] = static_cast<Index>(p.b_strides.size[axis]);
  }
  for_each("binary", product(p.shape).value(), steps);
}

template <class In, class Out, class Function>
void binary(const In* a, const In* b, Out* out, const BinaryParams& p) {
  const int64_t count = product(p.shape).value();
  if (p.shape.rank == 1) {
    if (p.a_strides.size[0] == 0) return map("binary", b, out, count, WithLeft<In, Function>{a, {}});
    if (p.b_strides.size[0] == 0) return map("binary", a, out, count, WithRight<In, Function>{b, {}});
    return map_pairs("binary", a, b, out, count, Function{});
  }
  const int64_t reach = strided(p.shape, p.a_strides).value() + strided(p.shape, p.b_strides).value();
  if (count <= INT32_MAX && reach <= INT32_MAX)
    walk<In, Out, Function, uint32_t>(a, b, out, p);
  else
    walk<In, Out, Function, int64_t>(a, b, out, p);
}

// ---- arithmetic; int32 wraps around ----

struct Add {
  __device__ float operator()(float a, float b) const { return a + b; }
  __device__ int32_t operator()(int32_t a, int32_t b) const { return wrap(uint32_t(a) + uint32_t(b)); }
};
struct Sub {
  __device__ float operator()(float a, float b) const { return a - b; }
  __device__ int32_t operator()(int32_t a, int32_t b) const { return wrap(uint32_t(a) - uint32_t(b)); }
};
struct Mul {
  __device__ float operator()(float a, float b) const { return a * b; }
  __device__ int32_t operator()(int32_t a, int32_t b) const { return wrap(uint32_t(a) * uint32_t(b)); }
};
struct Div {
  __device__ float operator()(float a, float b) const { return a / b; }
};
struct FloorDiv {  // in double, where the quotient of floats is never rounded up to an integer
  template <class T>
  __device__ int32_t operator()(T a, T b) const {
    return to_integer(floor(static_cast<double>(a) / b));
  }
};
struct Mod {  // with the sign of b
  __device__ static double rest(double a, double b) {
    const double truncated = fmod(a, b);
    return (a < 0 && b < 0) || (a >= 0 && b >= 0) ? truncated : fmod(truncated + b, b);
  }
  __device__ float operator()(float a, float b) const { return static_cast<float>(rest(a, b)); }
  __device__ int32_t operator()(int32_t a, int32_t b) const { return to_integer(rest(a, b)); }
};
struct Pow {  // as JavaScript: unlike in C, 1 to the power of NaN and ±1 to the power of an infinity are NaN
  __device__ float operator()(float a, float b) const {
    if (b == 2) return a * a;
    return b != b || (fabsf(a) == 1 && fabsf(b) == INFINITY) ? NAN : powf(a, b);
  }
};
struct Atan2 {
  __device__ float operator()(float a, float b) const { return atan2f(a, b); }
};
struct Maximum {  // of floats: NaN if one is
  __device__ float operator()(float a, float b) const { return a > b || a != a ? a : b; }
  __device__ int32_t operator()(int32_t a, int32_t b) const { return a > b ? a : b; }
};
struct Minimum {
  __device__ float operator()(float a, float b) const { return a < b || a != a ? a : b; }
  __device__ int32_t operator()(int32_t a, int32_t b) const { return a < b ? a : b; }
};
struct SquaredDifference {
  __device__ float operator()(float a, float b) const { return (a - b) * (a - b); }
  __device__ int32_t operator()(int32_t a, int32_t b) const {
    const uint32_t difference = uint32_t(a) - uint32_t(b);
    return wrap(difference * difference);
  }
};
struct Prelu {
  __device__ float operator()(float x, float alpha) const { return x < 0 ? alpha * x : x; }
};
struct EluGrad {
  __device__ float operator()(float grad_out, float out) const { return out >= 0 ? grad_out : grad_out * (out + 1); }
};

// ---- truth values ----

struct Equal {
  template <class T>
  __device__ uint8_t operator()(T a, T b) const {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  __device__ uint8_t operator()(T a, T b) const {
    return a != b;
  }
};
struct Less {
  template <class T>
  __device__ uint8_t operator()(T a, T b) const {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  __device__ uint8_t operator()(T a, T b) const {
    return a <= b;
  }
};
struct Greater {
  template <class T>
  __device__ uint8_t operator()(T a, T b) const {
    return a > b;
  }
};
struct GreaterEqual {
  template <class T>
  __device__ uint8_t operator()(T a, T b) const {
    return a >= b;
  }
};
struct And {
  __device__ uint8_t operator()(uint8_t a, uint8_t b) const { return a != 0 && b != 0; }
};
struct Or {
  __device__ uint8_t operator()(uint8_t a, uint8_t b) const { return a != 0 || b != 0; }
};

}  // namespace

void add_binary(KernelTable& table) {
  table.add_f32 = binary<float, float, Add>;
  table.add_i32 = binary<int32_t, int32_t, Add>;
  table.sub_f32 = binary<float, float, Sub>;
  table.sub_i32 = binary<int32_t, int32_t, Sub>;
  table.mul_f32 = binary<float, float, Mul>;
  table.mul_i32 = binary<int32_t, int32_t, Mul>;
  table.div_f32 = binary<float, float, Div>;
  table.floor_div_f32 = binary<float, int32_t, FloorDiv>;
  table.floor_div_i32 = binary<int32_t, int32_t, FloorDiv>;
  table.mod_f32 = binary<float, float, Mod>;
  table.mod_i32 = binary<int32_t, int32_t, Mod>;
  table.pow_f32 = binary<float, float, Pow>;
  table.atan2_f32 = binary<float, float, Atan2>;
  table.maximum_f32 = binary<float, float, Maximum>;
  table.maximum_i32 = binary<int32_t, int32_t, Maximum>;
  table.minimum_f32 = binary<float, float, Minimum>;
  table.minimum_i32 = binary<int32_t, int32_t, Minimum>;
  table.squared_difference_f32 = binary<float, float, SquaredDifference>;
  table.squared_difference_i32 = binary<int32_t, int32_t, SquaredDifference>;
  table.prelu_f32 = binary<float, float, Prelu>;
  table.elu_grad_f32 = binary<float, float, EluGrad>;

  VariantTable& variants = table.variants;
  variants.add_f32 = {binary<Bf16, Bf16, Add>};
  variants.sub_f32 = {binary<Bf16, Bf16, Sub>};
  variants.mul_f32 = {binary<Bf16, Bf16, Mul>};
  variants.div_f32 = {binary<Bf16, Bf16, Div>};
  variants.maximum_f32 = {binary<Bf16, Bf16, Maximum>};
  variants.minimum_f32 = {binary<Bf16, Bf16, Minimum>};
  variants.squared_difference_f32 = {binary<Bf16, Bf16, SquaredDifference>};
  variants.prelu_f32 = {binary<Bf16, Bf16, Prelu>};
  variants.elu_grad_f32 = {binary<Bf16, Bf16, EluGrad>};

  table.equal_f32 = binary<float, uint8_t, Equal>;
  table.equal_i32 = binary<int32_t, uint8_t, Equal>;
  table.not_equal_f32 = binary<float, uint8_t, NotEqual>;
  table.not_equal_i32 = binary<int32_t, uint8_t, NotEqual>;
  table.less_f32 = binary<float, uint8_t, Less>;
  table.less_i32 = binary<int32_t, uint8_t, Less>;
  table.less_equal_f32 = binary<float, uint8_t, LessEqual>;
  table.less_equal_i32 = binary<int32_t, uint8_t, LessEqual>;
  table.greater_f32 = binary<float, uint8_t, Greater>;
  table.greater_i32 = binary<int32_t, uint8_t, Greater>;
  table.greater_equal_f32 = binary<float, uint8_t, GreaterEqual>;
  table.greater_equal_i32 = binary<int32_t, uint8_t, GreaterEqual>;
  table.logical_and_bool = binary<uint8_t, uint8_t, And>;
  table.logical_or_bool = binary<uint8_t, uint8_t, Or>;
}

}  // namespace nabla::cuda
