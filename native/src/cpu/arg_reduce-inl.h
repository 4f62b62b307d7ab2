// SPDX-License-Identifier: Apache-2.0
// The index of the largest or smallest element: each lane keeps its best element so far and where it was found.

template <bool largest>
inline Mask better(F32 a, F32 b) {
  return largest ? gt(a, b) : lt(a, b);
}
template <bool largest>
inline bool better(float a, float b) {
  return largest ? a > b : a < b;
}

// One contiguous row. Every lane starts with in[0]: where that is NaN, nothing is better and the answer is 0.
template <bool largest>
inline int32_t arg_row(const float* in, int32_t count) {
  F32 best = splat(in[0]);
  I32 index = splat_i32(0), position = lane_index();
  const I32 step = splat_i32(kLanes);
  int32_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const F32 x = load(in + i);
    const Mask found = better<largest>(x, best);
    best = select(found, x, best);
    index = select(found, position, index);
    position = add(position, step);
  }
  float values[kLanes];
  int32_t indices[kLanes];
  store(values, best);
  store(indices, index);
  float value = values[0];
  int32_t result = indices[0];
  for (int lane = 1; lane < kLanes; ++lane)
    if (better<largest>(values[lane], value) || (values[lane] == value && indices[lane] < result)) {
      value = values[lane];
      result = indices[lane];
    }
  for (; i < count; ++i)
    if (better<largest>(in[i], value)) {
      value = in[i];
      result = i;
    }
  return result;
}

// `columns` <= kReduceTile columns of `rows` rows, `stride` apart.
template <bool largest>
inline void arg_columns(const float* in, int32_t rows, int64_t stride, int64_t columns, int32_t* out) {
  float best[kReduceTile];
  memcpy(best, in, static_cast<size_t>(columns) * sizeof(float));
  memset(out, 0, static_cast<size_t>(columns) * sizeof(int32_t));
  for (int32_t r = 1; r < rows; ++r) {
    const float* row = in + r * stride;
    const I32 index = splat_i32(r);
    for (int64_t c = 0; c < columns; c += kLanes) {
      const int n = columns - c < kLanes ? static_cast<int>(columns - c) : kLanes;
      const F32 x = load_lanes(row + c, n), value = load_lanes(best + c, n);
      const Mask found = better<largest>(x, value);
      store_lanes(best + c, select(found, x, value), n);
      store_lanes(out + c, select(found, index, load_lanes(out + c, n)), n);
    }
  }
}

template <bool largest>
inline void arg_reduce(const float* in, int32_t* out, const ReduceParams& p) {
  const int64_t tiles = (p.inner + kReduceTile - 1) / kReduceTile;
  const int64_t job_elements = p.reduce * (p.inner < kReduceTile ? p.inner : kReduceTile);
  parallel_for(p.outer * tiles, row_grain(job_elements), [&](int64_t begin, int64_t end, int) {
    for (int64_t job = begin; job < end; ++job) {
      const int64_t o = job / tiles, first = job % tiles * kReduceTile;
      const float* rows = in + o * p.reduce * p.inner + first;
      int32_t* result = out + o * p.inner + first;
      const int64_t columns = p.inner - first < kReduceTile ? p.inner - first : kReduceTile;
      if (p.inner == 1)
        *result = arg_row<largest>(rows, static_cast<int32_t>(p.reduce));
      else
        arg_columns<largest>(rows, static_cast<int32_t>(p.reduce), p.inner, columns, result);
    }
  });
}

inline void arg_max_f32(const float* in, int32_t* out, const ReduceParams& p) { arg_reduce<true>(in, out, p); }
inline void arg_min_f32(const float* in, int32_t* out, const ReduceParams& p) { arg_reduce<false>(in, out, p); }
