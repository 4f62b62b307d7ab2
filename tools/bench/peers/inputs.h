// SPDX-License-Identifier: Apache-2.0
// The inputs and fingerprints of ../inputs.mjs, bit for bit.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

namespace bench {

// Memory that starts at a line of the caches, as that of our tensors does and that of PyTorch's.
template <class T>
struct Aligned {
  using value_type = T;
  static constexpr std::align_val_t kLine{64};
  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kLine)); }
  void deallocate(T* memory, size_t) { ::operator delete(memory, kLine); }
  bool operator==(const Aligned&) const { return true; }
  bool operator!=(const Aligned&) const { return false; }
};

using Floats = std::vector<float, Aligned<float>>;

inline uint32_t mix(uint32_t position, uint32_t seed) {
  uint32_t bits = (position + 1) * 0x9e3779b1u + seed * 0x85ebca6bu;
  bits = (bits ^ (bits >> 15)) * 0x2c1b3c6du;
  return bits ^ (bits >> 12);
}

inline double uniform(uint32_t position, uint32_t seed) { return (mix(position, seed) >> 8) / 16777216.0 - 0.5; }

inline Floats fill(size_t size, uint32_t seed) {
  Floats values(size);
  for (size_t i = 0; i < size; ++i) values[i] = static_cast<float>(uniform(static_cast<uint32_t>(i), seed));
  return values;
}

// One result by name, as JSON.
inline std::string fingerprint(const std::string& name, const Floats& values) {
  double squares = 0;
  double probe = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    squares += static_cast<double>(values[i]) * values[i];
    probe += values[i] * uniform(static_cast<uint32_t>(i), 0);
  }
  return "{\"" + name + "\":{\"norm\":" + std::to_string(std::sqrt(squares)) + ",\"probe\":" + std::to_string(probe) +
         "}}";
}

}  // namespace bench
