// SPDX-License-Identifier: Apache-2.0
// Products of tiles in float32, for which there are no tensor cores. A thread has the elements of a result that it
// would have of the tensor cores: two of each 16 rows, and two of each 8 columns.
#pragma once
#include "cuda/device/elements.cuh"
#include "cuda/device/flash_products.cuh"

namespace nabla::cuda {

template <int kSize>
class Products<Precision::kFloat32, kSize> {
  static constexpr int kTilePitch = kPitch<Precision::kFloat32, kSize>;

 public:
  // kCount times 16 rows of a tile as left factor. Registers are for sums: they are never kept.
  template <int kCount, bool kKept>
  class LeftRows {
    static_assert(!kKept, "loaded whenever they are multiplied");

   public:
    static constexpr bool kTakesRows = false;

    __device__ LeftRows(const float* tile, int first_row) : rows_(tile + (first_row + this_lane() / 4) * kTilePitch) {}
    // Four neighbours, from column k on, of the upper or lower of this thread's rows in fragment m.
    __device__ Four<float> get(int m, int lower, int k) const {
      return load<4>(rows_ + (m * 16 + lower * 8) * kTilePitch + k);
    }

   private:
    const float* rows_;
  };

  // c = left right^T, with as many rows of a tile as right as c has columns.
  template <int kCount, int kFragments, bool kKept>
  __device__ static void multiply_rows(float (&c)[kCount][kFragments][4], const LeftRows<kCount, kKept>& left,
                                       const float* right) {
    const float* const rows = right + this_lane() % 4 * 2 * kTilePitch;
#pragma unroll
    for (int m = 0; m < kCount; ++m)
#pragma unroll
      for (int n = 0; n < kFragments; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) c[m][n][i] = 0;
#pragma unroll 2
    for (int k = 0; k < kSize; k += 4) {
      Four<float> a[kCount][2];
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int lower = 0; lower < 2; ++lower) a[m][lower] = left.get(m, lower, k);
#pragma unroll
      for (int n = 0; n < kFragments; ++n)
#pragma unroll
        for (int odd = 0; odd < 2; ++odd) {
          const Four<float> b = load<4>(rows + (n * 8 + odd) * kTilePitch + k);
#pragma unroll
          for (int m = 0; m < kCount; ++m)
#pragma unroll
            for (int lower = 0; lower < 2; ++lower)
#pragma unroll
              for (int lane = 0; lane < 4; ++lane) {
                float& sum = c[m][n][2 * lower + odd];
                sum = fmaf(a[m][lower].at[lane], b.at[lane], sum);
              }
        }
    }
  }

  // c += left right, where left is 16 columns of numbers, from column 16 k on, and right as many rows of a tile. The
  // four threads that share rows have two of each 8 columns: at every distance, each takes those of another one.
  template <int kCount, int kFragments>
  __device__ static void add_columns(float (&c)[kCount][kSize / 8][4], const float (&left)[kCount][kFragments][4],
                                     int k, const float* right) {
    const int own = this_lane() % 4;
#pragma unroll 1
    for (int distance = 0; distance < 4; ++distance) {
      const float* const rows = right + (k * 16 + (own ^ distance) * 2) * kTilePitch + own * 2;
#pragma unroll
      for (int column = 0; column < 4; ++column) {
        const int fragment = column / 2, odd = column % 2;
        float a[kCount][2];
#pragma unroll
        for (int m = 0; m < kCount; ++m)
#pragma unroll
          for (int lower = 0; lower < 2; ++lower)
            a[m][lower] = __shfl_xor_sync(0xffffffffu, left[m][2 * k + fragment][2 * lower + odd], distance);
#pragma unroll
        for (int n = 0; n < kSize / 8; ++n) {
          const Lanes<float, 2> b = load<2>(rows + (fragment * 8 + odd) * kTilePitch + n * 8);
#pragma unroll
          for (int m = 0; m < kCount; ++m)
#pragma unroll
            for (int i = 0; i < 4; ++i) c[m][n][i] = fmaf(a[m][i / 2], b.at[i % 2], c[m][n][i]);
        }
      }
    }
  }
};

}  // namespace nabla::cuda
