// SPDX-License-Identifier: Apache-2.0
// The counter-based generator, as in cpu/philox-inl.h: the same words on every device.
#pragma once
#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>

namespace nabla::cuda {

struct PhiloxBlock {
  uint32_t words[4];
};

// The four words of one block of the stream `seed`.
// Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405
__device__ inline PhiloxBlock philox(uint64_t seed, uint64_t block) {
  uint32_t w0 = static_cast<uint32_t>(block), w1 = static_cast<uint32_t>(block >> 32), w2 = 0, w3 = 0;
  uint32_t key_low = static_cast<uint32_t>(seed), key_high = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint32_t high0 = __umulhi(0xd2511f53u, w0), low0 = 0xd2511f53u * w0;
    const uint32_t high1 = __umulhi(0xcd9e8d57u, w2), low1 = 0xcd9e8d57u * w2;
    w0 = high1 ^ w1 ^ key_low;
    w1 = low1;
    w2 = high0 ^ w3 ^ key_high;
    w3 = low0;
    key_low += 0x9e3779b9u;
    key_high += 0xbb67ae85u;
  }
  return {{w0, w1, w2, w3}};
}

// What dropout keeps: elements are kept when the upper 24 bits of their word are at least `threshold`.
struct Keep {
  uint64_t seed, offset;  // offset: the block of elements 0 to 3
  uint32_t threshold;
  float scale;  // the factor of kept elements

  Keep(double probability, int64_t seed, int64_t offset)
      : seed(static_cast<uint64_t>(seed)),
        offset(static_cast<uint64_t>(offset)),
        threshold(static_cast<uint32_t>(std::ceil(probability * 16777216))),
        scale(static_cast<float>(1 / (1 - probability))) {}

  // `scale` or 0 for one element.
  __device__ float factor(int64_t element) const {
    const PhiloxBlock block = philox(seed, offset + static_cast<uint64_t>(element) / 4);
    return factor_of(block.words[element % 4]);
  }
  __device__ float factor_of(uint32_t word) const { return (word >> 8) < threshold ? 0.0f : scale; }
};

}  // namespace nabla::cuda
