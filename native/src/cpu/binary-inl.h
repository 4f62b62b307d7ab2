// SPDX-License-Identifier: Apache-2.0
// Functions of two elements, with broadcasting: the loop, the functions that the vocabulary lacks, and at the end the
// table, one row per kernel.

// An operand along the last axis: its elements one after the other, or its one element again and again.
template <class T>
struct Advancing {
  const T* elements;
  Loaded<T> at(int64_t i) const { return load(elements + i); }
  Loaded<T> at(int64_t i, int64_t lanes) const { return load_partial(elements + i, lanes); }
};
template <class T>
struct Repeated {
  Loaded<T> element;
  Loaded<T> at(int64_t) const { return element; }
  Loaded<T> at(int64_t, int64_t) const { return element; }
};

template <class A, class B, class Out, class Function>
inline void combine(A a, B b, Out* out, int64_t count, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(out + i, f(a.at(i), b.at(i)));
  if (i < count) store_partial(out + i, f(a.at(i, count - i), b.at(i, count - i)), count - i);
}

// A walk over all axes but the last: where the operands' rows begin.
class Rows {
 public:
  Rows(const BinaryParams& p, int64_t row) : p_(p) {
    for (int64_t axis = p.shape.rank - 2; axis >= 0; --axis) {
      index_[axis] = row % p.shape.size[axis];
      row /= p.shape.size[axis];
      a_ += index_[axis] * p.a_strides.size[axis];
      b_ += index_[axis] * p.b_strides.size[axis];
    }
  }
  int64_t a() const { return a_; }
  int64_t b() const { return b_; }

  void next() {
    for (int64_t axis = p_.shape.rank - 2; axis >= 0; --axis) {
      a_ += p_.a_strides.size[axis];
      b_ += p_.b_strides.size[axis];
      if (++index_[axis] < p_.shape.size[axis]) return;
      a_ -= p_.shape.size[axis] * p_.a_strides.size[axis];
      b_ -= p_.shape.size[axis] * p_.b_strides.size[axis];
      index_[axis] = 0;
    }
  }

 private:
  const BinaryParams& p_;
  int64_t index_[kMaxRank];
  int64_t a_ = 0, b_ = 0;
};

// out[begin .. end), row by row; the first and the last row may be parts.
template <class In, class Out, class Function>
inline void binary_range(const In* a, const In* b, Out* out, const BinaryParams& p, int64_t begin, int64_t end,
                         Function f) {
  const int64_t last = p.shape.rank - 1, columns = p.shape.size[last];
  const int64_t a_step = p.a_strides.size[last], b_step = p.b_strides.size[last];
  Rows rows(p, begin / columns);
  int64_t column = begin % columns;
  for (int64_t i = begin; i < end; rows.next(), column = 0) {
    const In* left = a + rows.a() + column * a_step;
    const In* right = b + rows.b() + column * b_step;
    const int64_t count = columns - column < end - i ? columns - column : end - i;
    if (a_step == 0)
      combine(Repeated<In>{repeat(*left)}, Advancing<In>{right}, out + i, count, f);
    else if (b_step == 0)
      combine(Advancing<In>{left}, Repeated<In>{repeat(*right)}, out + i, count, f);
    else
      combine(Advancing<In>{left}, Advancing<In>{right}, out + i, count, f);
    i += count;
  }
}

template <class In, class Out, Computed<Out> (*f)(Loaded<In>, Loaded<In>), int64_t grain = kElementGrain>
inline void binary(const In* a, const In* b, Out* out, const BinaryParams& p) {
  parallel_for(product(p.shape).value(), grain, [&](int64_t begin, int64_t end, int) {
    binary_range(a, b, out, p, begin, end, [](Loaded<In> x, Loaded<In> y) { return f(x, y); });
  });
}
template <class In, class Out, Out (*f)(In, In)>
inline void binary_function(const In* a, const In* b, Out* out, const BinaryParams& p) {
  binary<In, Out, per_lane<In, Out, f>, kFunctionGrain>(a, b, out, p);
}

// ---- arithmetic ----

inline F32 squared_difference(F32 a, F32 b) { return mul(sub(a, b), sub(a, b)); }
inline I32 squared_difference(I32 a, I32 b) { return mul(sub(a, b), sub(a, b)); }

// a / b rounded down, as int32; in double, where the quotient of floats is never rounded up to an integer.
inline int32_t floor_div(float a, float b) { return wrap_i32(::floor(static_cast<double>(a) / b)); }
inline int32_t floor_div(int32_t a, int32_t b) { return wrap_i32(::floor(static_cast<double>(a) / b)); }

// The remainder with the sign of b.
inline double floor_mod(double a, double b) {
  const double rest = fmod(a, b);
  return (a < 0 && b < 0) || (a >= 0 && b >= 0) ? rest : fmod(rest + b, b);
}
inline float mod(float a, float b) { return static_cast<float>(floor_mod(a, b)); }
inline int32_t mod(int32_t a, int32_t b) { return wrap_i32(floor_mod(a, b)); }

// As JavaScript: unlike in C, 1 to the power of NaN and ±1 to the power of an infinity are NaN.
inline float power(float a, float b) {
  const bool undefined = b != b || (fabsf(a) == 1 && fabsf(b) == INFINITY);
  return undefined ? NAN : powf(a, b);
}
inline F32 pow(F32 a, F32 b) { return all(eq(b, splat(2.0f))) ? mul(a, a) : per_lane<float, float, power>(a, b); }

inline F32 prelu(F32 x, F32 alpha) { return select(lt(x, zero()), mul(alpha, x), x); }
inline F32 elu_grad(F32 grad_out, F32 out) {
  return select(ge(out, zero()), grad_out, mul(grad_out, add(out, splat(1.0f))));
}

// ---- truth values ----

inline Mask logical_and(I32 a, I32 b) { return mask_and(is_true(a), is_true(b)); }
inline Mask logical_or(I32 a, I32 b) { return mask_or(is_true(a), is_true(b)); }

// ---- the table; int32 wraps around, and comparisons with NaN are false but for not_equal ----

constexpr auto& add_f32 = binary<float, float, add>;
constexpr auto& add_i32 = binary<int32_t, int32_t, add>;
constexpr auto& sub_f32 = binary<float, float, sub>;
constexpr auto& sub_i32 = binary<int32_t, int32_t, sub>;
constexpr auto& mul_f32 = binary<float, float, mul>;
constexpr auto& mul_i32 = binary<int32_t, int32_t, mul>;
constexpr auto& div_f32 = binary<float, float, div>;
constexpr auto& floor_div_f32 = binary_function<float, int32_t, floor_div>;
constexpr auto& floor_div_i32 = binary_function<int32_t, int32_t, floor_div>;
constexpr auto& mod_f32 = binary_function<float, float, mod>;
constexpr auto& mod_i32 = binary_function<int32_t, int32_t, mod>;
constexpr auto& pow_f32 = binary<float, float, pow, kFunctionGrain>;
constexpr auto& atan2_f32 = binary_function<float, float, atan2f>;
constexpr auto& maximum_f32 = binary<float, float, max>;
constexpr auto& maximum_i32 = binary<int32_t, int32_t, max>;
constexpr auto& minimum_f32 = binary<float, float, min>;
constexpr auto& minimum_i32 = binary<int32_t, int32_t, min>;
constexpr auto& squared_difference_f32 = binary<float, float, squared_difference>;
constexpr auto& squared_difference_i32 = binary<int32_t, int32_t, squared_difference>;
constexpr auto& prelu_f32 = binary<float, float, prelu>;
constexpr auto& elu_grad_f32 = binary<float, float, elu_grad>;

constexpr auto& equal_f32 = binary<float, uint8_t, eq>;
constexpr auto& equal_i32 = binary<int32_t, uint8_t, eq>;
constexpr auto& not_equal_f32 = binary<float, uint8_t, ne>;
constexpr auto& not_equal_i32 = binary<int32_t, uint8_t, ne>;
constexpr auto& less_f32 = binary<float, uint8_t, lt>;
constexpr auto& less_i32 = binary<int32_t, uint8_t, lt>;
constexpr auto& less_equal_f32 = binary<float, uint8_t, le>;
constexpr auto& less_equal_i32 = binary<int32_t, uint8_t, le>;
constexpr auto& greater_f32 = binary<float, uint8_t, gt>;
constexpr auto& greater_i32 = binary<int32_t, uint8_t, gt>;
constexpr auto& greater_equal_f32 = binary<float, uint8_t, ge>;
constexpr auto& greater_equal_i32 = binary<int32_t, uint8_t, ge>;
constexpr auto& logical_and_bool = binary<uint8_t, uint8_t, logical_and>;
constexpr auto& logical_or_bool = binary<uint8_t, uint8_t, logical_or>;
