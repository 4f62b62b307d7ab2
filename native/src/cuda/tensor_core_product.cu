// SPDX-License-Identifier: Apache-2.0
// The matrix product on tensor cores. A block computes a tile of c; the tiles of the factors that it will multiply next
// are on their way to shared memory meanwhile.
#include "cuda/device/factors.cuh"
#include "cuda/device/product_end.cuh"
#include "cuda/device/product_tiles.cuh"
#include "cuda/device/scratch.h"
#include "cuda/matmul.h"
#include "cuda/tensor_core_product.h"

namespace nabla::cuda {
namespace {

constexpr int kStagedRows = 64;  // of a tile of c, which go through shared memory to be written in whole rows
constexpr int kGroupRows = 8;    // rows of tiles of c that are computed together: what they share stays in the cache

// A tile of c, which so many warps share along each side; as many tiles along k are in shared memory together as there
// are stages, and as many blocks are to run together on a multiprocessor.
template <int kM, int kN, int kWarpsM, int kWarpsN, int kStagesOfK, int kBlocks>
struct Shape {
  static constexpr int kRows = kM, kColumns = kN;
  static constexpr int kWarpRows = kM / kWarpsM, kWarpColumns = kN / kWarpsN, kAcross = kWarpsN;
  static constexpr int kGroupsM = kWarpRows / 16, kGroupsN = kWarpColumns / 16;
  static constexpr int kBlockThreads = kWarpsM * kWarpsN * kLanes;
  static constexpr int kStages = kStagesOfK, kTogether = kBlocks;
};
// Shared memory is read for every multiply, and keeps up with the tensor cores where a warp has 64 x 64. The wide tile
// reads less of the factors for every number of c, but nothing runs while its only block begins or ends; two blocks of
// the large one, of 48 KiB each, fit a multiprocessor of every GPU.
using Wide = Shape<128, 256, 2, 4, 3, 1>;
using Large = Shape<128, 128, 2, 2, 3, 2>;
using Small = Shape<64, 64, 2, 2, 4, 4>;

// What a launch does: every block a tile of c, of one matrix, and where k is divided of one part of it.
struct Work {
  int tiles_m, tiles_n, parts;
  int depth;  // of k in a part: whole tiles
};

// What a block does.
struct Place {
  int m, n;  // of its tile, in tiles
  int part;
  int64_t matrix;

  __device__ Place(const Work& work, unsigned block) {
    const unsigned tiles_m = static_cast<unsigned>(work.tiles_m), tiles_n = static_cast<unsigned>(work.tiles_n);
    const unsigned tile = block % (tiles_m * tiles_n), rest = block / (tiles_m * tiles_n);
    part = static_cast<int>(rest % static_cast<unsigned>(work.parts));
    matrix = rest / static_cast<unsigned>(work.parts);
    // Blocks that run together are those of kGroupRows rows of tiles, column by column.
    const unsigned group = tile / (kGroupRows * tiles_n), within = tile % (kGroupRows * tiles_n);
    const unsigned first = group * kGroupRows, rows = tiles_m - first < kGroupRows ? tiles_m - first : kGroupRows;
    m = static_cast<int>(first + within % rows);
    n = static_cast<int>(within / rows);
  }
};

// Writes staged rows of a tile of c, kCount neighbours a thread.
template <class Tile, int kPitch, int kCount>
__device__ void write_rows(const float* staged, const ProductEnd& end, int64_t at, int rows, int column, int columns) {
  constexpr int kThreadsOfRow = Tile::kColumns / kCount;
  static_assert(Tile::kBlockThreads % kThreadsOfRow == 0, "a thread stays in its columns");
  const int thread = static_cast<int>(threadIdx.x), own = thread % kThreadsOfRow * kCount;
  if (own >= columns) return;
  float add[kCount];
  end.load_bias(column + own, add);
  for (int row = thread / kThreadsOfRow; row < rows; row += Tile::kBlockThreads / kThreadsOfRow) {
    float x[kCount];
#pragma unroll
    for (int i = 0; i < kCount; ++i) x[i] = staged[row * kPitch + own + i];
    end.write(at + row * end.row + own, x, add);
  }
}

// The sums of a block, from the registers of its warps to c.
template <class Tile>
__device__ void write_tile(const float (&sums)[Tile::kGroupsM][2 * Tile::kGroupsN][4], char* shared,
                           const ProductEnd& end, int64_t matrix, int first_m, int first_n, const MatmulParams& p) {
  constexpr int kPitch = Tile::kColumns + 8;  // with it, what a warp writes at once is in different banks
  float* const staged = reinterpret_cast<float*>(shared);
  const int thread = static_cast<int>(threadIdx.x), warp = thread / kLanes, lane = thread % kLanes;
  const int row = warp / Tile::kAcross * Tile::kWarpRows + lane / 4;
  const int column = warp % Tile::kAcross * Tile::kWarpColumns + lane % 4 * 2;
  const int columns = static_cast<int>(p.n - first_n < Tile::kColumns ? p.n - first_n : Tile::kColumns);
  for (int begin = 0; begin < Tile::kRows && first_m + begin < p.m; begin += kStagedRows) {
    __syncthreads();  // what was in shared memory has been read
    if (row / kStagedRows * kStagedRows == begin) {
#pragma unroll
      for (int i = 0; i < Tile::kGroupsM; ++i)
#pragma unroll
        for (int j = 0; j < 2 * Tile::kGroupsN; ++j) {
          float* const at = staged + (row - begin + 16 * i) * kPitch + column + 8 * j;
          *reinterpret_cast<Pair<float>*>(at) = {{sums[i][j][0], sums[i][j][1]}};
          *reinterpret_cast<Pair<float>*>(at + 8 * kPitch) = {{sums[i][j][2], sums[i][j][3]}};
        }
    }
    __syncthreads();
    const int64_t left = p.m - first_m - begin, at = matrix * end.matrix + (first_m + begin) * end.row + first_n;
    const int rows = static_cast<int>(left < kStagedRows ? left : kStagedRows);
    if (end.in_fours)
      write_rows<Tile, kPitch, 4>(staged, end, at, rows, first_n, columns);
    else
      write_rows<Tile, kPitch, 1>(staged, end, at, rows, first_n, columns);
  }
}

// kAlongA, kAlongB: rows of the factor in memory run along k.
template <class In, class Tile, bool kAlongA, bool kAlongB, bool kAligned>
__global__ void __launch_bounds__(Tile::kBlockThreads, Tile::kTogether)
    multiply_kernel(const In* a, const In* b, MatmulParams p, Work work, ProductEnd end) {
  using TileA = FactorTile<In, kAlongA, Tile::kRows>;
  using TileB = FactorTile<In, kAlongB, Tile::kColumns>;
  constexpr int kStage = TileA::kBytes + TileB::kBytes, kAhead = Tile::kStages - 1;
  char* const shared = dynamic_shared();
  const Place place(work, blockIdx.x);
  const int first_m = place.m * Tile::kRows, first_n = place.n * Tile::kColumns, k = static_cast<int>(p.k);
  const int first_k = place.part * work.depth, behind_k = k - first_k < work.depth ? k : first_k + work.depth;
  const int tiles = (behind_k - first_k + TileA::kDepth - 1) / TileA::kDepth;
  TileLoader<In, kAlongA, Tile::kRows, Tile::kBlockThreads, kAligned> load_a(
      a + place.matrix * p.batch_a, p.row_a, first_m, static_cast<int>(p.m), first_k, behind_k);
  TileLoader<In, kAlongB, Tile::kColumns, Tile::kBlockThreads, kAligned> load_b(
      b + place.matrix * p.batch_b, p.row_b, first_n, static_cast<int>(p.n), first_k, behind_k);
#pragma unroll
  for (int i = 0; i < kAhead; ++i) {
    if (i < tiles) {
      load_a.load(shared + i * kStage);
      load_b.load(shared + i * kStage + TileA::kBytes);
    }
    end_group();
  }

  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  const FragmentReader<In, kAlongA, Tile::kRows, true> read_a(warp / Tile::kAcross * Tile::kWarpRows);
  const FragmentReader<In, kAlongB, Tile::kColumns, false> read_b(warp % Tile::kAcross * Tile::kWarpColumns);
  float sums[Tile::kGroupsM][2 * Tile::kGroupsN][4] = {};
  uint32_t left[kStepsOfTile][Tile::kGroupsM][4], right[kStepsOfTile][Tile::kGroupsN][4];
  const auto read = [&](int stage, int step) {
#pragma unroll
    for (int i = 0; i < Tile::kGroupsM; ++i) read_a.read(shared + stage, i, step, left[step][i]);
#pragma unroll
    for (int i = 0; i < Tile::kGroupsN; ++i) read_b.read(shared + stage + TileA::kBytes, i, step, right[step][i]);
  };
  int stage = 0, freed = kAhead * kStage;  // where tiles begin: the one being multiplied, and the one before it
  wait_for_groups<kAhead - 1>();
  __syncthreads();
  read(stage, 0);
  for (int tile = 0; tile < tiles; ++tile) {
#pragma unroll
    for (int step = 0; step < kStepsOfTile; ++step) {
      // Fragments are read one step before they are multiplied: those of the next tile with the last step of this one.
      // Behind the last tile, what is read is not multiplied.
      if (step == kStepsOfTile - 1) {
        freed = stage;
        stage = stage == kAhead * kStage ? 0 : stage + kStage;
        wait_for_groups<kAhead - 1>();
        __syncthreads();
      }
      read(stage, (step + 1) % kStepsOfTile);
      if (step == 0) {
        if (tile + kAhead < tiles) {
          load_a.load(shared + freed);
          load_b.load(shared + freed + TileA::kBytes);
        }
        end_group();
      }
#pragma unroll
      for (int i = 0; i < Tile::kGroupsM; ++i)
#pragma unroll
        for (int j = 0; j < 2 * Tile::kGroupsN; ++j) {
          const uint32_t column[2] = {right[step][j / 2][j % 2 * 2], right[step][j / 2][j % 2 * 2 + 1]};
          if constexpr (sizeof(In) == 2)
            multiply_bf16(sums[i][j], left[step][i], column);
          else
            multiply_tf32(sums[i][j], left[step][i], column);
        }
    }
  }
  write_tile<Tile>(sums, shared, end, place.part * p.batch + place.matrix, first_m, first_n, p);
}

template <class In, class Tile, bool kAlongA, bool kAlongB, bool kAligned>
void launch_kernel(const In* a, const In* b, const MatmulParams& p, const Work& work, const ProductEnd& end) {
  constexpr int kOfTiles =
      Tile::kStages * (FactorTile<In, kAlongA, Tile::kRows>::kBytes + FactorTile<In, kAlongB, Tile::kColumns>::kBytes);
  constexpr int kStaged = kStagedRows * (Tile::kColumns + 8) * static_cast<int>(sizeof(float));
  launch("matmul on tensor cores", multiply_kernel<In, Tile, kAlongA, kAlongB, kAligned>,
         p.batch * work.tiles_m * work.tiles_n * work.parts,
         Block(Tile::kBlockThreads, kOfTiles > kStaged ? kOfTiles : kStaged), a, b, p, work, end);
}

template <class Tile, bool kAligned, class In>
void launch_transposed(const In* a, const In* b, const MatmulParams& p, const Work& work, const ProductEnd& end) {
  if (p.transpose_a && p.transpose_b)
    launch_kernel<In, Tile, false, true, kAligned>(a, b, p, work, end);
  else if (p.transpose_a)
    launch_kernel<In, Tile, false, false, kAligned>(a, b, p, work, end);
  else if (p.transpose_b)
    launch_kernel<In, Tile, true, true, kAligned>(a, b, p, work, end);
  else
    launch_kernel<In, Tile, true, false, kAligned>(a, b, p, work, end);
}

// Whether every row of a factor begins at a multiple of 16 bytes.
template <class In>
bool has_aligned_rows(const In* data, const Factor& f) {
  constexpr int64_t kPiece = kPieceBytes / sizeof(In);
  return reinterpret_cast<uintptr_t>(data) % kPieceBytes == 0 && f.row % kPiece == 0 &&
         (f.matrices == 1 || f.matrix % kPiece == 0);
}

// The product with tiles of c of one shape, where k is divided into parts of so many tiles.
template <class Tile, class In>
void launch_tiles(const In* a, const In* b, const MatmulParams& p, int64_t tiles_of_part, const ProductEnd& end) {
  const int64_t depth = tiles_of_part * FactorTile<In, true, Tile::kRows>::kDepth;
  const Work work{static_cast<int>(divide_up(p.m, Tile::kRows)), static_cast<int>(divide_up(p.n, Tile::kColumns)),
                  static_cast<int>(divide_up(p.k, depth)), static_cast<int>(depth)};
  if constexpr (sizeof(In) == 2 && Tile::kRows > Small::kRows) {
    // Of a large product, a copy of rows that begin anywhere costs less than to read such rows again and again.
    const FactorInBf16 left(as_stored(a), left_factor(p), !has_aligned_rows(a, left_factor(p)));
    const FactorInBf16 right(as_stored(b), right_factor(p), !has_aligned_rows(b, right_factor(p)));
    launch_transposed<Tile, true>(left.data, right.data, with_factors(p, left, right), work, end);
  } else if (has_aligned_rows(a, left_factor(p)) && has_aligned_rows(b, right_factor(p))) {
    launch_transposed<Tile, true>(a, b, p, work, end);
  } else {
    launch_transposed<Tile, false>(a, b, p, work, end);
  }
}

template <class Tile>
int64_t blocks(const MatmulParams& p) {
  return p.batch * divide_up(p.m, Tile::kRows) * divide_up(p.n, Tile::kColumns);
}

// How many parts k is divided into, where tiles of c alone would not keep all multiprocessors at work, if each part is
// long enough to be worth writing its sums and adding them up. Not measured.
template <class Tile>
int64_t parts_of(const MatmulParams& p, int64_t tiles_of_k) {
  constexpr int64_t kLeastTiles = 32;
  const int64_t wanted = Tile::kTogether * gpu().multiprocessors / blocks<Tile>(p), possible = tiles_of_k / kLeastTiles;
  const int64_t parts = wanted < possible ? wanted : possible;
  return parts < 1 ? 1 : parts;
}

// Which tiles. Not measured: from what a multiprocessor reads for each, a wide tile is taken to cost 0.8 of two large
// ones, and its own beginning and end to matter up to 32 tiles along k.
enum class Size { kWide, kLarge, kSmall };
Size size_of(const MatmulParams& p, int64_t tiles_of_k) {
  constexpr int64_t kLongK = 32;
  const int64_t multiprocessors = gpu().multiprocessors;
  if (p.m <= Small::kRows || p.n <= Small::kColumns) return Size::kSmall;
  if (blocks<Large>(p) * parts_of<Large>(p, tiles_of_k) < multiprocessors) return Size::kSmall;
  if (tiles_of_k < kLongK || blocks<Wide>(p) < multiprocessors) return Size::kLarge;
  const int64_t rounds = divide_up(blocks<Large>(p), Large::kTogether * multiprocessors);
  return 4 * divide_up(blocks<Wide>(p), multiprocessors) < 5 * rounds ? Size::kWide : Size::kLarge;
}

template <class Tile, class In>
void multiply_in_parts(const In* a, const In* b, const MatmulParams& p, int64_t tiles_of_k, const ProductEnd& end) {
  const int64_t tiles_of_part = divide_up(tiles_of_k, parts_of<Tile>(p, tiles_of_k));
  const int64_t parts = divide_up(tiles_of_k, tiles_of_part), count = p.batch * p.m * p.n;
  if (parts == 1) return launch_tiles<Tile>(a, b, p, tiles_of_part, end);
  const Scratch scratch(static_cast<size_t>(parts * count) * sizeof(float));
  float* const sums = scratch.as<float>();
  const ProductEnd to_parts{nullptr, sums, nullptr, p.n, p.m * p.n, kNone, false, p.n % 4 == 0};
  launch_tiles<Tile>(a, b, p, tiles_of_part, to_parts);
  if (end.in_fours)
    for_each("matmul sum of parts", count / 4, AddParts<4>{sums, parts, p.m, p.n, count, end});
  else
    for_each("matmul sum of parts", count, AddParts<1>{sums, parts, p.m, p.n, count, end});
}

}  // namespace

template <class In, class Out>
bool multiply_on_tensor_cores(const In* a, const In* b, const float* bias, Out* c, Out* pre, const MatmulParams& p) {
  constexpr int64_t kMost = int64_t{1} << 30;  // sizes within a matrix are int on the GPU
  if (p.k == 0 || p.batch > kMost || p.m > kMost || p.n > kMost || p.k > kMost) return false;
  if (p.batch * p.m * p.n == 0) return true;
  if (blocks<Small>(p) > kMost) return false;
  const bool in_fours =
      p.n % 4 == 0 && p.row_c % 4 == 0 && (p.batch == 1 || p.batch_c % 4 == 0) && is_aligned(c) && is_aligned(pre);
  const ProductEnd end{p.has_bias ? bias : nullptr,
                       c,
                       p.has_pre ? pre : nullptr,
                       p.row_c,
                       p.batch_c,
                       p.activation,
                       sizeof(Out) == 2,
                       in_fours};
  const int64_t tiles_of_k = divide_up(p.k, FactorTile<In, true, Small::kRows>::kDepth);
  switch (size_of(p, tiles_of_k)) {
    case Size::kWide:
      launch_tiles<Wide>(a, b, p, tiles_of_k, end);
      break;
    case Size::kLarge:
      multiply_in_parts<Large>(a, b, p, tiles_of_k, end);
      break;
    case Size::kSmall:
      multiply_in_parts<Small>(a, b, p, tiles_of_k, end);
      break;
  }
  return true;
}

template bool multiply_on_tensor_cores(const uint16_t*, const uint16_t*, const float*, float*, float*,
                                       const MatmulParams&);
template bool multiply_on_tensor_cores(const uint16_t*, const uint16_t*, const float*, uint16_t*, uint16_t*,
                                       const MatmulParams&);
template bool multiply_on_tensor_cores(const float*, const float*, const float*, float*, float*, const MatmulParams&);

}  // namespace nabla::cuda
