// SPDX-License-Identifier: Apache-2.0
// A tensor rounded to bf16, or widened from it, for the time of one call.
#pragma once
#include "cuda/device/bf16.cuh"
#include "cuda/device/scratch.h"

namespace nabla::cuda {

template <class T>
class CopyAs {
 public:
  template <class From>
  CopyAs(const From* x, int64_t count) : CopyAs(count) {
    convert(kName, x, data(), count);
  }
  // Of what a kernel is yet to write.
  explicit CopyAs(int64_t count) : count_(count), scratch_(static_cast<size_t>(count) * sizeof(T)) {}

  T* data() const { return scratch_.as<T>(); }
  template <class To>
  void give(To* to) const {
    convert(kName, data(), to, count_);
  }

 private:
  static constexpr const char* kName = "conversion of bf16";
  int64_t count_;
  Scratch scratch_;
};

}  // namespace nabla::cuda
