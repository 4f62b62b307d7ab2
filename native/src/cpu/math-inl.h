// SPDX-License-Identifier: Apache-2.0
// Elementary functions of float lanes. A NaN gives a NaN, zeros keep their sign where the function is odd, results
// below the normal range are rounded as usual. Included once per target, after its SIMD header.
//
// Largest error in units in the last place, the worst of baseline, AVX2 and AVX-512 over every 23rd of all 2^32 floats,
// against double precision: exp 1.02, log 0.84, log1p 1.44, expm1 1.62, tanh 1.33, sigmoid 2.30, erf 1.15, silu 2.99
// (for x > -87, where sigmoid(x) is a normal float). Over a sample of all exponents precision.test.ts finds:
//                   exp   expm1  log   log1p  tanh  sigmoid  erf
//   AVX2, AVX-512   0.82  1.13   0.66  1.42   0.99  1.49     0.77
//   baseline        0.80  1.13   0.66  1.42   0.99  1.49     0.95
// Largest error divided by max(1, |x|), of the first search: silu' 1.0e-7, gelu 1.2e-7, gelu' 1.5e-7, gelu_tanh 1.5e-7,
// gelu_tanh' 3.9e-7.

// c0 + c1 x + c2 x^2 + ..., by Horner's rule.
inline F32 polynomial(F32, float last) { return splat(last); }
template <class... More>
inline F32 polynomial(F32 x, float c, More... more) {
  return mul_add(polynomial(x, more...), x, splat(c));
}

// The magnitude of `a` with the sign of `b`.
inline F32 copy_sign(F32 a, F32 b) { return as_f32(bit_or(as_i32(abs(a)), bit_and(as_i32(b), splat_i32(INT32_MIN)))); }

// x within [low, high]; NaN stays NaN.
inline F32 clamp(F32 x, float low, float high) { return fast_min(splat(high), fast_max(splat(low), x)); }

// 2^n for -126 <= n <= 127.
inline F32 power_of_two(I32 n) { return as_f32(shift_left(add(n, splat_i32(127)), 23)); }

// x = n ln 2 + r with |r| <= ln(2) / 2; then e^x = 2^n (1 + expm1_r) = 2^low 2^high (1 + expm1_r). Two factors, since
// 2^n alone may not be a normal float. For -104 <= x <= 89.
struct Exponential {
  F32 expm1_r;
  I32 low, high;  // low + high = n
  F32 n;
};
inline Exponential reduce_exp(F32 x) {
  const F32 magic = splat(12582912.0f);  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const F32 shifted = mul_add(x, splat(1.44269504f), magic);
  const F32 n = sub(shifted, magic);
  // ln 2 in two parts; the first has 9 bits, so that n times it is exact without FMA too.
  const F32 r = neg_mul_add(n, splat(-2.12194440e-4f), neg_mul_add(n, splat(0.693359375f), x));
  // expm1(r) = r + r^2 P(r); P is a minimax fit on |r| <= ln(2) / 2 with relative error 2^-26.1 of expm1.
  const F32 p = polynomial(r, 0.49999997f, 0.166665465f, 0.0416674353f, 0.00836627185f, 0.00138706958f);
  const I32 whole = sub(as_i32(shifted), as_i32(magic));
  const I32 low = shift_right_signed(whole, 1);
  return {mul_add(mul(r, r), p, r), low, sub(whole, low), n};
}

// e^x.
inline F32 exp(F32 x) {
  const Exponential e = reduce_exp(clamp(x, -104.0f, 89.0f));  // e^-104 rounds to 0, e^89 overflows
  return scale(add(e.expm1_r, splat(1.0f)), e.n);
}

// The same for x <= 88 in fewer steps: 0 where e^x is less than a normal float, from -88 on.
inline F32 exp_or_zero(F32 x) {
  const Exponential e = reduce_exp(fast_max(splat(-88.2f), x));
  return mul(add(e.expm1_r, splat(1.0f)), power_of_two(add(e.low, e.high)));  // 0 takes the place of 2^-127
}

// e^x - 1 = ((2^low expm1_r) + (2^low - 2^-high)) 2^high.
inline F32 expm1(F32 x) {
  const Exponential e = reduce_exp(clamp(x, -18.0f, 89.0f));  // e^-18 - 1 rounds to -1
  const F32 scale = power_of_two(e.low);
  const F32 offset = sub(scale, power_of_two(sub(splat_i32(0), e.high)));
  return copy_sign(mul(mul_add(e.expm1_r, scale, offset), power_of_two(e.high)), x);
}

// Natural logarithm; -Inf at 0, NaN below.
inline F32 log(F32 x) {
  const Mask small = lt(x, splat(1.17549435e-38f));  // subnormal: bring it into the normal range
  const I32 bits = as_i32(select(small, mul(x, splat(8388608.0f)), x));
  // x = 2^n (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2); the constant is the bits of sqrt(1/2).
  const I32 exponent = shift_right_signed(sub(bits, splat_i32(0x3F3504F3)), 23);
  const F32 n = sub(to_f32(exponent), select(small, splat(23.0f), zero()));
  const F32 f = sub(as_f32(sub(bits, shift_left(exponent, 23))), splat(1.0f));
  // log(1 + f) = f - f^2 / 2 + f^3 Q(f); Q is a minimax fit with relative error 2^-27.3 of the logarithm.
  const F32 q = polynomial(f, 0.333333313f, -0.250008315f, 0.20001258f, -0.166229695f, 0.142008156f, -0.131633788f,
                           0.127698869f, -0.0763589069f);
  const F32 f2 = mul(f, f);
  F32 result = mul_add(n, splat(-2.12194440e-4f), mul(mul(q, f), f2));
  result = add(neg_mul_add(splat(0.5f), f2, result), f);
  result = mul_add(n, splat(0.693359375f), result);
  result = select(lt(x, splat(INFINITY)), result, x);  // +Inf and NaN
  result = select(lt(x, zero()), splat(NAN), result);
  return select(eq(x, zero()), splat(-INFINITY), result);
}

// log(1 + x); with u = 1 + x rounded, log(u) lacks (x - (u - 1)) / u to first order.
inline F32 log1p(F32 x) {
  const F32 u = add(x, splat(1.0f));
  const F32 lost = div(sub(x, sub(u, splat(1.0f))), u);
  const Mask finite = mask_and(gt(u, zero()), lt(u, splat(INFINITY)));
  return copy_sign(add(log(u), select(finite, lost, zero())), x);
}

// Near 0: x + x^3 Q(x^2), a minimax fit with relative error 2^-28.4; beyond 0.6: 1 - 2 / (e^(2 |x|) + 1), where the
// error of the quotient counts for less than half.
inline F32 tanh(F32 x) {
  const F32 size = abs(x), x2 = mul(x, x);
  const F32 q = polynomial(x2, -0.333332986f, 0.133319244f, -0.0537838303f, 0.0207959712f, -0.00589515874f);
  const F32 near = mul_add(mul(x2, x), q, x);
  const F32 far = sub(splat(1.0f), div(splat(2.0f), add(exp(add(size, size)), splat(1.0f))));
  return copy_sign(select(lt(size, splat(0.6f)), near, far), x);
}

// 1 / (1 + e^-x), from e = e^-|x| <= 1: e / (1 + e) for negative x keeps small results exact.
inline F32 sigmoid(F32 x) {
  const F32 e = exp(neg(abs(x)));
  return div(select(lt(x, zero()), e, splat(1.0f)), add(e, splat(1.0f)));
}

// The error function. Near 0: x + x R(x^2); beyond 0.9: 1 - exp(-|x| - Q(|x|)). Minimax fits with relative errors
// 2^-26.1 and 2^-29.1 of erf; from 4 on the result rounds to 1.
inline F32 erf(F32 x) {
  const F32 r = polynomial(mul(x, x), 0.128379151f, -0.376125127f, 0.112820558f, -0.0267763268f, 0.00500863092f,
                           -0.000607495196f);
  const F32 near = mul_add(r, x, x);
  const F32 t = fast_min(splat(4.0f), abs(x));
  const F32 q = polynomial(t, 0.000166413171f, 0.127797395f, 0.636975825f, 0.104113892f, -0.0223153029f, 0.00306550926f,
                           -0.000198221445f);
  const F32 far = copy_sign(sub(splat(1.0f), exp(neg(add(t, q)))), x);
  return select(lt(abs(x), splat(0.9f)), near, far);
}

// x sigmoid(x), Ramachandran, Zoph & Le 2017 (https://arxiv.org/abs/1710.05941), and its derivative
// s + x s (1 - s), s = sigmoid(x).
inline F32 silu(F32 x) { return mul(x, sigmoid(x)); }
inline F32 silu_derivative(F32 x) {
  const F32 s = sigmoid(x);
  return mul_add(mul(x, s), sub(splat(1.0f), s), s);
}

// Phi(x), the normal distribution: Phi(-t) = e^(-t^2 / 2) M(t) for t >= 0, and M is a minimax fit with an absolute
// error of Phi of 2^-25.7.
struct NormalCdf {
  F32 bell, value;
};
inline NormalCdf normal_cdf(F32 x) {
  const F32 bell = exp_or_zero(mul(mul(x, x), splat(-0.5f))), t = fast_min(splat(5.75f), abs(x));
  const F32 m =
      polynomial(t, 0.5f, -0.398941129f, 0.24997738f, -0.132824913f, 0.0619651377f, -0.0255248044f, 0.00904665887f,
                 -0.00261228904f, 0.000571004522f, -8.62695306e-05f, 7.87953468e-06f, -3.23844176e-07f);
  const F32 tail = mul(bell, m);
  return {bell, select(lt(x, zero()), tail, sub(splat(1.0f), tail))};
}

// x Phi(x), Hendrycks & Gimpel 2016 (https://arxiv.org/abs/1606.08415), and its derivative
// Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi).
inline F32 gelu(F32 x) { return mul(x, normal_cdf(x).value); }
inline F32 gelu_derivative(F32 x) {
  const NormalCdf phi = normal_cdf(x);
  return mul_add(mul(x, splat(0.398942280f)), phi.bell, phi.value);
}

// x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), and its derivative
// (1 + tanh(u)) / 2 + x (1 - tanh(u)^2) / 2 * sqrt(2 / pi) (1 + 3 * 0.044715 x^2).
// From |x| = 16 on tanh(u) is 1: the clamp keeps x^3 from overflowing.
struct GeluTanh {
  F32 x, x2, tanh_u;  // x clamped
};
inline GeluTanh reduce_gelu_tanh(F32 x) {
  x = clamp(x, -16.0f, 16.0f);
  const F32 x2 = mul(x, x);
  return {x, x2, tanh(mul(x, mul_add(x2, splat(0.0356774081f), splat(0.797884561f))))};
}
inline F32 gelu_tanh(F32 x) { return mul(x, mul_add(reduce_gelu_tanh(x).tanh_u, splat(0.5f), splat(0.5f))); }
inline F32 gelu_tanh_derivative(F32 x) {
  const GeluTanh g = reduce_gelu_tanh(x);
  const F32 slope = mul_add(g.x2, splat(0.107032224f), splat(0.797884561f));
  const F32 bell = neg_mul_add(g.tanh_u, g.tanh_u, splat(1.0f));
  return mul_add(mul(mul(g.x, bell), slope), splat(0.5f), mul_add(g.tanh_u, splat(0.5f), splat(0.5f)));
}
