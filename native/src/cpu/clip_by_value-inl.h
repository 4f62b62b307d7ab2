// SPDX-License-Identifier: Apache-2.0
// Limits every element of many tensors.

inline void clip_by_value_f32(Buffers<float> tensors, const ClipByValueParams& p) {
  const F32 upper = splat(p.maximum), lower = neg(upper);
  parallel_for_blocks(p.lengths, [&](int64_t t, int64_t begin, int64_t end, int64_t) {
    float* x = tensors.items[t];
    for_vectors(begin, end, [&](int64_t i, int lanes) {
      store_lanes(x + i, min(max(load_lanes(x + i, lanes), lower), upper), lanes);
    });
  });
}
