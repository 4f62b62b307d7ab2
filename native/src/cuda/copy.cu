// SPDX-License-Identifier: Apache-2.0
// Strided copies: one element a thread, in the order of `out`; or where `in` is dense along the axis before the last,
// tiles that are read along it and written along the last one.
#include "cuda/device/elements.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// The axes of a copy, with reversed ones turned into negative strides.
struct CopyWalk {
  int rank;
  int64_t size[kMaxRank], in[kMaxRank], out[kMaxRank];
  int64_t in_offset, out_offset;

  // In units of `width` elements, which must divide the last axis, all other strides and the offsets.
  explicit CopyWalk(const CopyParams& p, int64_t width = 1)
      : rank(static_cast<int>(p.shape.rank)), in_offset(p.in_offset), out_offset(p.out_offset) {
    for (int axis = 0; axis < rank; ++axis) {
      size[axis] = p.shape.size[axis];
      out[axis] = p.out_strides.size[axis];
      in[axis] = p.in_strides.size[axis];
      if (p.reversed.size[axis] == 0) continue;
      in_offset += (size[axis] - 1) * in[axis];
      in[axis] = -in[axis];
    }
    in_offset /= width, out_offset /= width;
    for (int axis = 0; axis < rank - 1; ++axis) in[axis] /= width, out[axis] /= width;
    if (rank > 0) size[rank - 1] /= width;
  }
};

constexpr int64_t kWide = 4;

// Whether four neighbours along the last axis always go together, so that they can be moved as one.
bool moves_in_fours(const CopyParams& p) {
  const int64_t last = p.shape.rank - 1;
  if (last < 0 || p.in_strides.size[last] != 1 || p.out_strides.size[last] != 1 || p.reversed.size[last] != 0)
    return false;
  int64_t rest = p.shape.size[last] % kWide + p.in_offset % kWide + p.out_offset % kWide;
  for (int64_t axis = 0; axis < last; ++axis)
    rest += p.in_strides.size[axis] % kWide + p.out_strides.size[axis] % kWide;
  return rest == 0;
}

// Where an index of the first `axes` axes, counted in row-major order, is read and written.
struct Place {
  int64_t in, out;
  __device__ Place(const CopyWalk& walk, int axes, int64_t index) : in(walk.in_offset), out(walk.out_offset) {
    for (int axis = axes - 1; axis >= 0; --axis) {
      const Division step(index, walk.size[axis]);
      in += step.remainder * walk.in[axis];
      out += step.remainder * walk.out[axis];
      index = step.quotient;
    }
  }
};

template <class T>
struct CopyElement {
  const T* in;
  T* out;
  CopyWalk walk;
  __device__ void operator()(int64_t i) const {
    const Place place(walk, walk.rank, i);
    out[place.out] = in[place.in];
  }
};

constexpr int kTile = 32;     // rows and columns of a tile
constexpr int kTileRows = 8;  // that its threads take at a time

// Tiles of the last two axes. A row more in shared memory than a tile needs keeps its columns in different banks.
template <class T>
__global__ void transpose_kernel(const T* in, T* out, CopyWalk walk, int64_t tiles_down, int64_t tiles_across) {
  __shared__ T tile[kTile][kTile + 1];
  const int down = walk.rank - 2, across = walk.rank - 1;
  const int64_t matrix = blockIdx.x / (tiles_down * tiles_across), position = blockIdx.x % (tiles_down * tiles_across);
  const int64_t first_row = position / tiles_across * kTile, first_column = position % tiles_across * kTile;
  const Place place(walk, down, matrix);
  // Neighbouring threads read neighbours along `down`, and write neighbours along `across`.
  for (int c = static_cast<int>(threadIdx.y); c < kTile; c += kTileRows) {
    const int64_t row = first_row + threadIdx.x, column = first_column + c;
    if (row < walk.size[down] && column < walk.size[across])
      tile[c][threadIdx.x] = in[place.in + row * walk.in[down] + column * walk.in[across]];
  }
  __syncthreads();
  for (int r = static_cast<int>(threadIdx.y); r < kTile; r += kTileRows) {
    const int64_t row = first_row + r, column = first_column + threadIdx.x;
    if (row < walk.size[down] && column < walk.size[across])
      out[place.out + row * walk.out[down] + column * walk.out[across]] = tile[threadIdx.x][r];
  }
}

template <class T>
void copy(const T* in, T* out, const CopyParams& p) {
  if (moves_in_fours(p)) {
    const CopyElement<Four<T>> move{reinterpret_cast<const Four<T>*>(in), reinterpret_cast<Four<T>*>(out),
                                    CopyWalk(p, kWide)};
    return for_each("copy", product(p.shape).value() / kWide, move);
  }
  const CopyWalk walk(p);
  const int64_t count = product(p.shape).value();
  const int last = walk.rank - 1;
  const bool is_dense = walk.rank <= 1 || walk.in[last] == 1;
  if (!is_dense && walk.in[last - 1] == 1 && walk.out[last] == 1 && count > 0) {
    const int64_t down = divide_up(walk.size[last - 1], kTile), across = divide_up(walk.size[last], kTile);
    const int64_t matrices = count / (walk.size[last - 1] * walk.size[last]);
    launch("transpose", transpose_kernel<T>, matrices * down * across, dim3(kTile, kTileRows), in, out, walk, down,
           across);
  } else {
    for_each("copy", count, CopyElement<T>{in, out, walk});
  }
}

}  // namespace

void add_copy(KernelTable& table) {
  table.copy_b32 = copy<int32_t>;
  table.variants.copy_b32 = {copy<Bf16>};
  table.copy_b8 = copy<uint8_t>;
}

}  // namespace nabla::cuda
