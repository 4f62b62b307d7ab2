// SPDX-License-Identifier: Apache-2.0
// Choice by a condition, element by element or row by row.

template <class T>
inline void select_elements(const uint8_t* condition, const T* yes, const T* no, T* out, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    store(out + i, select(is_true(load(condition + i)), load(yes + i), load(no + i)));
  for (; i < count; ++i) out[i] = condition[i] != 0 ? yes[i] : no[i];
}
// One byte each: plain enough for the compiler to make vectors of.
inline void select_elements(const uint8_t* condition, const uint8_t* yes, const uint8_t* no, uint8_t* out,
                            int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = condition[i] != 0 ? yes[i] : no[i];
}

template <class T>
inline void select(const uint8_t* condition, const T* yes, const T* no, T* out, const SelectParams& p) {
  const int64_t columns = p.columns;
  if (columns == 1) {
    parallel_for(p.rows, kElementGrain, [&](int64_t begin, int64_t end, int) {
      select_elements(condition + begin, yes + begin, no + begin, out + begin, end - begin);
    });
    return;
  }
  parallel_for(p.rows, row_grain(columns), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const T* chosen = condition[r] != 0 ? yes : no;
      memmove(out + r * columns, chosen + r * columns, static_cast<size_t>(columns) * sizeof(T));
    }
  });
}

constexpr auto& select_f32 = select<float>;
constexpr auto& select_i32 = select<int32_t>;
constexpr auto& select_bool = select<uint8_t>;
