// SPDX-License-Identifier: Apache-2.0
// The SIMD vocabulary (see baseline.h) for x86-64 with AVX2 and FMA: 8 lanes.

constexpr int kLanes = 8;
constexpr int kRegisters = 16;

struct F32 {
  __m256 v;
};
struct I32 {
  __m256i v;
};
struct Mask {
  __m256i v;  // each lane 0 or -1
};

inline F32 zero() { return {_mm256_setzero_ps()}; }
inline F32 splat(float x) { return {_mm256_set1_ps(x)}; }
inline I32 splat_i32(int32_t x) { return {_mm256_set1_epi32(x)}; }
inline I32 lane_index() { return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)}; }

inline F32 as_f32(I32 a) { return {_mm256_castsi256_ps(a.v)}; }
inline I32 as_i32(F32 a) { return {_mm256_castps_si256(a.v)}; }

inline Mask mask_and(Mask a, Mask b) { return {_mm256_and_si256(a.v, b.v)}; }
inline Mask mask_or(Mask a, Mask b) { return {_mm256_or_si256(a.v, b.v)}; }
inline Mask mask_not(Mask a) { return {_mm256_xor_si256(a.v, _mm256_set1_epi32(-1))}; }
inline bool any(Mask a) { return _mm256_movemask_ps(_mm256_castsi256_ps(a.v)) != 0; }
inline bool all(Mask a) { return _mm256_movemask_ps(_mm256_castsi256_ps(a.v)) == 0xFF; }
inline Mask first_lanes(int64_t n) {
  return {_mm256_cmpgt_epi32(_mm256_set1_epi32(n < kLanes ? static_cast<int>(n) : kLanes), lane_index().v)};
}
inline I32 select(Mask mask, I32 a, I32 b) { return {_mm256_blendv_epi8(b.v, a.v, mask.v)}; }
inline F32 select(Mask mask, F32 a, F32 b) { return {_mm256_blendv_ps(b.v, a.v, _mm256_castsi256_ps(mask.v))}; }

inline F32 load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline I32 load(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
inline I32 load_u8(const uint8_t* p) {
  return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))};
}
inline F32 load_bf16(const uint16_t* p) {
  const __m256i halves = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(halves, 16))};
}
inline void store(float* p, F32 a) { _mm256_storeu_ps(p, a.v); }
inline void store(int32_t* p, I32 a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
inline void store_u8(uint8_t* p, I32 a) {
  const __m256i low_byte_of_each_lane = _mm256_set1_epi32(0x0C080400);
  const __m256i bytes = _mm256_shuffle_epi8(a.v, low_byte_of_each_lane);  // four bytes at the start of each half
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p),
                   _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
}
inline F32 load_partial(const float* p, int64_t n) {
  return n >= kLanes ? load(p) : F32{_mm256_maskload_ps(p, first_lanes(n).v)};
}
inline I32 load_partial(const int32_t* p, int64_t n) {
  return n >= kLanes ? load(p) : I32{_mm256_maskload_epi32(p, first_lanes(n).v)};
}
inline I32 load_u8_partial(const uint8_t* p, int64_t n) {
  if (n >= kLanes) return load_u8(p);
  uint8_t bytes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) bytes[i] = p[i];
  return load_u8(bytes);
}
inline F32 load_bf16_partial(const uint16_t* p, int64_t n) {
  if (n >= kLanes) return load_bf16(p);
  uint16_t halves[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) halves[i] = p[i];
  return load_bf16(halves);
}
inline void store_partial(float* p, F32 a, int64_t n) {
  if (n >= kLanes) return store(p, a);
  _mm256_maskstore_ps(p, first_lanes(n).v, a.v);
}
inline void store_partial(int32_t* p, I32 a, int64_t n) {
  if (n >= kLanes) return store(p, a);
  _mm256_maskstore_epi32(p, first_lanes(n).v, a.v);
}
inline void store_u8_partial(uint8_t* p, I32 a, int64_t n) {
  if (n >= kLanes) return store_u8(p, a);
  uint8_t bytes[kLanes];
  store_u8(bytes, a);
  for (int64_t i = 0; i < n; ++i) p[i] = bytes[i];
}

inline I32 add(I32 a, I32 b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline I32 sub(I32 a, I32 b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline I32 mul(I32 a, I32 b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
inline void mul_wide(I32 a, I32 b, I32& high, I32& low) {
  const auto odd_to_even = [](__m256i x) { return _mm256_shuffle_epi32(x, 0xF5); };
  const __m256i even = _mm256_mul_epu32(a.v, b.v), odd = _mm256_mul_epu32(odd_to_even(a.v), odd_to_even(b.v));
  high.v = _mm256_blend_epi32(odd_to_even(even), odd, 0xAA);
  low.v = _mm256_blend_epi32(even, _mm256_shuffle_epi32(odd, 0xA0), 0xAA);
}
inline I32 bit_and(I32 a, I32 b) { return {_mm256_and_si256(a.v, b.v)}; }
inline I32 bit_or(I32 a, I32 b) { return {_mm256_or_si256(a.v, b.v)}; }
inline I32 bit_xor(I32 a, I32 b) { return {_mm256_xor_si256(a.v, b.v)}; }
inline I32 shift_left(I32 a, int count) { return {_mm256_sll_epi32(a.v, _mm_cvtsi32_si128(count))}; }
inline I32 shift_right(I32 a, int count) { return {_mm256_srl_epi32(a.v, _mm_cvtsi32_si128(count))}; }
inline I32 shift_right_signed(I32 a, int count) { return {_mm256_sra_epi32(a.v, _mm_cvtsi32_si128(count))}; }
inline Mask lt(I32 a, I32 b) { return {_mm256_cmpgt_epi32(b.v, a.v)}; }
inline Mask eq(I32 a, I32 b) { return {_mm256_cmpeq_epi32(a.v, b.v)}; }
inline Mask gt(I32 a, I32 b) { return {_mm256_cmpgt_epi32(a.v, b.v)}; }

inline Mask lt(F32 a, F32 b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))}; }
inline Mask le(F32 a, F32 b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ))}; }
inline Mask eq(F32 a, F32 b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ))}; }
inline Mask ne(F32 a, F32 b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ))}; }
inline Mask gt(F32 a, F32 b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ))}; }
inline Mask ge(F32 a, F32 b) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ))}; }
inline Mask is_nan(F32 a) { return {_mm256_castps_si256(_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q))}; }

inline F32 add(F32 a, F32 b) { return {_mm256_add_ps(a.v, b.v)}; }
inline F32 sub(F32 a, F32 b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline F32 mul(F32 a, F32 b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline F32 div(F32 a, F32 b) { return {_mm256_div_ps(a.v, b.v)}; }
inline F32 mul_add(F32 a, F32 b, F32 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline F32 neg_mul_add(F32 a, F32 b, F32 c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
inline F32 neg(F32 a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
inline F32 abs(F32 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline F32 sqrt(F32 a) { return {_mm256_sqrt_ps(a.v)}; }
inline F32 fast_max(F32 a, F32 b) { return {_mm256_max_ps(a.v, b.v)}; }
inline F32 fast_min(F32 a, F32 b) { return {_mm256_min_ps(a.v, b.v)}; }
inline F32 max(F32 a, F32 b) { return select(is_nan(a), a, fast_max(a, b)); }
inline F32 min(F32 a, F32 b) { return select(is_nan(a), a, fast_min(a, b)); }

inline F32 floor(F32 a) { return {_mm256_floor_ps(a.v)}; }
inline F32 ceil(F32 a) { return {_mm256_ceil_ps(a.v)}; }
inline F32 round_even(F32 a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline F32 to_f32(I32 a) { return {_mm256_cvtepi32_ps(a.v)}; }
inline I32 truncate_i32(F32 a) { return {_mm256_cvttps_epi32(a.v)}; }
inline I32 nearest_i32(F32 a) { return {_mm256_cvtps_epi32(a.v)}; }
inline F32 scale(F32 x, F32 n) {
  const I32 whole = nearest_i32(n), low = shift_right_signed(whole, 1);
  const auto power = [](I32 i) { return as_f32(shift_left(add(i, splat_i32(127)), 23)); };
  return mul(mul(x, power(low)), power(sub(whole, low)));
}

// The two halves, then the two pairs, then the two lanes.
inline float reduce_add(F32 a) {
  const __m128 quad = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 pair = _mm_add_ps(quad, _mm_movehl_ps(quad, quad));
  return _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)));
}
inline float reduce_max(F32 a) {
  if (any(is_nan(a))) return NAN;
  const __m128 quad = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 pair = _mm_max_ps(quad, _mm_movehl_ps(quad, quad));
  return _mm_cvtss_f32(_mm_max_ss(pair, _mm_movehdup_ps(pair)));
}
inline float reduce_min(F32 a) { return -reduce_max(neg(a)); }

// Lane i is the sum of the lanes of rows[i]: within halves first, then over the halves.
inline F32 sum_lanes(const F32 (&rows)[kLanes]) {
  __m256 fours[kLanes / 4];
  for (int i = 0; i < kLanes / 4; ++i) {
    const __m256 a = rows[4 * i].v, b = rows[4 * i + 1].v, c = rows[4 * i + 2].v, d = rows[4 * i + 3].v;
    const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
    fours[i] = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xEE));
  }
  return {_mm256_add_ps(_mm256_permute2f128_ps(fours[0], fours[1], 0x20),
                        _mm256_permute2f128_ps(fours[0], fours[1], 0x31))};
}

// Four rows become columns within each 128-bit half, then the halves are exchanged.
inline void transpose(F32 (&rows)[kLanes]) {
  __m256 t[kLanes];
  for (int i = 0; i < kLanes; i += 4) {
    const __m256 a = _mm256_unpacklo_ps(rows[i].v, rows[i + 1].v), b = _mm256_unpackhi_ps(rows[i].v, rows[i + 1].v);
    const __m256 c = _mm256_unpacklo_ps(rows[i + 2].v, rows[i + 3].v);
    const __m256 d = _mm256_unpackhi_ps(rows[i + 2].v, rows[i + 3].v);
    t[i + 0] = _mm256_shuffle_ps(a, c, 0x44);
    t[i + 1] = _mm256_shuffle_ps(a, c, 0xEE);
    t[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
    t[i + 3] = _mm256_shuffle_ps(b, d, 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i].v = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
    rows[i + 4].v = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
  }
}

// The four words of a lane side by side within each half, then the halves are put in order.
inline void interleave(I32 (&words)[4]) {
  const __m256i a = _mm256_unpacklo_epi32(words[0].v, words[1].v), b = _mm256_unpackhi_epi32(words[0].v, words[1].v);
  const __m256i c = _mm256_unpacklo_epi32(words[2].v, words[3].v), d = _mm256_unpackhi_epi32(words[2].v, words[3].v);
  const __m256i lanes[] = {_mm256_unpacklo_epi64(a, c), _mm256_unpackhi_epi64(a, c), _mm256_unpacklo_epi64(b, d),
                           _mm256_unpackhi_epi64(b, d)};
  words[0].v = _mm256_permute2x128_si256(lanes[0], lanes[1], 0x20);
  words[1].v = _mm256_permute2x128_si256(lanes[2], lanes[3], 0x20);
  words[2].v = _mm256_permute2x128_si256(lanes[0], lanes[1], 0x31);
  words[3].v = _mm256_permute2x128_si256(lanes[2], lanes[3], 0x31);
}
