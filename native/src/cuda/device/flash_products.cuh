// SPDX-License-Identifier: Apache-2.0
// Products of tiles on the tensor cores: of bf16, or of float32 that is rounded to tf32 as it is multiplied. Both take
// 32 bytes along a row at once, two pieces, and are one but for what rounds and multiplies; flash_exact_products.cuh
// has the same in float32.
#pragma once
#include <cstring>

#include "cuda/device/flash_tiles.cuh"

namespace nabla::cuda {

template <Precision kPrecision, int kSize>
class Products {
  using T = Multiplied<kPrecision>;
  static constexpr bool kInBf16 = kPrecision == Precision::kBf16;
  static constexpr int kTilePitch = kPitch<kPrecision, kSize>, kTwoPieces = 2 * kPiece<kPrecision>;
  static constexpr int kSteps = kSize / kTwoPieces;  // along a row

 public:
  // kCount times 16 rows of a tile as left factor: kept in registers, or loaded whenever they are multiplied. They
  // are this warp's alone: what is loaded often is rounded to tf32 once, where it lies.
  template <int kCount, bool kKept>
  class LeftRows {
   public:
    static constexpr bool kTakesRows = kKept || !kInBf16;  // as it is made: they must be there

    __device__ LeftRows(T* tile, int first_row) : rows_(rows_below(tile + first_row * kTilePitch)) {
      if constexpr (kKept) {
#pragma unroll
        for (int m = 0; m < kCount; ++m)
#pragma unroll
          for (int k = 0; k < kSteps; ++k) load(kept_[m][k], at(m, k));
      } else if constexpr (!kInBf16) {
        round_rows(tile + first_row * kTilePitch, kCount * 16);
      }
    }
    __device__ void get(uint32_t (&a)[4], int m, int k) const {
      if constexpr (kKept) {
#pragma unroll
        for (int i = 0; i < 4; ++i) a[i] = kept_[m][k][i];
      } else {
        load_matrices(a, at(m, k));
      }
    }

   private:
    __device__ const T* at(int m, int k) const { return rows_ + m * 16 * kTilePitch + k * kTwoPieces; }
    const T* rows_;
    uint32_t kept_[kKept ? kCount : 1][kKept ? kSteps : 1][4];
  };

  // c = left right^T, with as many rows of a tile as right as c has columns.
  template <int kCount, int kFragments, bool kKept>
  __device__ static void multiply_rows(float (&c)[kCount][kFragments][4], const LeftRows<kCount, kKept>& left,
                                       const T* right) {
    const T* const rows = rows_beside(right);
#pragma unroll
    for (int m = 0; m < kCount; ++m)
#pragma unroll
      for (int n = 0; n < kFragments; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) c[m][n][i] = 0;
#pragma unroll
    for (int k = 0; k < kSteps; ++k) {
      uint32_t a[kCount][4];
#pragma unroll
      for (int m = 0; m < kCount; ++m) left.get(a[m], m, k);
#pragma unroll
      for (int n = 0; n < kFragments / 2; ++n) {
        uint32_t b[4];
        load(b, rows + n * 16 * kTilePitch + k * kTwoPieces);
#pragma unroll
        for (int m = 0; m < kCount; ++m) multiply_pair(c[m][2 * n], c[m][2 * n + 1], a[m], b);
      }
    }
  }

  // c += left right, where left is 16 columns of numbers that are to be rounded, from column 16 k on, and right as many
  // rows of a tile.
  template <int kCount, int kFragments>
  __device__ static void add_columns(float (&c)[kCount][kSize / 8][4], const float (&left)[kCount][kFragments][4],
                                     int k, const T* right) {
    if constexpr (kInBf16)
      add_columns_of_bf16(c, left, k, right);
    else
      add_columns_of_tf32(c, left, k, right);
  }

 private:
  // Where the rows begin that a lane names to load two pieces of 16 rows of a tile: as left factor, or as right factor
  // whose rows are the inner dimension (transposed), ...
  __device__ static const T* rows_below(const T* tile) {
    return tile + this_lane() % 16 * kTilePitch + this_lane() / 16 * kPiece<kPrecision>;
  }
  // ... and as right factor whose columns are.
  __device__ static const T* rows_beside(const T* tile) {
    return tile + (this_lane() % 8 + this_lane() / 16 * 8) * kTilePitch + this_lane() / 8 % 2 * kPiece<kPrecision>;
  }

  __device__ static void load(uint32_t (&to)[4], const T* row) {
    load_matrices(to, row);
    if constexpr (!kInBf16) round(to);
  }

  // Rounds `count` rows of a tile, which no other warp reads or writes, where they lie.
  __device__ static void round_rows(T* rows, int count) {
    constexpr int kPieces = kSize / kPiece<kPrecision>;
    for (int i = this_lane(); i < count * kPieces; i += kWarp) {
      T* const piece = rows + i / kPieces * kTilePitch + i % kPieces * kPiece<kPrecision>;
      round(reinterpret_cast<Lanes<uint32_t, 4>*>(piece)->at);
    }
    __syncwarp();
  }

  // Rounds float32 to tf32.
  __device__ static void round(uint32_t (&numbers)[4]) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      float x;
      memcpy(&x, &numbers[i], sizeof x);
      numbers[i] = tf32(x);
    }
  }

  // Two neighbouring products that share a left factor; b is what load_matrices gives for 16 columns.
  __device__ static void multiply_pair(float (&left)[4], float (&right)[4], const uint32_t (&a)[4],
                                       const uint32_t (&b)[4]) {
    const uint32_t first[2] = {b[0], b[1]}, second[2] = {b[2], b[3]};
    if constexpr (kInBf16) {
      multiply_bf16(left, a, first);
      multiply_bf16(right, a, second);
    } else {
      multiply_tf32(left, a, first);
      multiply_tf32(right, a, second);
    }
  }

  template <int kCount, int kFragments>
  __device__ static void add_columns_of_bf16(float (&c)[kCount][kSize / 8][4],
                                             const float (&left)[kCount][kFragments][4], int k, const T* right) {
    const T* const rows = rows_below(right + k * 16 * kTilePitch);
    uint32_t a[kCount][4];
#pragma unroll
    for (int m = 0; m < kCount; ++m)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float(&x)[4] = left[m][2 * k + i / 2];
        a[m][i] = pair_of_bf16(x[i % 2 * 2], x[i % 2 * 2 + 1]);
      }
#pragma unroll
    for (int n = 0; n < kSize / 16; ++n) {
      uint32_t b[4];
      load_matrices_transposed(b, rows + n * 16);
#pragma unroll
      for (int m = 0; m < kCount; ++m) multiply_pair(c[m][2 * n], c[m][2 * n + 1], a[m], b);
    }
  }

  // A thread holds columns 2t and 2t + 1 of left, but an `a` of tf32 has t and t + 4: the inner dimension is gone
  // through in another order, that of the rows of right as well. The banks that a warp reads are all different.
  template <int kCount, int kFragments>
  __device__ static void add_columns_of_tf32(float (&c)[kCount][kSize / 8][4],
                                             const float (&left)[kCount][kFragments][4], int k, const T* right) {
    const T* const rows = right + (k * 16 + this_lane() % 4 * 2) * kTilePitch + this_lane() / 4;
#pragma unroll
    for (int eight = 0; eight < 2; ++eight) {
      uint32_t a[kCount][4];
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int i = 0; i < 4; ++i) a[m][i] = tf32(left[m][2 * k + eight][i % 2 * 2 + i / 2]);
#pragma unroll
      for (int n = 0; n < kSize / 8; ++n) {
        const T* const at = rows + eight * 8 * kTilePitch + n * 8;
        const uint32_t b[2] = {tf32(at[0]), tf32(at[kTilePitch])};
#pragma unroll
        for (int m = 0; m < kCount; ++m) multiply_tf32(c[m][n], a[m], b);
      }
    }
  }
};

}  // namespace nabla::cuda
