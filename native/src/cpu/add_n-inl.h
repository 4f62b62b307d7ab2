// SPDX-License-Identifier: Apache-2.0
// The sum of several arrays: one pass over all of them.

template <class T>
inline void add_n(Buffers<const T> in, T* out, const AddNParams& p) {
  parallel_for(p.count, kElementGrain, [&](int64_t begin, int64_t end, int) {
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      Computed<T> sum = repeat(T{0});
      for (int64_t k = 0; k < in.count; ++k) sum = add(sum, load(in.items[k] + i));
      store(out + i, sum);
    }
    if (i == end) return;
    Computed<T> sum = repeat(T{0});
    for (int64_t k = 0; k < in.count; ++k) sum = add(sum, load_partial(in.items[k] + i, end - i));
    store_partial(out + i, sum, end - i);
  });
}

constexpr auto& add_n_f32 = add_n<float>;
constexpr auto& add_n_i32 = add_n<int32_t>;
