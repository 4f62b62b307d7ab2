// SPDX-License-Identifier: Apache-2.0
// Buffers that are stored as bf16: the upper half of a float32, rounded.
#include <cstring>

#include "kernels/device.h"
#include "system/thread_pool.h"

namespace nabla::device {
namespace {

constexpr int64_t kGrain = 1 << 15;  // elements that a thread should have at least

uint16_t rounded(uint32_t bits) {
  const uint32_t to_nearest_even = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const uint32_t quiet_nan = bits >> 16 | 0x40;
  return static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? quiet_nan : to_nearest_even);
}

void round_range(uint16_t* to, const float* from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, from + i, sizeof bits);
    to[i] = rounded(bits);
  }
}

void widen_range(float* to, const uint16_t* from, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const uint32_t bits = static_cast<uint32_t>(from[i]) << 16;
    std::memcpy(to + i, &bits, sizeof bits);
  }
}

// Calls convert(to, from, elements) for parts of the whole, on all threads.
template <class To, class From, void (*convert)(To*, const From*, int64_t)>
void on_all_threads(To* to, const From* from, size_t count) {
  struct Parts {
    To* to;
    const From* from;
    static void convert_part(void* context, int64_t begin, int64_t end, int) {
      const Parts& parts = *static_cast<const Parts*>(context);
      convert(parts.to + begin, parts.from + begin, end - begin);
    }
  } parts{to, from};
  run_parallel(static_cast<int64_t>(count), kGrain, &Parts::convert_part, &parts);
}

}  // namespace

void round_to_bf16(uint16_t* to, const float* from, size_t count) {
  on_all_threads<uint16_t, float, round_range>(to, from, count);
}

void widen_bf16(float* to, const uint16_t* from, size_t count) {
  on_all_threads<float, uint16_t, widen_range>(to, from, count);
}

void copy_bf16_to_host(float* to, const uint16_t* from, size_t count) { widen_bf16(to, from, count); }

}  // namespace nabla::device
