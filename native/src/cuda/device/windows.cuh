// SPDX-License-Identifier: Apache-2.0
// Windows of the three axes between batch and channels: which positions a window has, and which windows a position is
// in.
#pragma once
#include "cuda/device/elements.cuh"
#include "kernels/contract.h"

namespace nabla::cuda {

// One axis; see kernels/pool.h and kernels/conv.h.
struct WindowAxis {
  int64_t in, out, kernel, stride, padding, dilation;
  bool adaptive;

  // Positions of window o, from `first` in steps; those outside the input are among them unless adaptive.
  __device__ int64_t first(int64_t o) const { return adaptive ? o * in / out : o * stride - padding; }
  __device__ int64_t count(int64_t o) const {
    return adaptive ? ((o + 1) * in + out - 1) / out - o * in / out : kernel;
  }
  __device__ int64_t step() const { return adaptive ? 1 : dilation; }

  // Windows that position i may be in: from the first up to but not including the last; has() tells those that do have
  // it.
  __device__ int64_t first_window(int64_t i) const {
    if (adaptive) return i * out / in;
    const int64_t reach = i + padding - (kernel - 1) * dilation;
    return reach <= 0 ? 0 : (reach + stride - 1) / stride;
  }
  __device__ int64_t end_window(int64_t i) const {
    const int64_t end = adaptive ? ((i + 1) * out + in - 1) / in : (i + padding) / stride + 1;
    return end < out ? end : out;
  }
  // Which position of window o is i; -1 for none.
  __device__ int64_t position_in(int64_t o, int64_t i) const {
    const int64_t distance = i - first(o);
    if (distance < 0 || distance % step() != 0 || distance / step() >= count(o)) return -1;
    return distance / step();
  }
};

struct Windows {
  WindowAxis axes[3];  // depth, height, width

  template <class Params>
  explicit Windows(const Params& p, bool adaptive) {
    for (int a = 0; a < 3; ++a)
      axes[a] = {p.in_size.size[a], p.out_size.size[a], p.kernel.size[a], p.stride.size[a],
                 p.padding.size[a], p.dilation.size[a], adaptive};
  }
  __device__ int64_t in_positions() const { return axes[0].in * axes[1].in * axes[2].in; }
  __device__ int64_t out_positions() const { return axes[0].out * axes[1].out * axes[2].out; }
};

// An element of [batch, depth, height, width, channels].
struct Spatial {
  int64_t batch, at[3], channel;
  __device__ Spatial(int64_t i, int64_t channels, const int64_t (&size)[3]) {
    const Division pixel(i, channels), row(pixel.quotient, size[2]), plane(row.quotient, size[1]),
        volume(plane.quotient, size[0]);
    batch = volume.quotient;
    at[0] = volume.remainder, at[1] = plane.remainder, at[2] = row.remainder;
    channel = pixel.remainder;
  }
};

}  // namespace nabla::cuda
