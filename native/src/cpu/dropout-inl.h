// SPDX-License-Identifier: Apache-2.0
// What dropout keeps, and dropout itself.

// Whether an element is kept, from the counter alone: the same on every device and for every split of the work.
struct Keep {
  uint64_t seed;
  uint64_t offset;    // the block of elements 0 to 3
  int32_t threshold;  // kept when the upper 24 bits of the element's word are at least this
  float scale;        // the factor of kept elements

  Keep(double probability, int64_t seed, int64_t offset)
      : seed(static_cast<uint64_t>(seed)),
        offset(static_cast<uint64_t>(offset)),
        threshold(static_cast<int32_t>(::ceil(probability * 16777216))),
        scale(static_cast<float>(1 / (1 - probability))) {}
};

// The factors, scale or 0, of the kPhiloxGroup elements from element 4 * block.
inline void keep_block(const Keep& keep, int64_t block, F32 (&factors)[4]) {
  I32 words[4];
  philox(keep.seed, keep.offset + static_cast<uint64_t>(block), words);
  interleave(words);
  const I32 threshold = splat_i32(keep.threshold);
  for (int v = 0; v < 4; ++v) factors[v] = select(lt(shift_right(words[v], 8), threshold), zero(), splat(keep.scale));
}

// factors[i] = scale or 0 for elements first .. first + count.
inline void keep_factors(const Keep& keep, int64_t first, int64_t count, float* factors) {
  float block[kPhiloxGroup];
  int64_t skip = first % 4;  // an element's word is its index modulo 4
  for (int64_t i = 0; i < count;) {
    F32 factors_of_block[4];
    keep_block(keep, (first + i) / 4, factors_of_block);
    for (int v = 0; v < 4; ++v) store(block + v * kLanes, factors_of_block[v]);
    const int64_t fresh = kPhiloxGroup - skip < count - i ? kPhiloxGroup - skip : count - i;
    memcpy(factors + i, block + skip, static_cast<size_t>(fresh) * sizeof(float));
    i += fresh;
    skip = 0;
  }
}

inline void dropout_f32(const float* in, float* out, const DropoutParams& p) {
  const Keep keep(p.probability, p.seed, p.offset);
  const int64_t blocks = (p.count + kPhiloxGroup - 1) / kPhiloxGroup;
  parallel_for(blocks, kFunctionGrain / kPhiloxGroup, [&](int64_t begin, int64_t end, int) {
    for (int64_t b = begin; b < end; ++b) {
      F32 factors[4];
      keep_block(keep, b * kLanes, factors);
      const int64_t start = b * kPhiloxGroup, stop = start + kPhiloxGroup < p.count ? start + kPhiloxGroup : p.count;
      int v = 0;
      for_vectors(start, stop, [&](int64_t i, int lanes) {
        const F32 factor = factors[v++];
        store_lanes(out + i, select(eq(factor, zero()), zero(), mul(load_lanes(in + i, lanes), factor)), lanes);
      });
    }
  });
}
