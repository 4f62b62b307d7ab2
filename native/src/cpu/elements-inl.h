// SPDX-License-Identifier: Apache-2.0
// Elements of every dtype in registers, for loops written once for all of them: float as F32; int32 and bool as I32; a
// truth value that is computed as Mask, which is stored as a bool of 0 or 1.

template <class T>
struct Register;
template <>
struct Register<float> {
  using Loaded = F32;
  using Computed = F32;
};
template <>
struct Register<int32_t> {
  using Loaded = I32;
  using Computed = I32;
};
template <>
struct Register<uint8_t> {
  using Loaded = I32;
  using Computed = Mask;
};
template <class T>
using Loaded = typename Register<T>::Loaded;
template <class T>
using Computed = typename Register<T>::Computed;

inline I32 load(const uint8_t* p) { return load_u8(p); }
inline I32 load_partial(const uint8_t* p, int64_t n) { return load_u8_partial(p, n); }
inline I32 as_bool(Mask truth) { return select(truth, splat_i32(1), splat_i32(0)); }
inline void store(uint8_t* p, Mask truth) { store_u8(p, as_bool(truth)); }
inline void store_partial(uint8_t* p, Mask truth, int64_t n) { store_u8_partial(p, as_bool(truth), n); }
inline F32 repeat(float x) { return splat(x); }
inline I32 repeat(int32_t x) { return splat_i32(x); }

// What the vocabulary has for floats only.
inline I32 neg(I32 a) { return sub(splat_i32(0), a); }
inline I32 max(I32 a, I32 b) { return select(gt(a, b), a, b); }
inline I32 min(I32 a, I32 b) { return select(lt(a, b), a, b); }
inline I32 abs(I32 a) { return max(a, neg(a)); }
inline Mask ne(I32 a, I32 b) { return mask_not(eq(a, b)); }
inline Mask le(I32 a, I32 b) { return mask_not(gt(a, b)); }
inline Mask ge(I32 a, I32 b) { return mask_not(lt(a, b)); }

// A function of the C library, lane by lane.
template <float (*f)(float)>
inline F32 per_lane(F32 x) {
  float lanes[kLanes];
  store(lanes, x);
  for (int i = 0; i < kLanes; ++i) lanes[i] = f(lanes[i]);
  return load(lanes);
}
template <class In, class Out, Out (*f)(In, In)>
inline Computed<Out> per_lane(Loaded<In> a, Loaded<In> b) {
  In left[kLanes], right[kLanes];
  Out out[kLanes];
  store(left, a);
  store(right, b);
  for (int i = 0; i < kLanes; ++i) out[i] = f(left[i], right[i]);
  return load(out);
}

// JavaScript's conversion of a number to int32: truncated, modulo 2^32; NaN and the infinities become 0.
inline int32_t wrap_i32(double x) {
  if (fabs(x) < 2147483648.0) return static_cast<int32_t>(x);
  return fabs(x) < INFINITY ? static_cast<int32_t>(static_cast<int64_t>(fmod(x, 4294967296.0))) : 0;
}

// Elements that a thread should have at least when each takes a transcendental function: some ten times what a copy
// takes.
constexpr int64_t kFunctionGrain = kElementGrain / 8;

// out[i] = f(in[i]) on all threads, for a function that takes longer than its memory.
template <class Function>
inline void map_function(const float* in, float* out, int64_t count, Function f) {
  parallel_for(count, kFunctionGrain, [=](int64_t begin, int64_t end, int) {
    for_vectors(begin, end, [=](int64_t i, int lanes) {
      prefetch_ahead(in + i);
      store_lanes(out + i, f(load_lanes(in + i, lanes)), lanes);
    });
  });
}

template <class In, class Out, class Function>
inline void map_range(const In* in, Out* out, int64_t count, Function f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(out + i, f(load(in + i)));
  if (i < count) store_partial(out + i, f(load_partial(in + i, count - i)), count - i);
}

// out[i] = f(in[i]) on all threads.
template <class In, class Out, class Function>
inline void map(const In* in, Out* out, int64_t count, int64_t grain, Function f) {
  parallel_for(count, grain,
               [&](int64_t begin, int64_t end, int) { map_range(in + begin, out + begin, end - begin, f); });
}
