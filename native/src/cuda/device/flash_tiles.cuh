// SPDX-License-Identifier: Apache-2.0
// Tiles of fused attention: rows of a head in shared memory, and how they come there. Four warps work on a tile; each
// has 16 or 32 of its rows, which are the left factor of all its products. In every precision, what they come to lies
// in the registers of a warp as a fragment c of tensor_cores.cuh does.
#pragma once
#include <type_traits>

#include "cuda/device/rows.cuh"
#include "cuda/device/tensor_cores.cuh"
#include "cuda/flash_attention.h"
#include "cuda/runtime/cublas.h"

namespace nabla::cuda {

constexpr int kTileThreads = 4 * kWarp;

__device__ inline int this_lane() { return static_cast<int>(threadIdx.x) % kWarp; }
__device__ inline int this_warp() { return static_cast<int>(threadIdx.x) / kWarp; }

// kSize is the size of heads and of values, rounded up to one of the sizes that are compiled; zeros fill it up.

// As the factors of products lie in memory.
template <Precision kPrecision>
using Multiplied = std::conditional_t<kPrecision == Precision::kBf16, uint16_t, float>;

// Factors in 16 bytes, which are copied at once.
template <Precision kPrecision>
constexpr int kPiece = 16 / static_cast<int>(sizeof(Multiplied<kPrecision>));

// Elements from one row of a tile to the next. The 16 bytes more let 8 rows below one another lie in different banks.
template <Precision kPrecision, int kSize>
constexpr int kPitch = kSize + kPiece<kPrecision>;

// The rows of a head, of which tiles are copied. Each thread copies a piece of a row, and the same one of others.
template <Precision kPrecision, int kSize>
class Source {
  using T = Multiplied<kPrecision>;

 public:
  __device__ Source(const Heads<const T>& from, int batch, int head, int rows, int size)
      : from_(from.data + batch * from.batch + head * from.head + first_row() * from.time + column()),
        step_(from.time),
        end_(column() < size ? rows - first_row() : 0) {}

  // Begins to copy rows `first` to first + kRows - 1 of the head that lies `further` on; zeros beyond the last row and
  // the last column.
  template <int kRows>
  __device__ void begin(T* tile, int first, int64_t further = 0) const {
    constexpr int kTogether = kTileThreads / kPieces;  // rows that all threads copy at once
    static_assert(kRows % kTogether == 0, "all threads copy as often");
    T* const to = tile + first_row() * kPitch<kPrecision, kSize> + column();
#pragma unroll
    for (int row = 0; row < kRows; row += kTogether) {
      const bool inside = first + row < end_;
      begin_copy(to + row * kPitch<kPrecision, kSize>, inside ? from_ + further + (first + row) * step_ : from_,
                 inside);
    }
  }

 private:
  static constexpr int kPieces = kSize / kPiece<kPrecision>;
  __device__ static int first_row() { return static_cast<int>(threadIdx.x) / kPieces; }
  __device__ static int column() { return static_cast<int>(threadIdx.x) % kPieces * kPiece<kPrecision>; }
  const T* from_;  // what this thread copies of row 0
  int64_t step_;
  int end_;  // of its rows
};

}  // namespace nabla::cuda
