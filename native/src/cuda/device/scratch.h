// SPDX-License-Identifier: Apache-2.0
// Device memory for the time of one call. Kernels that were launched may still use it when it goes back: who gets it
// next uses it later on the same stream.
#pragma once
#include "system/allocator.h"

namespace nabla::cuda {

class Scratch {
 public:
  explicit Scratch(size_t bytes) : bytes_(bytes), data_(bytes == 0 ? nullptr : nabla::allocate(bytes)) {}
  ~Scratch() { nabla::release(data_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  size_t bytes_;
  void* data_;
};

}  // namespace nabla::cuda
