// SPDX-License-Identifier: Apache-2.0
// Reads and adds by index.

template <class T>
inline void gather(const T* in, Indices indices, T* out, const GatherParams& p) {
  const int64_t bad = find_bad_index(indices, p.batch * p.count);
  if (bad >= 0)  // worded as tfjs does
    fail("GatherV2", "the index value %d is not in [0, %lld]", indices.data[bad], static_cast<long long>(p.length - 1));
  parallel_for(p.batch * p.outer * p.count, row_grain(p.slice), [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t n = row % p.count, matrix = row / p.count;  // matrix: batch and outer
      const int64_t index = indices.data[matrix / p.outer * p.count + n];
      copy_row(in + (matrix * p.length + index) * p.slice, out + row * p.slice, p.slice);
    }
  });
}

inline void gather_b32(const int32_t* in, Indices indices, int32_t* out, const GatherParams& p) {
  gather(in, indices, out, p);
}
inline void gather_b8(const uint8_t* in, Indices indices, uint8_t* out, const GatherParams& p) {
  gather(in, indices, out, p);
}

// Columns that one thread adds up at least: four cache lines, so that threads do not write to the same one.
constexpr int64_t kSegmentColumns = 64;

// Threads share the columns, not the rows: each sum is added by one thread, in the order of the rows.
inline void segment_sum_f32(const float* in, const int32_t* segments, float* out, const SegmentSumParams& p) {
  const int64_t tiles = (p.slice + kSegmentColumns - 1) / kSegmentColumns;
  parallel_for(tiles, row_grain(p.rows * kSegmentColumns), [&](int64_t begin, int64_t end, int) {
    const int64_t first = begin * kSegmentColumns;
    const int64_t last = end * kSegmentColumns < p.slice ? end * kSegmentColumns : p.slice;
    for (int64_t g = 0; g < p.groups; ++g)
      memset(out + g * p.slice + first, 0, static_cast<size_t>(last - first) * sizeof(float));
    for (int64_t n = 0; n < p.rows; ++n) {
      if (segments[n] < 0 || segments[n] >= p.groups) continue;
      const float* x = in + n * p.slice;
      float* sums = out + segments[n] * p.slice;
      for (int64_t s = first; s < last; ++s) sums[s] += x[s];
    }
  });
}

template <class T>
inline void one_hot(const int32_t* indices, T* out, const OneHotParams& p) {
  const T on = static_cast<T>(p.on), off = static_cast<T>(p.off);
  parallel_for(p.count, row_grain(p.depth), [&](int64_t begin, int64_t end, int) {
    for (int64_t n = begin; n < end; ++n) {
      T* row = out + n * p.depth;
      for (int64_t d = 0; d < p.depth; ++d) row[d] = off;
      if (indices[n] >= 0 && indices[n] < p.depth) row[indices[n]] = on;
    }
  });
}

inline void one_hot_b32(const int32_t* indices, uint32_t* out, const OneHotParams& p) { one_hot(indices, out, p); }
inline void one_hot_b8(const int32_t* indices, uint8_t* out, const OneHotParams& p) { one_hot(indices, out, p); }
