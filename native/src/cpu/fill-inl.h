// SPDX-License-Identifier: Apache-2.0
// One value everywhere.

template <class T>
inline void fill_range(T* out, int64_t count, T value) {
  for (int64_t i = 0; i < count; ++i) out[i] = value;
}

template <class T>
inline void fill(T* out, const FillParams& p) {
  const T value = static_cast<T>(p.value);
  parallel_for(p.count, kElementGrain,
               [&](int64_t begin, int64_t end, int) { fill_range(out + begin, end - begin, value); });
}

constexpr auto& fill_f32 = fill<float>;
constexpr auto& fill_i32 = fill<int32_t>;
constexpr auto& fill_bool = fill<uint8_t>;
