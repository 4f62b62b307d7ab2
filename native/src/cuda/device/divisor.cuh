// SPDX-License-Identifier: Apache-2.0
// Division by a number that a launch knows: a multiplication and a shift, where a GPU would take some twenty
// instructions.
#pragma once
#include <cstdint>

#include "cuda/runtime/launch.cuh"

namespace nabla::cuda {

// With 2^s the first power of 2 that is not below the divisor d, and m = 2^(31+s) / d rounded up, n * m / 2^(31+s) is
// too large by n * (m * d - 2^(31+s)) / (d * 2^(31+s)), which for n < 2^31 is below 1 / d: not enough for another
// integer. (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994.)
struct Divisor {
  int value = 1;

  Divisor() = default;
  explicit Divisor(int64_t divisor) : value(static_cast<int>(divisor)) {
    while (int64_t{1} << (shift_ - 31) < divisor) ++shift_;
    multiplier_ = static_cast<uint32_t>(((uint64_t{1} << shift_) + static_cast<uint64_t>(divisor) - 1) /
                                        static_cast<uint64_t>(divisor));
  }

  // n / value, of an n >= 0.
  __device__ int quotient(int n) const {
    return static_cast<int>((uint64_t{static_cast<uint32_t>(n)} * multiplier_) >> shift_);
  }
  // Leaves the quotient in n, and gives the remainder.
  __device__ int split(int& n) const {
    const int whole = n, q = quotient(n);
    n = q;
    return whole - q * value;
  }

 private:
  uint32_t multiplier_ = uint32_t{1} << 31;
  int shift_ = 31;
};

}  // namespace nabla::cuda
