// SPDX-License-Identifier: Apache-2.0
// The random words of Philox 4x32-10, kLanes blocks at a time: those of packages/core/src/philox.ts.

constexpr int64_t kPhiloxGroup = 4 * kLanes;  // words, and so elements, that kLanes blocks give

// words[w] holds word w of the blocks offset + lane of the stream `seed`.
// Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405
inline void philox(uint64_t seed, uint64_t offset, I32 (&words)[4]) {
  const auto everywhere = [](uint64_t x) { return splat_i32(static_cast<int32_t>(x)); };
  const I32 low = everywhere(offset), sign = splat_i32(INT32_MIN);  // the sign is flipped to compare without it
  I32 w0 = add(low, lane_index());
  const Mask carry = lt(bit_xor(w0, sign), bit_xor(low, sign));
  I32 w1 = add(everywhere(offset >> 32), select(carry, splat_i32(1), splat_i32(0)));
  I32 w2 = splat_i32(0), w3 = splat_i32(0);
  const I32 factor0 = everywhere(0xd2511f53), factor1 = everywhere(0xcd9e8d57);
  uint32_t key_low = static_cast<uint32_t>(seed), key_high = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const I32 high0 = mul_high(factor0, w0), low0 = mul(factor0, w0);
    const I32 high1 = mul_high(factor1, w2), low1 = mul(factor1, w2);
    w0 = bit_xor(bit_xor(high1, w1), everywhere(key_low));
    w1 = low1;
    w2 = bit_xor(bit_xor(high0, w3), everywhere(key_high));
    w3 = low0;
    key_low += 0x9e3779b9;
    key_high += 0xbb67ae85;
  }
  words[0] = w0;
  words[1] = w1;
  words[2] = w2;
  words[3] = w3;
}

// From one value for each word to one for each element: out[4 * lane + w] = planes[w][lane].
inline void interleave(const float (&planes)[4][kLanes], float* out) {
  for (int lane = 0; lane < kLanes; ++lane)
    for (int w = 0; w < 4; ++w) out[4 * lane + w] = planes[w][lane];
}
