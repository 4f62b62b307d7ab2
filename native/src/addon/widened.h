// SPDX-License-Identifier: Apache-2.0
// A buffer that is stored as bf16, as the float32 that a kernel wants to read which takes no halves: for one call of
// it.
#pragma once
#include "addon/environment.h"
#include "kernels/device.h"
#include "system/allocator.h"

namespace nabla::addon {

class Widened {
 public:
  Widened() = default;
  Widened(const Widened&) = delete;
  Widened& operator=(const Widened&) = delete;
  ~Widened() { release(floats_, bytes_); }

  // The first `bytes` bytes of the slot, as what they would be if it were float32.
  const void* read(const Slot& slot, size_t bytes) {
    if (!slot.halves) return slot.data;
    const size_t count = (bytes + sizeof(float) - 1) / sizeof(float);
    bytes_ = count * sizeof(float);
    floats_ = static_cast<float*>(allocate(bytes_));
    device::widen_bf16(floats_, static_cast<const uint16_t*>(slot.data), count);
    return floats_;
  }

 private:
  float* floats_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace nabla::addon
