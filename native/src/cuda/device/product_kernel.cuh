// SPDX-License-Identifier: Apache-2.0
// The matrix product on tensor cores, of factors that need not be matrices in memory. A block computes a tile of c; the
// tiles of the factors that it will multiply next are on their way to shared memory meanwhile.
#pragma once
#include "cuda/device/product_end.cuh"
#include "cuda/device/product_tiles.cuh"

namespace nabla::cuda {

constexpr int kStagedRows = 64;  // of a tile of c, which go through shared memory to be written in whole rows
constexpr int kGroupRows = 8;    // rows of tiles of c that are computed together: what they share stays in the cache

// What a launch does: every block a tile of c, of one matrix, and where k is divided of one part of it.
struct Work {
  int64_t batch;
  int m, n, k;
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
__device__ void write_rows(const float* staged, const ProductEnd& end, int64_t matrix, int64_t at, int rows, int column,
                           int columns) {
  constexpr int kThreadsOfRow = Tile::kColumns / kCount;
  static_assert(Tile::kBlockThreads % kThreadsOfRow == 0, "a thread stays in its columns");
  const int thread = static_cast<int>(threadIdx.x), own = thread % kThreadsOfRow * kCount;
  if (own >= columns) return;
  float add[kCount];
  end.load_bias(matrix, column + own, add);
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
                           const ProductEnd& end, int64_t matrix, int first_m, int first_n, const Work& work) {
  constexpr int kPitch = Tile::kColumns + 8;  // with it, what a warp writes at once is in different banks
  float* const staged = reinterpret_cast<float*>(shared);
  const int thread = static_cast<int>(threadIdx.x), warp = thread / kLanes, lane = thread % kLanes;
  const int row = warp / Tile::kAcross * Tile::kWarpRows + lane / 4;
  const int column = warp % Tile::kAcross * Tile::kWarpColumns + lane % 4 * 2;
  const int columns = work.n - first_n < Tile::kColumns ? work.n - first_n : Tile::kColumns;
  for (int begin = 0; begin < Tile::kRows && first_m + begin < work.m; begin += kStagedRows) {
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
    const int left = work.m - first_m - begin, rows = left < kStagedRows ? left : kStagedRows;
    const int64_t at = matrix * end.matrix + (first_m + begin) * end.row + first_n;
    if (end.in_fours)
      write_rows<Tile, kPitch, 4>(staged, end, matrix, at, rows, first_n, columns);
    else
      write_rows<Tile, kPitch, 1>(staged, end, matrix, at, rows, first_n, columns);
  }
}

// The factors come from sources (product_tiles.cuh), of which A has what is left and B what is right.
template <class A, class B, class Tile>
__global__ void __launch_bounds__(Tile::kBlockThreads, Tile::kTogether)
    multiply_kernel(A a, B b, Work work, ProductEnd end) {
  using In = typename A::Element;
  using TileA = FactorTile<In, A::kAlongK, Tile::kRows>;
  using TileB = FactorTile<In, B::kAlongK, Tile::kColumns>;
  constexpr int kStage = TileA::kBytes + TileB::kBytes, kAhead = Tile::kStages - 1;
  char* const shared = dynamic_shared();
  const Place place(work, blockIdx.x);
  const int first_m = place.m * Tile::kRows, first_n = place.n * Tile::kColumns;
  const int first_k = place.part * work.depth, behind_k = work.k - first_k < work.depth ? work.k : first_k + work.depth;
  const int tiles = (behind_k - first_k + TileA::kDepth - 1) / TileA::kDepth;
  TileLoader<A, Tile::kRows, Tile::kBlockThreads> load_a(a, place.matrix, first_m, work.m, first_k, behind_k);
  TileLoader<B, Tile::kColumns, Tile::kBlockThreads> load_b(b, place.matrix, first_n, work.n, first_k, behind_k);
#pragma unroll
  for (int i = 0; i < kAhead; ++i) {
    if (i < tiles) {
      load_a.load(shared + i * kStage);
      load_b.load(shared + i * kStage + TileA::kBytes);
    }
    end_group();
  }

  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  const FragmentReader<In, A::kAlongK, Tile::kRows, true> read_a(warp / Tile::kAcross * Tile::kWarpRows);
  const FragmentReader<In, B::kAlongK, Tile::kColumns, false> read_b(warp % Tile::kAcross * Tile::kWarpColumns);
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
  write_tile<Tile>(sums, shared, end, place.part * work.batch + place.matrix, first_m, first_n, work);
}

// `name` is what an error calls it.
template <class Tile, class A, class B>
void launch_product(const char* name, const A& a, const B& b, const Work& work, const ProductEnd& end) {
  using In = typename A::Element;
  constexpr int kOfTiles = Tile::kStages * (FactorTile<In, A::kAlongK, Tile::kRows>::kBytes +
                                            FactorTile<In, B::kAlongK, Tile::kColumns>::kBytes);
  constexpr int kStaged = kStagedRows * (Tile::kColumns + 8) * static_cast<int>(sizeof(float));
  launch(name, multiply_kernel<A, B, Tile>, work.batch * work.tiles_m * work.tiles_n * work.parts,
         Block(Tile::kBlockThreads, kOfTiles > kStaged ? kOfTiles : kStaged), a, b, work, end);
}

}  // namespace nabla::cuda
