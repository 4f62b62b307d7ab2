// SPDX-License-Identifier: Apache-2.0
// The SIMD vocabulary (see baseline.h) for 64-bit Arm: 4 lanes.

constexpr int kLanes = 4;
constexpr int kRegisters = 32;

struct F32 {
  float32x4_t v;
};
struct I32 {
  int32x4_t v;
};
struct Mask {
  uint32x4_t v;  // each lane 0 or all ones
};

inline F32 zero() { return {vdupq_n_f32(0.0f)}; }
inline F32 splat(float x) { return {vdupq_n_f32(x)}; }
inline I32 splat_i32(int32_t x) { return {vdupq_n_s32(x)}; }
inline I32 lane_index() {
  const int32_t index[kLanes] = {0, 1, 2, 3};
  return {vld1q_s32(index)};
}

inline F32 as_f32(I32 a) { return {vreinterpretq_f32_s32(a.v)}; }
inline I32 as_i32(F32 a) { return {vreinterpretq_s32_f32(a.v)}; }

inline Mask mask_and(Mask a, Mask b) { return {vandq_u32(a.v, b.v)}; }
inline Mask mask_or(Mask a, Mask b) { return {vorrq_u32(a.v, b.v)}; }
inline Mask mask_not(Mask a) { return {vmvnq_u32(a.v)}; }
inline bool any(Mask a) { return vmaxvq_u32(a.v) != 0; }
inline bool all(Mask a) { return vminvq_u32(a.v) != 0; }
inline Mask first_lanes(int64_t n) {
  return {vcltq_s32(lane_index().v, vdupq_n_s32(n < kLanes ? static_cast<int32_t>(n) : kLanes))};
}
inline F32 select(Mask mask, F32 a, F32 b) { return {vbslq_f32(mask.v, a.v, b.v)}; }
inline I32 select(Mask mask, I32 a, I32 b) { return {vbslq_s32(mask.v, a.v, b.v)}; }

inline F32 load(const float* p) { return {vld1q_f32(p)}; }
inline I32 load(const int32_t* p) { return {vld1q_s32(p)}; }
inline I32 load_u8(const uint8_t* p) {
  uint32_t bytes;
  memcpy(&bytes, p, sizeof bytes);
  const uint16x8_t halves = vmovl_u8(vcreate_u8(bytes));
  return {vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(halves)))};
}
inline F32 load_bf16(const uint16_t* p) { return {vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16))}; }
inline void store(float* p, F32 a) { vst1q_f32(p, a.v); }
inline void store(int32_t* p, I32 a) { vst1q_s32(p, a.v); }
inline void store_u8(uint8_t* p, I32 a) {
  const uint16x4_t halves = vmovn_u32(vreinterpretq_u32_s32(a.v));
  const uint32_t bytes = vget_lane_u32(vreinterpret_u32_u8(vmovn_u16(vcombine_u16(halves, halves))), 0);
  memcpy(p, &bytes, sizeof bytes);
}
inline F32 load_partial(const float* p, int64_t n) {
  if (n >= kLanes) return load(p);
  float lanes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = p[i];
  return load(lanes);
}
inline I32 load_partial(const int32_t* p, int64_t n) {
  if (n >= kLanes) return load(p);
  int32_t lanes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = p[i];
  return load(lanes);
}
inline I32 load_u8_partial(const uint8_t* p, int64_t n) {
  if (n >= kLanes) return load_u8(p);
  uint8_t lanes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i] = p[i];
  return load_u8(lanes);
}
inline F32 load_bf16_partial(const uint16_t* p, int64_t n) {
  if (n >= kLanes) return load_bf16(p);
  uint16_t halves[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) halves[i] = p[i];
  return load_bf16(halves);
}
inline void store_partial(float* p, F32 a, int64_t n) {
  if (n >= kLanes) return store(p, a);
  float lanes[kLanes];
  store(lanes, a);
  for (int64_t i = 0; i < n; ++i) p[i] = lanes[i];
}
inline void store_partial(int32_t* p, I32 a, int64_t n) {
  if (n >= kLanes) return store(p, a);
  int32_t lanes[kLanes];
  store(lanes, a);
  for (int64_t i = 0; i < n; ++i) p[i] = lanes[i];
}
inline void store_u8_partial(uint8_t* p, I32 a, int64_t n) {
  if (n >= kLanes) return store_u8(p, a);
  uint8_t lanes[kLanes];
  store_u8(lanes, a);
  for (int64_t i = 0; i < n; ++i) p[i] = lanes[i];
}

inline I32 add(I32 a, I32 b) { return {vaddq_s32(a.v, b.v)}; }
inline I32 sub(I32 a, I32 b) { return {vsubq_s32(a.v, b.v)}; }
inline I32 mul(I32 a, I32 b) { return {vmulq_s32(a.v, b.v)}; }
inline void mul_wide(I32 a, I32 b, I32& high, I32& low) {
  const uint32x4_t x = vreinterpretq_u32_s32(a.v), y = vreinterpretq_u32_s32(b.v);
  const uint32x4_t first = vreinterpretq_u32_u64(vmull_u32(vget_low_u32(x), vget_low_u32(y)));
  const uint32x4_t last = vreinterpretq_u32_u64(vmull_high_u32(x, y));
  high.v = vreinterpretq_s32_u32(vuzp2q_u32(first, last));
  low.v = vreinterpretq_s32_u32(vuzp1q_u32(first, last));
}
inline I32 bit_and(I32 a, I32 b) { return {vandq_s32(a.v, b.v)}; }
inline I32 bit_or(I32 a, I32 b) { return {vorrq_s32(a.v, b.v)}; }
inline I32 bit_xor(I32 a, I32 b) { return {veorq_s32(a.v, b.v)}; }
inline I32 shift_left(I32 a, int count) { return {vshlq_s32(a.v, vdupq_n_s32(count))}; }
inline I32 shift_right(I32 a, int count) {  // a left shift by a negative count
  return {vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a.v), vdupq_n_s32(-count)))};
}
inline I32 shift_right_signed(I32 a, int count) { return {vshlq_s32(a.v, vdupq_n_s32(-count))}; }
inline Mask lt(I32 a, I32 b) { return {vcltq_s32(a.v, b.v)}; }
inline Mask eq(I32 a, I32 b) { return {vceqq_s32(a.v, b.v)}; }
inline Mask gt(I32 a, I32 b) { return {vcgtq_s32(a.v, b.v)}; }

inline Mask lt(F32 a, F32 b) { return {vcltq_f32(a.v, b.v)}; }
inline Mask le(F32 a, F32 b) { return {vcleq_f32(a.v, b.v)}; }
inline Mask eq(F32 a, F32 b) { return {vceqq_f32(a.v, b.v)}; }
inline Mask ne(F32 a, F32 b) { return mask_not(eq(a, b)); }
inline Mask gt(F32 a, F32 b) { return {vcgtq_f32(a.v, b.v)}; }
inline Mask ge(F32 a, F32 b) { return {vcgeq_f32(a.v, b.v)}; }
inline Mask is_nan(F32 a) { return mask_not(eq(a, a)); }

inline F32 add(F32 a, F32 b) { return {vaddq_f32(a.v, b.v)}; }
inline F32 sub(F32 a, F32 b) { return {vsubq_f32(a.v, b.v)}; }
inline F32 mul(F32 a, F32 b) { return {vmulq_f32(a.v, b.v)}; }
inline F32 div(F32 a, F32 b) { return {vdivq_f32(a.v, b.v)}; }
inline F32 mul_add(F32 a, F32 b, F32 c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline F32 neg_mul_add(F32 a, F32 b, F32 c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
inline F32 neg(F32 a) { return {vnegq_f32(a.v)}; }
inline F32 abs(F32 a) { return {vabsq_f32(a.v)}; }
inline F32 sqrt(F32 a) { return {vsqrtq_f32(a.v)}; }
inline F32 fast_max(F32 a, F32 b) { return select(gt(a, b), a, b); }
inline F32 fast_min(F32 a, F32 b) { return select(lt(a, b), a, b); }
inline F32 max(F32 a, F32 b) { return {vmaxq_f32(a.v, b.v)}; }
inline F32 min(F32 a, F32 b) { return {vminq_f32(a.v, b.v)}; }

inline F32 floor(F32 a) { return {vrndmq_f32(a.v)}; }
inline F32 ceil(F32 a) { return {vrndpq_f32(a.v)}; }
inline F32 round_even(F32 a) { return {vrndnq_f32(a.v)}; }
inline F32 to_f32(I32 a) { return {vcvtq_f32_s32(a.v)}; }
inline I32 truncate_i32(F32 a) { return {vcvtq_s32_f32(a.v)}; }
inline I32 nearest_i32(F32 a) { return {vcvtnq_s32_f32(a.v)}; }
inline F32 scale(F32 x, F32 n) {
  const I32 whole = nearest_i32(n), low = shift_right_signed(whole, 1);
  const auto power = [](I32 i) { return as_f32(shift_left(add(i, splat_i32(127)), 23)); };
  return mul(mul(x, power(low)), power(sub(whole, low)));
}

inline float reduce_add(F32 a) { return vaddvq_f32(a.v); }
inline float reduce_max(F32 a) { return vmaxvq_f32(a.v); }
inline float reduce_min(F32 a) { return vminvq_f32(a.v); }

inline F32 sum_lanes(const F32 (&rows)[kLanes]) {
  return {vpaddq_f32(vpaddq_f32(rows[0].v, rows[1].v), vpaddq_f32(rows[2].v, rows[3].v))};
}

inline void transpose(F32 (&rows)[kLanes]) {
  const float32x4x2_t top = vtrnq_f32(rows[0].v, rows[1].v), bottom = vtrnq_f32(rows[2].v, rows[3].v);
  rows[0].v = vcombine_f32(vget_low_f32(top.val[0]), vget_low_f32(bottom.val[0]));
  rows[1].v = vcombine_f32(vget_low_f32(top.val[1]), vget_low_f32(bottom.val[1]));
  rows[2].v = vcombine_f32(vget_high_f32(top.val[0]), vget_high_f32(bottom.val[0]));
  rows[3].v = vcombine_f32(vget_high_f32(top.val[1]), vget_high_f32(bottom.val[1]));
}

inline void interleave(I32 (&words)[4]) {
  F32 rows[4];
  for (int w = 0; w < 4; ++w) rows[w] = as_f32(words[w]);
  transpose(rows);
  for (int w = 0; w < 4; ++w) words[w] = as_i32(rows[w]);
}
