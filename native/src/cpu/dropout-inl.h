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

// factors[i] = scale or 0 for the kPhiloxGroup elements from element 4 * block.
inline void keep_block(const Keep& keep, int64_t block, float* factors) {
  I32 words[4];
  float planes[4][kLanes];
  philox(keep.seed, keep.offset + static_cast<uint64_t>(block), words);
  const I32 threshold = splat_i32(keep.threshold);
  for (int w = 0; w < 4; ++w)
    store(planes[w], select(lt(shift_right(words[w], 8), threshold), zero(), splat(keep.scale)));
  interleave(planes, factors);
}

// factors[i] = scale or 0 for elements first .. first + count.
inline void keep_factors(const Keep& keep, int64_t first, int64_t count, float* factors) {
  float block[kPhiloxGroup];
  int64_t skip = first % 4;  // an element's word is its index modulo 4
  for (int64_t i = 0; i < count;) {
    keep_block(keep, (first + i) / 4, block);
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
    float factors[kPhiloxGroup];
    for (int64_t b = begin; b < end; ++b) {
      keep_block(keep, b * kLanes, factors);
      const int64_t start = b * kPhiloxGroup;
      const int64_t stop = start + kPhiloxGroup < p.count ? start + kPhiloxGroup : p.count;
      for (int64_t i = start; i < stop; i += kLanes) {
        const int64_t lanes = stop - i < kLanes ? stop - i : kLanes;
        const F32 factor = load(factors + (i - start));
        const F32 kept = select(eq(factor, zero()), zero(), mul(load_partial(in + i, lanes), factor));
        store_partial(out + i, kept, lanes);
      }
    }
  });
}
