// SPDX-License-Identifier: Apache-2.0
// How a product on tensor cores is divided among blocks: in which tiles of c, and in how many parts along k.
#pragma once
#include "cuda/device/product_kernel.cuh"
#include "cuda/device/scratch.h"

namespace nabla::cuda {

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

// c [batch, m, n] of factors [batch, m, k] and [batch, k, n].
struct ProductSize {
  int64_t batch, m, n, k;
};

template <class Tile>
int64_t blocks(const ProductSize& p) {
  return p.batch * divide_up(p.m, Tile::kRows) * divide_up(p.n, Tile::kColumns);
}

// How many parts k is divided into, where tiles of c alone would not keep all multiprocessors at work, if each part is
// long enough to be worth writing its sums and adding them up. Not measured.
template <class Tile>
int64_t parts_of(const ProductSize& p, int64_t tiles_of_k) {
  constexpr int64_t kLeastTiles = 32;
  const int64_t wanted = Tile::kTogether * gpu().multiprocessors / blocks<Tile>(p), possible = tiles_of_k / kLeastTiles;
  const int64_t parts = wanted < possible ? wanted : possible;
  return parts < 1 ? 1 : parts;
}

// Which tiles. Not measured: from what a multiprocessor reads for each, a wide tile is taken to cost 0.8 of two large
// ones, and its own beginning and end to matter up to 32 tiles along k.
enum class Size { kWide, kLarge, kSmall };
inline Size size_of(const ProductSize& p, int64_t tiles_of_k) {
  constexpr int64_t kLongK = 32;
  const int64_t multiprocessors = gpu().multiprocessors;
  if (p.m <= Small::kRows || p.n <= Small::kColumns) return Size::kSmall;
  if (blocks<Large>(p) * parts_of<Large>(p, tiles_of_k) < multiprocessors) return Size::kSmall;
  if (tiles_of_k < kLongK || blocks<Wide>(p) < multiprocessors) return Size::kLarge;
  const int64_t rounds = divide_up(blocks<Large>(p), Large::kTogether * multiprocessors);
  return 4 * divide_up(blocks<Wide>(p), multiprocessors) < 5 * rounds ? Size::kWide : Size::kLarge;
}

// Whether a launch can count it: sizes within a matrix are int on the GPU.
inline bool is_countable(const ProductSize& p) {
  constexpr int64_t kMost = int64_t{1} << 30;
  return p.batch <= kMost && p.m <= kMost && p.n <= kMost && p.k <= kMost && blocks<Small>(p) <= kMost;
}

template <class Tile, class In, class Launch>
void multiply_in_parts(const ProductSize& p, int64_t tiles_of_part, const ProductEnd& end, const Launch& launch) {
  const int64_t depth = tiles_of_part * FactorTile<In, true, Tile::kRows>::kDepth;
  const auto number = [](int64_t x) { return static_cast<int>(x); };
  const Work work{p.batch,
                  number(p.m),
                  number(p.n),
                  number(p.k),
                  number(divide_up(p.m, Tile::kRows)),
                  number(divide_up(p.n, Tile::kColumns)),
                  number(divide_up(p.k, depth)),
                  number(depth)};
  if (work.parts == 1) return launch(Tile(), work, end);
  const int64_t count = p.batch * p.m * p.n;
  const Scratch scratch(static_cast<size_t>(work.parts * count) * sizeof(float));
  float* const sums = scratch.as<float>();
  launch(Tile(), work, ProductEnd{nullptr, 0, sums, nullptr, p.n, p.m * p.n, kNone, false, p.n % 4 == 0});
  if (end.in_fours)
    for_each("sum of a product's parts", count / 4, AddParts<4>{sums, work.parts, p.m, p.n, count, end});
  else
    for_each("sum of a product's parts", count, AddParts<1>{sums, work.parts, p.m, p.n, count, end});
}

// Multiplies what is countable and not empty, of factors with elements In: launch(Tile(), work, end) launches the
// kernel with tiles of that shape, once.
template <class In, class Launch>
void multiply_in_tiles(const ProductSize& p, const ProductEnd& end, const Launch& launch) {
  const int64_t tiles_of_k = divide_up(p.k, FactorTile<In, true, Small::kRows>::kDepth);
  const auto tiles_of_part = [&](int64_t parts) { return divide_up(tiles_of_k, parts); };
  switch (size_of(p, tiles_of_k)) {
    case Size::kWide:
      return multiply_in_parts<Wide, In>(p, tiles_of_k, end, launch);
    case Size::kLarge:
      return multiply_in_parts<Large, In>(p, tiles_of_part(parts_of<Large>(p, tiles_of_k)), end, launch);
    case Size::kSmall:
      return multiply_in_parts<Small, In>(p, tiles_of_part(parts_of<Small>(p, tiles_of_k)), end, launch);
  }
}

}  // namespace nabla::cuda
