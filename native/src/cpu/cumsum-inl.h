// SPDX-License-Identifier: Apache-2.0
// Running sums of columns, a block of them at a time. Those of float32 are added in double precision: in float32 the
// error grows with every term, and a tenth added twenty million times stops at 2,097,152.

// Running sums of one block: enough columns for whole vectors, and few enough to stay in the nearest cache.
constexpr int64_t kSumColumns = 64;

inline double running_sum(double a, float b) { return a + static_cast<double>(b); }
inline int32_t running_sum(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

template <class Sum, class T>
inline void cumsum(const T* in, T* out, const CumsumParams& p) {
  const int64_t step = p.reverse ? -p.inner : p.inner;
  parallel_for(p.outer, row_grain(p.length * p.inner), [&](int64_t begin, int64_t end, int) {
    for (int64_t o = begin; o < end; ++o) {
      for (int64_t first = 0; first < p.inner; first += kSumColumns) {
        const int64_t left = p.inner - first;
        const int64_t columns = left < kSumColumns ? left : kSumColumns;
        int64_t at = (o * p.length + (p.reverse ? p.length - 1 : 0)) * p.inner + first;
        Sum sums[kSumColumns] = {};
        for (int64_t n = 0; n < p.length; ++n, at += step) {
          for (int64_t i = 0; i < columns; ++i) {
            const Sum next = running_sum(sums[i], in[at + i]);
            out[at + i] = static_cast<T>(p.exclusive ? sums[i] : next);
            sums[i] = next;
          }
        }
      }
    }
  });
}

inline void cumsum_f32(const float* in, float* out, const CumsumParams& p) { cumsum<double>(in, out, p); }
inline void cumsum_i32(const int32_t* in, int32_t* out, const CumsumParams& p) { cumsum<int32_t>(in, out, p); }
