// SPDX-License-Identifier: Apache-2.0
// Running sums, one row of columns after the other.

inline float running_sum(float a, float b) { return a + b; }
inline int32_t running_sum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

template <class T>
inline void cumsum(const T* in, T* out, const CumsumParams& p) {
  if (p.length == 0) return;
  parallel_for(p.outer, row_grain(p.length * p.inner), [&](int64_t begin, int64_t end, int) {
    for (int64_t o = begin; o < end; ++o) {
      const int64_t step = p.reverse ? -p.inner : p.inner;
      const int64_t start = (o * p.length + (p.reverse ? p.length - 1 : 0)) * p.inner;
      const T* x = in + start;
      T* sums = out + start;
      for (int64_t i = 0; i < p.inner; ++i) sums[i] = p.exclusive ? T(0) : x[i];
      for (int64_t n = 1; n < p.length; ++n, x += step, sums += step) {
        const T* term = p.exclusive ? x : x + step;
        for (int64_t i = 0; i < p.inner; ++i) sums[step + i] = running_sum(sums[i], term[i]);
      }
    }
  });
}

inline void cumsum_f32(const float* in, float* out, const CumsumParams& p) { cumsum(in, out, p); }
inline void cumsum_i32(const int32_t* in, int32_t* out, const CumsumParams& p) { cumsum(in, out, p); }
