// SPDX-License-Identifier: Apache-2.0
// The SIMD vocabulary (see baseline.h) for x86-64 with AVX-512 F, VL, BW and DQ: 16 lanes.

constexpr int kLanes = 16;
constexpr int kRegisters = 32;

struct F32 {
  __m512 v;
};
struct I32 {
  __m512i v;
};
struct Mask {
  __mmask16 v;
};

inline F32 zero() { return {_mm512_setzero_ps()}; }
inline F32 splat(float x) { return {_mm512_set1_ps(x)}; }
inline I32 splat_i32(int32_t x) { return {_mm512_set1_epi32(x)}; }
inline I32 lane_index() { return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)}; }

inline F32 as_f32(I32 a) { return {_mm512_castsi512_ps(a.v)}; }
inline I32 as_i32(F32 a) { return {_mm512_castps_si512(a.v)}; }

inline Mask mask_and(Mask a, Mask b) { return {static_cast<__mmask16>(a.v & b.v)}; }
inline Mask mask_or(Mask a, Mask b) { return {static_cast<__mmask16>(a.v | b.v)}; }
inline Mask mask_not(Mask a) { return {static_cast<__mmask16>(~a.v)}; }
inline bool any(Mask a) { return a.v != 0; }
inline bool all(Mask a) { return a.v == 0xFFFF; }
inline Mask first_lanes(int64_t n) { return {static_cast<__mmask16>(n >= kLanes ? 0xFFFF : (1u << n) - 1)}; }
inline F32 select(Mask mask, F32 a, F32 b) { return {_mm512_mask_blend_ps(mask.v, b.v, a.v)}; }
inline I32 select(Mask mask, I32 a, I32 b) { return {_mm512_mask_blend_epi32(mask.v, b.v, a.v)}; }

inline F32 load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline I32 load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
inline I32 load_u8(const uint8_t* p) {
  return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
inline F32 load_bf16(const uint16_t* p) {
  return {_mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))), 16))};
}
inline void store(float* p, F32 a) { _mm512_storeu_ps(p, a.v); }
inline void store(int32_t* p, I32 a) { _mm512_storeu_si512(p, a.v); }
inline void store_u8(uint8_t* p, I32 a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.v)); }
inline F32 load_partial(const float* p, int64_t n) { return {_mm512_maskz_loadu_ps(first_lanes(n).v, p)}; }
inline I32 load_partial(const int32_t* p, int64_t n) { return {_mm512_maskz_loadu_epi32(first_lanes(n).v, p)}; }
inline I32 load_u8_partial(const uint8_t* p, int64_t n) {
  return {_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(first_lanes(n).v, p))};
}
inline F32 load_bf16_partial(const uint16_t* p, int64_t n) {
  return {
      _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first_lanes(n).v, p)), 16))};
}
inline void store_partial(float* p, F32 a, int64_t n) { _mm512_mask_storeu_ps(p, first_lanes(n).v, a.v); }
inline void store_partial(int32_t* p, I32 a, int64_t n) { _mm512_mask_storeu_epi32(p, first_lanes(n).v, a.v); }
inline void store_u8_partial(uint8_t* p, I32 a, int64_t n) {
  _mm512_mask_cvtepi32_storeu_epi8(p, first_lanes(n).v, a.v);
}

inline I32 add(I32 a, I32 b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline I32 sub(I32 a, I32 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline I32 mul(I32 a, I32 b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
inline void mul_wide(I32 a, I32 b, I32& high, I32& low) {
  const __m512i even = _mm512_mul_epu32(a.v, b.v);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a.v, 32), _mm512_srli_epi64(b.v, 32));
  high.v = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
  low.v = _mm512_mask_shuffle_epi32(even, 0xAAAA, odd, _MM_PERM_CCAA);
}
inline I32 bit_and(I32 a, I32 b) { return {_mm512_and_si512(a.v, b.v)}; }
inline I32 bit_or(I32 a, I32 b) { return {_mm512_or_si512(a.v, b.v)}; }
inline I32 bit_xor(I32 a, I32 b) { return {_mm512_xor_si512(a.v, b.v)}; }
inline I32 shift_left(I32 a, int count) { return {_mm512_sll_epi32(a.v, _mm_cvtsi32_si128(count))}; }
inline I32 shift_right(I32 a, int count) { return {_mm512_srl_epi32(a.v, _mm_cvtsi32_si128(count))}; }
inline I32 shift_right_signed(I32 a, int count) { return {_mm512_sra_epi32(a.v, _mm_cvtsi32_si128(count))}; }
inline Mask lt(I32 a, I32 b) { return {_mm512_cmplt_epi32_mask(a.v, b.v)}; }
inline Mask eq(I32 a, I32 b) { return {_mm512_cmpeq_epi32_mask(a.v, b.v)}; }
inline Mask gt(I32 a, I32 b) { return {_mm512_cmpgt_epi32_mask(a.v, b.v)}; }

inline Mask lt(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask le(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
inline Mask eq(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
inline Mask ne(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
inline Mask gt(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
inline Mask ge(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
inline Mask is_nan(F32 a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }

inline F32 add(F32 a, F32 b) { return {_mm512_add_ps(a.v, b.v)}; }
inline F32 sub(F32 a, F32 b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline F32 mul(F32 a, F32 b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline F32 div(F32 a, F32 b) { return {_mm512_div_ps(a.v, b.v)}; }
inline F32 mul_add(F32 a, F32 b, F32 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline F32 neg_mul_add(F32 a, F32 b, F32 c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
inline F32 neg(F32 a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
inline F32 abs(F32 a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
inline F32 sqrt(F32 a) { return {_mm512_sqrt_ps(a.v)}; }
inline F32 fast_max(F32 a, F32 b) { return {_mm512_max_ps(a.v, b.v)}; }
inline F32 fast_min(F32 a, F32 b) { return {_mm512_min_ps(a.v, b.v)}; }
inline F32 max(F32 a, F32 b) { return select(is_nan(a), a, fast_max(a, b)); }
inline F32 min(F32 a, F32 b) { return select(is_nan(a), a, fast_min(a, b)); }

inline F32 floor(F32 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
inline F32 ceil(F32 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
inline F32 round_even(F32 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline F32 to_f32(I32 a) { return {_mm512_cvtepi32_ps(a.v)}; }
inline I32 truncate_i32(F32 a) { return {_mm512_cvttps_epi32(a.v)}; }
inline I32 nearest_i32(F32 a) { return {_mm512_cvtps_epi32(a.v)}; }
inline F32 scale(F32 x, F32 n) { return {_mm512_scalef_ps(x.v, n.v)}; }

inline float reduce_add(F32 a) { return _mm512_reduce_add_ps(a.v); }
inline float reduce_max(F32 a) { return any(is_nan(a)) ? NAN : _mm512_reduce_max_ps(a.v); }
inline float reduce_min(F32 a) { return any(is_nan(a)) ? NAN : _mm512_reduce_min_ps(a.v); }

// Lane i is the sum of the lanes of rows[i]: within quarters first, then over the quarters.
inline F32 sum_lanes(const F32 (&rows)[kLanes]) {
  __m512 pairs[kLanes / 2], fours[kLanes / 4];
  for (int i = 0; i < kLanes / 2; ++i) {
    const __m512 a = rows[2 * i].v, b = rows[2 * i + 1].v;
    pairs[i] = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  }
  for (int i = 0; i < kLanes / 4; ++i) {
    const __m512 a = pairs[2 * i], b = pairs[2 * i + 1];
    fours[i] = _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE));
  }
  const auto halves = [](__m512 a, __m512 b) {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xDD));
  };
  return {halves(halves(fours[0], fours[1]), halves(fours[2], fours[3]))};
}

// Four rows become columns within each 128-bit quarter, then the 4 x 4 quarters are transposed.
inline void transpose(F32 (&rows)[kLanes]) {
  __m512 t[kLanes];
  for (int i = 0; i < kLanes; i += 4) {
    const __m512 a = _mm512_unpacklo_ps(rows[i].v, rows[i + 1].v), b = _mm512_unpackhi_ps(rows[i].v, rows[i + 1].v);
    const __m512 c = _mm512_unpacklo_ps(rows[i + 2].v, rows[i + 3].v);
    const __m512 d = _mm512_unpackhi_ps(rows[i + 2].v, rows[i + 3].v);
    t[i + 0] = _mm512_shuffle_ps(a, c, 0x44);
    t[i + 1] = _mm512_shuffle_ps(a, c, 0xEE);
    t[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
    t[i + 3] = _mm512_shuffle_ps(b, d, 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    const __m512 even_low = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x88),
                 odd_low = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xDD);
    const __m512 even_high = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x88);
    const __m512 odd_high = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xDD);
    rows[i + 0].v = _mm512_shuffle_f32x4(even_low, even_high, 0x88);
    rows[i + 4].v = _mm512_shuffle_f32x4(odd_low, odd_high, 0x88);
    rows[i + 8].v = _mm512_shuffle_f32x4(even_low, even_high, 0xDD);
    rows[i + 12].v = _mm512_shuffle_f32x4(odd_low, odd_high, 0xDD);
  }
}

// The four words of a lane side by side within each quarter, then the 4 x 4 quarters are transposed.
inline void interleave(I32 (&words)[4]) {
  const __m512i a = _mm512_unpacklo_epi32(words[0].v, words[1].v), b = _mm512_unpackhi_epi32(words[0].v, words[1].v);
  const __m512i c = _mm512_unpacklo_epi32(words[2].v, words[3].v), d = _mm512_unpackhi_epi32(words[2].v, words[3].v);
  const __m512i lanes[] = {_mm512_unpacklo_epi64(a, c), _mm512_unpackhi_epi64(a, c), _mm512_unpacklo_epi64(b, d),
                           _mm512_unpackhi_epi64(b, d)};
  const __m512i early_low = _mm512_shuffle_i32x4(lanes[0], lanes[1], 0x44);
  const __m512i early_high = _mm512_shuffle_i32x4(lanes[2], lanes[3], 0x44);
  const __m512i late_low = _mm512_shuffle_i32x4(lanes[0], lanes[1], 0xEE);
  const __m512i late_high = _mm512_shuffle_i32x4(lanes[2], lanes[3], 0xEE);
  words[0].v = _mm512_shuffle_i32x4(early_low, early_high, 0x88);
  words[1].v = _mm512_shuffle_i32x4(early_low, early_high, 0xDD);
  words[2].v = _mm512_shuffle_i32x4(late_low, late_high, 0x88);
  words[3].v = _mm512_shuffle_i32x4(late_low, late_high, 0xDD);
}
