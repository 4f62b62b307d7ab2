// SPDX-License-Identifier: Apache-2.0
// The SIMD vocabulary for any processor: 4 lanes by the vector extension of GCC and clang (SSE2 on every x86-64).
//
// Each header of this folder defines the names below, and kernels use nothing else. It includes nothing and has no
// guard: a target includes one of them in its own namespace, after <math.h>, <stdint.h>, <string.h> and intrinsics.
//
//   kLanes, kRegisters            lanes of a vector; vector registers of the processor
//   F32, I32, Mask                kLanes floats; kLanes 32-bit integers; kLanes truth values
//
//   load(p)  store(p, v)          kLanes elements of float or int32_t; no alignment needed
//   load_partial(p, n)            the first n >= 0 of them, or all if n >= kLanes; the other lanes are 0
//   store_partial(p, v, n)        the first n >= 0 of them, or all if n >= kLanes; memory beyond is not touched
//   load_u8  store_u8  load_u8_partial  store_u8_partial
//                                 the same for uint8_t in memory and I32 here; stores keep the low byte of a lane
//   load_bf16(p)  load_bf16_partial(p, n)                  the same for bf16 in memory, as uint16_t, and F32 here
//   zero()  splat(x)  splat_i32(x)  lane_index()           0; x in all lanes; I32 x in all lanes; I32 0, 1, 2, ...
//
//   add sub mul div neg abs sqrt  on floats; div and sqrt are correctly rounded
//   mul_add(a, b, c)              a * b + c, rounded once; on the baseline, without FMA, rounded twice
//   neg_mul_add(a, b, c)          c - a * b, likewise
//   max min                       NaN if either is NaN, as Math.max; of +0 and -0 either may come
//   fast_max(a, b)                a > b ? a : b in one instruction: a NaN in b is kept, one in a is lost
//   fast_min(a, b)                a < b ? a : b, likewise
//   floor ceil round_even         to an integral float; round_even takes halves to the even neighbour, as rintf
//
//   lt le eq ne gt ge is_nan      compare floats; with a NaN all but ne are false
//   lt eq gt                      compare integers, signed
//   select(mask, a, b)            mask ? a : b, for F32 and I32
//   mask_and mask_or mask_not     combine masks
//   any(mask) all(mask)           to bool
//   first_lanes(n)                the mask of the lanes below n, n >= 0
//
//   add sub mul                   on integers, modulo 2^32
//   mul_wide(a, b, high, low)     both halves of the unsigned 64-bit products
//   bit_and bit_or bit_xor        on integers
//   shift_left shift_right shift_right_signed              by one count for all lanes, 0 <= count <= 31
//   as_i32 as_f32                 the same bits
//   to_f32 truncate_i32 nearest_i32                        conversions; a lane with |x| >= 2^31 is unspecified
//   scale(x, n)                   x * 2^n of an integral float n, -252 <= n <= 254
//
//   reduce_add reduce_max reduce_min                       over the lanes; max and min are NaN if a lane is NaN
//   sum_lanes(rows)               lane i is the sum over the lanes of rows[i], in one order for all i
//   transpose(rows)               a kLanes x kLanes block held in F32 rows[kLanes], in place
//   interleave(words)             in I32 words[4], in place: lane i of words[w] becomes number 4 i + w of all of them
//
// The usual loop, whose last vector may be partial:
//   for (int64_t i = 0; i < n; i += kLanes) store_partial(out + i, exp(load_partial(in + i, n - i)), n - i);

constexpr int kLanes = 4;
constexpr int kRegisters = 16;

typedef float Floats __attribute__((vector_size(16)));
typedef int32_t Ints __attribute__((vector_size(16)));
typedef uint32_t Unsigneds __attribute__((vector_size(16)));

struct F32 {
  Floats v;
};
struct I32 {
  Ints v;
};
struct Mask {
  Ints v;  // each lane 0 or -1
};

inline F32 zero() { return {Floats{}}; }
inline F32 splat(float x) { return {Floats{x, x, x, x}}; }
inline I32 splat_i32(int32_t x) { return {Ints{x, x, x, x}}; }
inline I32 lane_index() { return {Ints{0, 1, 2, 3}}; }

inline F32 as_f32(I32 a) { return {(Floats)a.v}; }
inline I32 as_i32(F32 a) { return {(Ints)a.v}; }

inline F32 load(const float* p) {
  F32 a;
  memcpy(&a, p, sizeof a);
  return a;
}
inline I32 load(const int32_t* p) {
  I32 a;
  memcpy(&a, p, sizeof a);
  return a;
}
inline I32 load_u8(const uint8_t* p) { return {Ints{p[0], p[1], p[2], p[3]}}; }
inline F32 load_bf16(const uint16_t* p) { return as_f32({(Ints)(Unsigneds{p[0], p[1], p[2], p[3]} << 16)}); }
inline void store(float* p, F32 a) { memcpy(p, &a, sizeof a); }
inline void store(int32_t* p, I32 a) { memcpy(p, &a, sizeof a); }
inline void store_u8(uint8_t* p, I32 a) {
  for (int i = 0; i < kLanes; ++i) p[i] = static_cast<uint8_t>(a.v[i]);
}

inline F32 load_partial(const float* p, int64_t n) {
  if (n >= kLanes) return load(p);
  F32 a = zero();
  for (int64_t i = 0; i < n; ++i) a.v[i] = p[i];
  return a;
}
inline I32 load_partial(const int32_t* p, int64_t n) {
  if (n >= kLanes) return load(p);
  I32 a = splat_i32(0);
  for (int64_t i = 0; i < n; ++i) a.v[i] = p[i];
  return a;
}
inline F32 load_bf16_partial(const uint16_t* p, int64_t n) {
  if (n >= kLanes) return load_bf16(p);
  uint16_t halves[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) halves[i] = p[i];
  return load_bf16(halves);
}
inline void store_partial(float* p, F32 a, int64_t n) {
  if (n >= kLanes) return store(p, a);
  for (int64_t i = 0; i < n; ++i) p[i] = a.v[i];
}
inline void store_partial(int32_t* p, I32 a, int64_t n) {
  if (n >= kLanes) return store(p, a);
  for (int64_t i = 0; i < n; ++i) p[i] = a.v[i];
}
inline I32 load_u8_partial(const uint8_t* p, int64_t n) {
  if (n >= kLanes) return load_u8(p);
  I32 a = splat_i32(0);
  for (int64_t i = 0; i < n; ++i) a.v[i] = p[i];
  return a;
}
inline void store_u8_partial(uint8_t* p, I32 a, int64_t n) {
  if (n >= kLanes) return store_u8(p, a);
  for (int64_t i = 0; i < n; ++i) p[i] = static_cast<uint8_t>(a.v[i]);
}

inline I32 add(I32 a, I32 b) { return {(Ints)((Unsigneds)a.v + (Unsigneds)b.v)}; }
inline I32 sub(I32 a, I32 b) { return {(Ints)((Unsigneds)a.v - (Unsigneds)b.v)}; }
inline I32 mul(I32 a, I32 b) { return {(Ints)((Unsigneds)a.v * (Unsigneds)b.v)}; }
inline void mul_wide(I32 a, I32 b, I32& high, I32& low) {
  for (int i = 0; i < kLanes; ++i) {
    const uint64_t product = static_cast<uint64_t>(static_cast<uint32_t>(a.v[i])) * static_cast<uint32_t>(b.v[i]);
    high.v[i] = static_cast<int32_t>(product >> 32);
    low.v[i] = static_cast<int32_t>(product);
  }
}
inline I32 bit_and(I32 a, I32 b) { return {a.v & b.v}; }
inline I32 bit_or(I32 a, I32 b) { return {a.v | b.v}; }
inline I32 bit_xor(I32 a, I32 b) { return {a.v ^ b.v}; }
inline I32 shift_left(I32 a, int count) { return {(Ints)((Unsigneds)a.v << count)}; }
inline I32 shift_right(I32 a, int count) { return {(Ints)((Unsigneds)a.v >> count)}; }
inline I32 shift_right_signed(I32 a, int count) { return {a.v >> count}; }
inline Mask lt(I32 a, I32 b) { return {a.v < b.v}; }
inline Mask eq(I32 a, I32 b) { return {a.v == b.v}; }
inline Mask gt(I32 a, I32 b) { return {a.v > b.v}; }

inline Mask lt(F32 a, F32 b) { return {a.v < b.v}; }
inline Mask le(F32 a, F32 b) { return {a.v <= b.v}; }
inline Mask eq(F32 a, F32 b) { return {a.v == b.v}; }
inline Mask ne(F32 a, F32 b) { return {a.v != b.v}; }
inline Mask gt(F32 a, F32 b) { return {a.v > b.v}; }
inline Mask ge(F32 a, F32 b) { return {a.v >= b.v}; }
inline Mask is_nan(F32 a) { return {a.v != a.v}; }

inline Mask mask_and(Mask a, Mask b) { return {a.v & b.v}; }
inline Mask mask_or(Mask a, Mask b) { return {a.v | b.v}; }
inline Mask mask_not(Mask a) { return {~a.v}; }
inline bool any(Mask a) { return (a.v[0] | a.v[1] | a.v[2] | a.v[3]) != 0; }
inline bool all(Mask a) { return (a.v[0] & a.v[1] & a.v[2] & a.v[3]) != 0; }
inline Mask first_lanes(int64_t n) {
  return lt(lane_index(), splat_i32(n < kLanes ? static_cast<int32_t>(n) : kLanes));
}
inline I32 select(Mask mask, I32 a, I32 b) { return {(mask.v & a.v) | (~mask.v & b.v)}; }
inline F32 select(Mask mask, F32 a, F32 b) { return as_f32(select(mask, as_i32(a), as_i32(b))); }

inline F32 add(F32 a, F32 b) { return {a.v + b.v}; }
inline F32 sub(F32 a, F32 b) { return {a.v - b.v}; }
inline F32 mul(F32 a, F32 b) { return {a.v * b.v}; }
inline F32 div(F32 a, F32 b) { return {a.v / b.v}; }
inline F32 mul_add(F32 a, F32 b, F32 c) { return {a.v * b.v + c.v}; }
inline F32 neg_mul_add(F32 a, F32 b, F32 c) { return {c.v - a.v * b.v}; }
inline F32 neg(F32 a) { return as_f32(bit_xor(as_i32(a), splat_i32(INT32_MIN))); }
inline F32 abs(F32 a) { return as_f32(bit_and(as_i32(a), splat_i32(INT32_MAX))); }
inline F32 sqrt(F32 a) { return {Floats{sqrtf(a.v[0]), sqrtf(a.v[1]), sqrtf(a.v[2]), sqrtf(a.v[3])}}; }
inline F32 fast_max(F32 a, F32 b) { return {a.v > b.v ? a.v : b.v}; }
inline F32 fast_min(F32 a, F32 b) { return {a.v < b.v ? a.v : b.v}; }
inline F32 max(F32 a, F32 b) { return select(is_nan(a), a, fast_max(a, b)); }
inline F32 min(F32 a, F32 b) { return select(is_nan(a), a, fast_min(a, b)); }

inline F32 to_f32(I32 a) { return {__builtin_convertvector(a.v, Floats)}; }
inline I32 truncate_i32(F32 a) { return {__builtin_convertvector(a.v, Ints)}; }

// Rounding without SSE4.1. Floats from 2^23 on are integral already; a zero result takes the sign of `a`, as in C.
inline F32 keep_integral(F32 a, F32 rounded) {
  const F32 signed_result = as_f32(bit_or(as_i32(rounded), bit_and(as_i32(a), splat_i32(INT32_MIN))));
  return select(lt(abs(a), splat(8388608.0f)), signed_result, a);
}
inline F32 floor(F32 a) {
  const F32 truncated = to_f32(truncate_i32(a));
  return keep_integral(a, sub(truncated, select(gt(truncated, a), splat(1.0f), zero())));
}
inline F32 ceil(F32 a) { return neg(floor(neg(a))); }
inline F32 round_even(F32 a) {
  const F32 magic = splat(8388608.0f);  // adding 2^23 leaves no bits for a fraction: the addition rounds
  return keep_integral(a, sub(add(abs(a), magic), magic));
}
inline I32 nearest_i32(F32 a) { return truncate_i32(round_even(a)); }
inline F32 scale(F32 x, F32 n) {
  const I32 whole = truncate_i32(n), low = shift_right_signed(whole, 1);
  const auto power = [](I32 i) { return as_f32(shift_left(add(i, splat_i32(127)), 23)); };
  return mul(mul(x, power(low)), power(sub(whole, low)));
}

inline float reduce_add(F32 a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
inline float reduce_max(F32 a) {
  const F32 pairs = max(a, {Floats{a.v[2], a.v[3], a.v[0], a.v[1]}});
  return max(pairs, {Floats{pairs.v[1], pairs.v[0], pairs.v[3], pairs.v[2]}}).v[0];
}
inline float reduce_min(F32 a) { return -reduce_max(neg(a)); }

inline F32 sum_lanes(const F32 (&rows)[kLanes]) {
  return {Floats{reduce_add(rows[0]), reduce_add(rows[1]), reduce_add(rows[2]), reduce_add(rows[3])}};
}

inline void transpose(F32 (&rows)[kLanes]) {
  const Floats a = rows[0].v, b = rows[1].v, c = rows[2].v, d = rows[3].v;
  rows[0].v = Floats{a[0], b[0], c[0], d[0]};
  rows[1].v = Floats{a[1], b[1], c[1], d[1]};
  rows[2].v = Floats{a[2], b[2], c[2], d[2]};
  rows[3].v = Floats{a[3], b[3], c[3], d[3]};
}

inline void interleave(I32 (&words)[4]) {
  F32 rows[4];
  for (int w = 0; w < 4; ++w) rows[w] = as_f32(words[w]);
  transpose(rows);
  for (int w = 0; w < 4; ++w) words[w] = as_i32(rows[w]);
}
