// SPDX-License-Identifier: Apache-2.0
// The norm of many tensors as one vector, and its limit.

inline float squared_sum(const float* in, int64_t count) {
  F32 sums = zero();
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const F32 x = load(in + i);
    sums = mul_add(x, x, sums);
  }
  if (i < count) {
    const F32 x = load_partial(in + i, count - i);
    sums = mul_add(x, x, sums);
  }
  return reduce_add(sums);
}

inline void global_norm_f32(Buffers<const float> tensors, float* norm, const GlobalNormParams& p) {
  const int64_t blocks = list_blocks(p.lengths);
  const Scratch scratch(static_cast<size_t>(blocks) * sizeof(float));
  float* sums = scratch.floats();
  parallel_for_blocks(p.lengths, [&](int64_t t, int64_t begin, int64_t end, int64_t block) {
    sums[block] = squared_sum(tensors.items[t] + begin, end - begin);
  });
  double total = p.accumulate != 0 ? static_cast<double>(norm[0]) * static_cast<double>(norm[0]) : 0;
  for (int64_t block = 0; block < blocks; ++block) total += sums[block];
  norm[0] = static_cast<float>(::sqrt(total));
}

inline void clip_by_global_norm_f32(const float* norm, Buffers<float> tensors, const ClipByGlobalNormParams& p) {
  const float coefficient = p.maximum / (norm[0] + 1e-6f);
  if (coefficient >= 1) return;
  parallel_for_blocks(p.lengths, [&](int64_t t, int64_t begin, int64_t end, int64_t) {
    row_scale(tensors.items[t] + begin, tensors.items[t] + begin, end - begin, coefficient);
  });
}
