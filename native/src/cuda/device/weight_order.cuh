// SPDX-License-Identifier: Apache-2.0
// Weights of a convolution in the order in which windows are read: [groups, rows, positions, channels], of the weight
// [out_channels, in_channels / groups, kernel].
#pragma once
#include "cuda/device/elements.cuh"
#include "kernels/conv.h"

namespace nabla::cuda {

// Positions of the kernel along an axis: `count` of them, from `first` in steps.
struct KernelPart {
  int64_t first, step, count;
};

struct WeightOrder {
  int64_t rows, channels;                      // of a group
  int64_t group_step, row_step, channel_step;  // elements of the weight from one to the next
  int64_t kernel[3];                           // the whole one
  KernelPart parts[3];                         // of it, which there are

  // With rows for the output's channels: what meets windows of the input.
  static WeightOrder by_output(const ConvParams& p) {
    const int64_t *size = p.kernel.size, ins = p.in_channels / p.groups, outs = p.out_channels / p.groups;
    const int64_t kernel = size[0] * size[1] * size[2];
    return {outs,
            ins,
            outs * ins * kernel,
            ins * kernel,
            kernel,
            {size[0], size[1], size[2]},
            {{0, 1, size[0]}, {0, 1, size[1]}, {0, 1, size[2]}}};
  }
  // With rows for the input's channels: what meets windows of the output.
  static WeightOrder by_input(const ConvParams& p, const KernelPart (&parts)[3]) {
    const WeightOrder other = by_output(p);
    return {other.channels,
            other.rows,
            other.group_step,
            other.channel_step,
            other.row_step,
            {other.kernel[0], other.kernel[1], other.kernel[2]},
            {parts[0], parts[1], parts[2]}};
  }

  // Where in the weight element i of this order is.
  __device__ int64_t place(int64_t i) const {
    const Division channel(i, channels), x(channel.quotient, parts[2].count), y(x.quotient, parts[1].count),
        z(y.quotient, parts[0].count), row(z.quotient, rows);
    const int64_t along[3] = {z.remainder, y.remainder, x.remainder};
    int64_t position = 0;
    for (int a = 0; a < 3; ++a) position = position * kernel[a] + parts[a].first + along[a] * parts[a].step;
    return row.quotient * group_step + row.remainder * row_step + channel.remainder * channel_step + position;
  }
};

template <class T>
struct OrderWeight {
  const float* weight;
  WeightOrder order;
  T* ordered;
  __device__ void operator()(int64_t i) const { ordered[i] = stored<T>(weight[order.place(i)]); }
};

struct RestoreWeight {
  const float* ordered;
  WeightOrder order;
  float* weight;
  __device__ void operator()(int64_t i) const { weight[order.place(i)] = ordered[i]; }
};

}  // namespace nabla::cuda
