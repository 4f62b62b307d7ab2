// SPDX-License-Identifier: Apache-2.0
// The random words of Philox 4x32-10, kLanes blocks at a time: those of packages/core/src/philox.ts.

constexpr int64_t kPhiloxGroup = 4 * kLanes;  // words, and so elements, that kLanes blocks give

constexpr int kPhiloxRounds = 10;

// A stream of random blocks. Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405
class Philox {
 public:
  explicit Philox(uint64_t seed) {
    uint32_t low = static_cast<uint32_t>(seed), high = static_cast<uint32_t>(seed >> 32);
    for (auto& key : keys_) {
      key[0] = static_cast<int32_t>(low), key[1] = static_cast<int32_t>(high);
      low += 0x9e3779b9, high += 0xbb67ae85;
    }
  }

  // words[g][w] holds word w of the blocks offset + kLanes * g + lane.
  template <int kGroups>
  void operator()(uint64_t offset, I32 (&words)[kGroups][4]) const {
    for (int g = 0; g < kGroups; ++g) start(offset + static_cast<uint64_t>(g * kLanes), words[g]);
    const I32 factor0 = everywhere(0xd2511f53), factor1 = everywhere(0xcd9e8d57);
    for (const auto& key : keys_) {
      const I32 low_key = splat_i32(key[0]), high_key = splat_i32(key[1]);
      for (auto& w : words) {
        I32 high0, low0, high1, low1;
        mul_wide(factor0, w[0], high0, low0);
        mul_wide(factor1, w[2], high1, low1);
        w[0] = bit_xor(bit_xor(high1, w[1]), low_key);
        w[1] = low1;
        w[2] = bit_xor(bit_xor(high0, w[3]), high_key);
        w[3] = low0;
      }
    }
  }

 private:
  static I32 everywhere(uint64_t x) { return splat_i32(static_cast<int32_t>(x)); }

  // The number of each block, in 128 bits.
  static void start(uint64_t offset, I32 (&words)[4]) {
    const I32 low = everywhere(offset), sign = splat_i32(INT32_MIN);  // the sign is flipped to compare without it
    words[0] = add(low, lane_index());
    const Mask carry = lt(bit_xor(words[0], sign), bit_xor(low, sign));
    words[1] = add(everywhere(offset >> 32), select(carry, splat_i32(1), splat_i32(0)));
    words[2] = words[3] = splat_i32(0);
  }

  int32_t keys_[kPhiloxRounds][2];
};

// From one value for each word to one for each element: out[4 * lane + w] = planes[w][lane].
inline void interleave(const float (&planes)[4][kLanes], float* out) {
  for (int lane = 0; lane < kLanes; ++lane)
    for (int w = 0; w < 4; ++w) out[4 * lane + w] = planes[w][lane];
}
