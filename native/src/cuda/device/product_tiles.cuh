// SPDX-License-Identifier: Apache-2.0
// Tiles of the two factors of a product: how they lie in shared memory, how they come there, and how a warp takes the
// fragments of its multiplies out of them. A tile is kOuter rows of a, or columns of b, by 64 bytes along k; with
// 16-byte pieces as the unit, bf16 and float32 differ in one case only.
#pragma once
#include "cuda/device/bf16.cuh"
#include "cuda/device/tensor_cores.cuh"

namespace nabla::cuda {

constexpr int kPieceBytes = 16;  // what is copied at once
constexpr int kStepsOfTile = 2;  // multiplies of 32 bytes along k in a tile
constexpr int kLanes = 32;       // of a warp

// kAlongK: the rows of the matrix in memory run along k, else along its other axis. A row of the tile is one of memory.
template <class In, bool kAlongK, int kOuter>
struct FactorTile {
  static constexpr int kPiece = kPieceBytes / static_cast<int>(sizeof(In));  // elements
  static constexpr int kDepth = 2 * kStepsOfTile * kPiece;                   // along k
  static constexpr int kRows = kAlongK ? kOuter : kDepth;
  static constexpr int kPieces = (kAlongK ? kDepth : kOuter) / kPiece;  // of a row
  static constexpr int kRowBytes = kPieces * kPieceBytes;
  static constexpr int kBytes = kRows * kRowBytes;

  // In bytes. Pieces are exchanged within a row such that what a warp reads at once is in different banks: 8 rows of
  // one piece, for load_matrices, or 4 rows of two pieces, where float32 is read one by one.
  __device__ static int offset(int row, int piece) {
    const int turn = kAlongK ? row / 2 % 4 : sizeof(In) == 2 ? row % 8 : row % 4 * 2;
    return row * kRowBytes + (piece ^ turn) * kPieceBytes;
  }
};

// What each of kBlockThreads brings into every tile of a factor: a piece of every kApart-th row, at the same place of
// each.
template <class In, bool kAlongK, int kOuter, int kBlockThreads>
struct OwnPieces {
  using Tile = FactorTile<In, kAlongK, kOuter>;
  static constexpr int kApart = kBlockThreads / Tile::kPieces, kOwn = Tile::kRows / kApart;
  static_assert(kOwn > 0 && kApart % (kAlongK || sizeof(In) == 2 ? 8 : 4) == 0, "its pieces are all turned alike");

  const int row, piece;  // the first
  __device__ OwnPieces()
      : row(static_cast<int>(threadIdx.x) / Tile::kPieces), piece(static_cast<int>(threadIdx.x) % Tile::kPieces) {}

  __device__ int offset() const { return Tile::offset(row, piece); }  // of the first, in bytes
  static constexpr int kFurther = kApart * Tile::kRowBytes;           // and of each next one from the one before
};

// A TileLoader brings the tiles of one block from a source, which says what the factor is. Sources have
// - Element, as tiles have them
// - kAlongK, of the tiles
// and loaders
// - a constructor (source, matrix, first, outer, first_k, behind_k): of the rows, or columns, from `first` on of
//   `outer`, and of k from first_k to before behind_k
// - load(tile), which begins to bring the next tile along k; what is beyond the factor becomes 0 and is not read.
template <class Source, int kOuter, int kBlockThreads>
class TileLoader;

// Matrices in memory, one after the other. kAligned: all rows begin at multiples of 16 bytes.
template <class In, bool kRowsAlongK, bool kIsAligned>
struct Matrices {
  using Element = In;
  static constexpr bool kAlongK = kRowsAlongK, kAligned = kIsAligned;

  const In* data;
  int64_t row, matrix;  // elements from one row, and from one matrix, to the next
};

template <class In, bool kAlongK, bool kAligned, int kOuter, int kBlockThreads>
class TileLoader<Matrices<In, kAlongK, kAligned>, kOuter, kBlockThreads> {
  using Tile = FactorTile<In, kAlongK, kOuter>;
  using Own = OwnPieces<In, kAlongK, kOuter, kBlockThreads>;

 public:
  __device__ TileLoader(const Matrices<In, kAlongK, kAligned>& source, int64_t matrix, int first, int outer,
                        int first_k, int behind_k) {
    const Own own;
    const int64_t at_row = own.row + (kAlongK ? first : first_k);
    const int64_t at_column = own.piece * Tile::kPiece + (kAlongK ? first_k : first);
    next_ = source.data + matrix * source.matrix + at_row * source.row + at_column;
    apart_ = Own::kApart * source.row;
    step_ = kAlongK ? Tile::kDepth : Tile::kDepth * source.row;
    rows_left_ = static_cast<int>((kAlongK ? outer : behind_k) - at_row);
    columns_left_ = static_cast<int>((kAlongK ? behind_k : outer) - at_column);
    at_ = own.offset();
  }

  __device__ void load(char* tile) {
#pragma unroll
    for (int i = 0; i < Own::kOwn; ++i) {
      const int inside = i * Own::kApart < rows_left_ ? columns_left_ : 0;
      copy_piece(tile + at_ + i * Own::kFurther, next_ + i * apart_, inside);
    }
    next_ += step_;
    (kAlongK ? columns_left_ : rows_left_) -= Tile::kDepth;
  }

 private:
  // A piece, of which the first `inside` elements are in the matrix; any number.
  __device__ static void copy_piece(char* to, const In* from, int inside) {
    if constexpr (kAligned) {
      const int count = inside < 0 ? 0 : inside < Tile::kPiece ? inside : Tile::kPiece;
      begin_partial_copy(to, from, count * static_cast<int>(sizeof(In)));
    } else if constexpr (sizeof(In) == 4) {
#pragma unroll
      for (int i = 0; i < Tile::kPiece; ++i) begin_copy_of_4(to + 4 * i, from + i, i < inside);
    } else {
      // Two bytes are too few for a copy in the background.
      Four<uint32_t> pairs;
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const uint32_t low = 2 * i < inside ? from[2 * i] : 0, high = 2 * i + 1 < inside ? from[2 * i + 1] : 0;
        pairs.at[i] = low | high << 16;
      }
      *reinterpret_cast<Four<uint32_t>*>(to) = pairs;
    }
  }

  const In* next_;    // the piece in the first row of this thread, in the next tile
  int64_t apart_;     // elements from one of its rows to the next
  int64_t step_;      // and from tile to tile
  int rows_left_;     // of the matrix, from the first row of this thread on
  int columns_left_;  // from its piece on
  int at_;            // its first piece in a tile
};

// Reads fragments of a, 16 rows each, or of b, two of 8 columns: 16 in a group either way. Both hold the four quarters
// of 16 x 32 bytes: a the outer halves of the first half of k and then those of the second, b the other way round.
template <class In, bool kAlongK, int kOuter, bool kIsLeft>
class FragmentReader {
  using Tile = FactorTile<In, kAlongK, kOuter>;
  static constexpr int kGroup = 16;
  __device__ static constexpr int outer_half(int quarter) { return kIsLeft ? quarter % 2 : quarter / 2; }
  __device__ static constexpr int k_half(int quarter) { return kIsLeft ? quarter / 2 : quarter % 2; }

 public:
  // Of a warp whose part of the tile begins with `first`, a multiple of its own width, which is a power of 2.
  __device__ explicit FragmentReader(int first) {
    const int lane = static_cast<int>(threadIdx.x) % kLanes, quarter = lane / 8;
    if constexpr (kAlongK)
      at_ = Tile::offset(first + 8 * outer_half(quarter) + lane % 8, k_half(quarter));
    else if constexpr (sizeof(In) == 2)
      at_ = Tile::offset(8 * k_half(quarter) + lane % 8, first / 8 + outer_half(quarter));
    else
      at_ = Tile::offset(lane % 4, first / 4 + lane / 16) + lane / 4 % 4 * 4;
  }

  // Group `group` of the warp at `step` of the tile. Groups, halves and steps change bits of at_ that are those of no
  // other number in it, so that they can be exchanged behind the turn of the pieces as before it.
  __device__ void read(const char* tile, int group, int step, uint32_t (&to)[4]) const {
    if constexpr (kAlongK) {
      load_matrices(to, tile + (at_ ^ step * 2 * kPieceBytes) + group * kGroup * Tile::kRowBytes);
    } else if constexpr (sizeof(In) == 2) {
      load_matrices_transposed(to, tile + (at_ ^ group * 2 * kPieceBytes) + step * 16 * Tile::kRowBytes);
    } else {
      // load_matrices transposes 16 bits at a time: no help.
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int at = at_ ^ (group * 4 + outer_half(i) * 2) * kPieceBytes;
        to[i] = *reinterpret_cast<const uint32_t*>(tile + at + (step * 8 + k_half(i) * 4) * Tile::kRowBytes);
      }
    }
    if constexpr (sizeof(In) == 4) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        float x;
        memcpy(&x, &to[i], sizeof x);
        to[i] = tf32(x);
      }
    }
  }

 private:
  int at_;  // what this lane reads, or names to load_matrices, of group and step 0
};

}  // namespace nabla::cuda
