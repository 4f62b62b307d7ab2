// SPDX-License-Identifier: Apache-2.0
// Tiles of a factor that is not in memory: the windows of a tensor [batch, depth, height, width, channels], of which
// each is a row of position in the window and, within that, channel. Pieces are taken from where they are in the
// tensor, and are 0 outside it. The channels of a group are whole pieces.
#pragma once
#include "cuda/device/divisor.cuh"
#include "cuda/device/product_tiles.cuh"

namespace nabla::cuda {

// The most positions that a kernel may have along its axes together: WindowRows has a bit for each, and one for none.
constexpr int64_t kMostKernelPositions = 31;

// Along axis a, window o has at position k of the kernel what the tensor has at o * stride[a] + first[a] + k * step[a].
struct WindowGrid {
  int size[3];         // of the tensor
  Divisor windows[3];  // how many there are
  Divisor kernel[3];
  int stride[3], first[3], step[3];
  Divisor channels;  // of a group; there is a group for each matrix of the product
  int64_t row;       // channels of all groups

  // Where column `column` of the rows is: position of the kernel along each axis.
  struct Column {
    int channel, at[3];
    __device__ Column(const WindowGrid& grid, int column) {
      channel = grid.channels.split(column);
      at[2] = grid.kernel[2].split(column);
      at[1] = grid.kernel[1].split(column);
      at[0] = column;
    }
  };
  // Which window row `row` is.
  struct Row {
    int batch, at[3];
    __device__ Row(const WindowGrid& grid, int row) {
      at[2] = grid.windows[2].split(row);
      at[1] = grid.windows[1].split(row);
      at[0] = grid.windows[0].split(row);
      batch = row;
    }
  };
};

// With windows along the outer axis of tiles, and what each has along k.
template <class In>
struct WindowRows {
  using Element = In;
  static constexpr bool kAlongK = true;

  const In* data;
  WindowGrid grid;
};

// A thread has the same windows in every tile. It remembers where each begins, and for every position along each axis
// whether that is inside the tensor: a bit for each, of which those of a piece must all be set.
template <class In, int kOuter, int kBlockThreads>
class TileLoader<WindowRows<In>, kOuter, kBlockThreads> {
  using Tile = FactorTile<In, true, kOuter>;
  using Own = OwnPieces<In, true, kOuter, kBlockThreads>;
  static constexpr uint32_t kNone = uint32_t{1} << 31;  // which no window has

 public:
  __device__ TileLoader(const WindowRows<In>& source, int64_t matrix, int first, int outer, int first_k, int behind_k)
      : grid_(source.grid), data_(source.data + matrix * source.grid.channels.value), behind_k_(behind_k) {
    const Own own;
    k_ = first_k + own.piece * Tile::kPiece;
    at_ = own.offset();
#pragma unroll
    for (int i = 0; i < Own::kOwn; ++i) {
      const int row = first + own.row + i * Own::kApart;
      const WindowGrid::Row window(grid_, row);
      begin_[i] = static_cast<uint32_t>(window.batch);
      inside_[i] = 0;
      int bit = 0;
#pragma unroll
      for (int a = 0; a < 3; ++a) {
        int at = window.at[a] * grid_.stride[a] + grid_.first[a];
        begin_[i] = begin_[i] * static_cast<uint32_t>(grid_.size[a]) + static_cast<uint32_t>(at);
        for (int k = 0; k < grid_.kernel[a].value; ++k, ++bit, at += grid_.step[a])
          inside_[i] |= row < outer && at >= 0 && at < grid_.size[a] ? uint32_t{1} << bit : 0;
      }
    }
  }

  __device__ void load(char* tile) {
    const bool is_within_k = k_ < behind_k_;
    const WindowGrid::Column column(grid_, is_within_k ? k_ : 0);
    const auto step = [&](int a) { return static_cast<uint32_t>(column.at[a] * grid_.step[a]); };
    const int bit_y = grid_.kernel[0].value + column.at[1];
    const int bit_x = grid_.kernel[0].value + grid_.kernel[1].value + column.at[2];
    const uint32_t bits = uint32_t{1} << column.at[0] | uint32_t{1} << bit_y | uint32_t{1} << bit_x;
    const uint32_t needed = is_within_k ? bits : kNone;
    // Of a window that begins outside, `begin_` is modulo 2^32, and what is inside it comes out right.
    const uint32_t further =
        (step(0) * static_cast<uint32_t>(grid_.size[1]) + step(1)) * static_cast<uint32_t>(grid_.size[2]) + step(2);
#pragma unroll
    for (int i = 0; i < Own::kOwn; ++i) {
      const bool is_inside = (inside_[i] & needed) == needed;
      const uint32_t position = is_inside ? begin_[i] + further : 0;  // an address in the tensor, read or not
      const In* const from = data_ + static_cast<int64_t>(position) * grid_.row + column.channel;
      begin_partial_copy(tile + at_ + i * Own::kFurther, from, is_inside ? kPieceBytes : 0);
    }
    k_ += Tile::kDepth;
  }

 private:
  const WindowGrid& grid_;  // a parameter of the kernel
  const In* data_;          // of the group
  int behind_k_, k_;        // k_: where this thread's pieces of the next tile are
  int at_;                  // its first piece in a tile
  uint32_t begin_[Own::kOwn], inside_[Own::kOwn];
};

// With windows along k, and what each has along the outer axis of tiles.
template <class In>
struct WindowColumns {
  using Element = In;
  static constexpr bool kAlongK = false;

  const In* data;
  WindowGrid grid;
};

// A thread has the same position and channel of all windows.
template <class In, int kOuter, int kBlockThreads>
class TileLoader<WindowColumns<In>, kOuter, kBlockThreads> {
  using Tile = FactorTile<In, false, kOuter>;
  using Own = OwnPieces<In, false, kOuter, kBlockThreads>;

 public:
  __device__ TileLoader(const WindowColumns<In>& source, int64_t matrix, int first, int outer, int first_k,
                        int behind_k)
      : grid_(source.grid) {
    const Own own;
    const int at = first + own.piece * Tile::kPiece;
    const WindowGrid::Column column(grid_, at < outer ? at : 0);
#pragma unroll
    for (int a = 0; a < 3; ++a) first_[a] = grid_.first[a] + column.at[a] * grid_.step[a];
    data_ = source.data + matrix * grid_.channels.value + column.channel;
    row_ = first_k + own.row;
    behind_row_ = at < outer ? behind_k : 0;
    at_ = own.offset();
  }

  __device__ void load(char* tile) {
#pragma unroll 1
    for (int i = 0; i < Own::kOwn; ++i) {
      const int row = row_ + i * Own::kApart;
      const WindowGrid::Row window(grid_, row);
      bool is_inside = row < behind_row_;
      auto position = static_cast<uint32_t>(window.batch);
#pragma unroll
      for (int a = 0; a < 3; ++a) {
        const int at = window.at[a] * grid_.stride[a] + first_[a];
        is_inside = is_inside && at >= 0 && at < grid_.size[a];
        position = position * static_cast<uint32_t>(grid_.size[a]) + static_cast<uint32_t>(at);
      }
      const In* const from = data_ + static_cast<int64_t>(is_inside ? position : 0) * grid_.row;
      begin_partial_copy(tile + at_ + i * Own::kFurther, from, is_inside ? kPieceBytes : 0);
    }
    row_ += Tile::kDepth;
  }

 private:
  const WindowGrid& grid_;  // a parameter of the kernel
  const In* data_;          // of the group, from the channel on
  int first_[3];            // where window 0 has the position
  int row_, behind_row_;    // row_: the window of this thread's first piece of the next tile
  int at_;                  // its first piece in a tile
};

}  // namespace nabla::cuda
