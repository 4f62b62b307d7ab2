// SPDX-License-Identifier: Apache-2.0
// What AVX512-BF16 adds to the vocabulary: pairs of bf16, two terms of a sum in each 32-bit lane. Rounding is to the
// nearest, ties to even; NaN stays NaN; numbers below 2^-126 count as 0.

// Lane i is the pair (low[i], high[i]).
inline F32 pair_bf16(F32 low, F32 high) {
  const __m512i halves = (__m512i)_mm512_cvtne2ps_pbh(high.v, low.v);
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return {_mm512_castsi512_ps(_mm512_permutexvar_epi16(order, halves))};
}

// Lane i is the pair (x[2 * i], x[2 * i + 1]) of 32 numbers x, of which `first` has 16 and `second` the others.
inline F32 neighbours_bf16(F32 first, F32 second) {
  return {_mm512_castsi512_ps((__m512i)_mm512_cvtne2ps_pbh(second.v, first.v))};
}

// sum[i] + a[i].low * b[i].low + a[i].high * b[i].high, in float32.
inline F32 dot_bf16(F32 a, F32 b, F32 sum) { return {_mm512_dpbf16_ps(sum.v, (__m512bh)a.v, (__m512bh)b.v)}; }
