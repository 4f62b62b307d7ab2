// SPDX-License-Identifier: Apache-2.0
// What fused attention and its gradient share: tiles of rows in shared memory, their products, and which scores a tile
// has. Four warps work on a tile; each has 16 or 32 of its rows, which are the left factor of all its products.
#pragma once
#include <algorithm>

#include "cuda/device/attention.cuh"
#include "cuda/device/bf16.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/tensor_cores.cuh"
#include "cuda/flash_attention.h"

namespace nabla::cuda {

constexpr int kTileThreads = 4 * kWarp;
constexpr int kStages = 2;  // of what is streamed: one is used while the next one comes
constexpr float kLog2OfE = 1.44269504f, kLogOf2 = 0.693147181f;

// kSize is the size of heads and of values, rounded up to one of the sizes that are compiled; zeros fill it up.

// Elements from one row of a tile to the next. The 16 bytes more let 8 rows below one another lie in different banks.
template <int kSize>
constexpr int kPitch = kSize + 8;

__device__ inline int this_lane() { return static_cast<int>(threadIdx.x) % kWarp; }
__device__ inline int this_warp() { return static_cast<int>(threadIdx.x) / kWarp; }

// 2^x; of what underflows 0.
__device__ inline float power_of_2(float x) {
#ifdef __CUDACC__
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return exp2f(x);
#endif
}

// ---- which tile a block has ----

// Blocks start in the order of their numbers. The long tiles of a head come first, so that none of them is left alone
// at the end, and `together` heads take turns, as many as L2 holds what their blocks go through.
struct Order {
  int heads, tiles, together;
  bool last_first;  // the last tile of a head is its longest

  Order(int64_t heads, int64_t tiles, int64_t bytes_of_head, bool last_first)
      : heads(static_cast<int>(heads)),
        tiles(static_cast<int>(tiles)),
        together(static_cast<int>(std::min(heads, std::max<int64_t>(1, kL2Bytes / (1 + bytes_of_head))))),
        last_first(last_first) {}

  struct Place {
    int head, tile;
  };
  __device__ Place place(int block) const {
    const int first_head = block / (together * tiles) * together, rest = block - first_head * tiles;
    const int turns = heads - first_head < together ? heads - first_head : together;
    const int tile = rest / turns;
    return {first_head + rest - tile * turns, last_first ? tiles - 1 - tile : tile};
  }

 private:
  static constexpr int64_t kL2Bytes = int64_t{16} << 20;  // 40 MB on an A100, 50 on an H100
};

// ---- tiles ----

// The rows of a head, of which tiles are copied. Each thread copies 8 elements of a row, and the same ones of others.
template <int kSize>
class Source {
 public:
  template <class T>
  __device__ Source(const Heads<T>& from, int batch, int head, int rows, int size)
      : from_(from.data + batch * from.batch + head * from.head + first_row() * from.time + column()),
        step_(from.time),
        end_(column() < size ? rows - first_row() : 0) {}

  // Begins to copy rows `first` to first + kRows - 1 of the head that lies `further` on; zeros beyond the last row and
  // the last column.
  template <int kRows>
  __device__ void begin(uint16_t* tile, int first, int64_t further = 0) const {
    constexpr int kTogether = kTileThreads / kChunks;  // rows that all threads copy at once
    uint16_t* const to = tile + first_row() * kPitch<kSize> + column();
#pragma unroll
    for (int row = 0; row < kRows; row += kTogether) {
      const bool inside = first + row < end_;
      begin_copy(to + row * kPitch<kSize>, inside ? from_ + further + (first + row) * step_ : from_, inside);
    }
  }

 private:
  static constexpr int kChunk = 8, kChunks = kSize / kChunk;
  __device__ static int first_row() { return static_cast<int>(threadIdx.x) / kChunks; }
  __device__ static int column() { return static_cast<int>(threadIdx.x) % kChunks * kChunk; }
  const uint16_t* from_;  // what this thread copies of row 0
  int64_t step_;
  int end_;  // of its rows
};

// Where the rows begin that a lane names to load a 16 x 16 part of a tile: as left factor, or as right factor whose
// rows are the inner dimension (transposed), ...
template <int kSize>
__device__ const uint16_t* rows_below(const uint16_t* tile) {
  return tile + this_lane() % 16 * kPitch<kSize> + this_lane() / 16 * 8;
}
// ... and as right factor whose columns are.
template <int kSize>
__device__ const uint16_t* rows_beside(const uint16_t* tile) {
  return tile + (this_lane() % 8 + this_lane() / 16 * 8) * kPitch<kSize> + this_lane() / 8 % 2 * 8;
}

// kCount times 16 rows of a tile as left factor: kept in registers, or loaded whenever they are multiplied.
template <int kSize, int kCount, bool kKept>
class LeftRows {
 public:
  __device__ LeftRows(const uint16_t* tile, int first_row)
      : rows_(rows_below<kSize>(tile + first_row * kPitch<kSize>)) {
    if constexpr (kKept) {
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int k = 0; k < kSize / 16; ++k) load_matrices(kept_[m][k], at(m, k));
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
  __device__ const uint16_t* at(int m, int k) const { return rows_ + m * 16 * kPitch<kSize> + k * 16; }
  const uint16_t* rows_;
  uint32_t kept_[kKept ? kCount : 1][kKept ? kSize / 16 : 1][4];
};

// Two neighbouring products that share a left factor; b is what load_matrices gives for 16 columns.
__device__ inline void multiply_pair(float (&left)[4], float (&right)[4], const uint32_t (&a)[4],
                                     const uint32_t (&b)[4]) {
  const uint32_t first[2] = {b[0], b[1]}, second[2] = {b[2], b[3]};
  multiply_bf16(left, a, first);
  multiply_bf16(right, a, second);
}

// c = left right^T, with the kColumns rows of a tile as right.
template <int kSize, int kCount, int kColumns, bool kKept>
__device__ void multiply_rows(float (&c)[kCount][kColumns / 8][4], const LeftRows<kSize, kCount, kKept>& left,
                              const uint16_t* right) {
  const uint16_t* const rows = rows_beside<kSize>(right);
#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int n = 0; n < kColumns / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) c[m][n][i] = 0;
#pragma unroll
  for (int k = 0; k < kSize / 16; ++k) {
    uint32_t a[kCount][4];
#pragma unroll
    for (int m = 0; m < kCount; ++m) left.get(a[m], m, k);
#pragma unroll
    for (int n = 0; n < kColumns / 16; ++n) {
      uint32_t b[4];
      load_matrices(b, rows + n * 16 * kPitch<kSize> + k * 16);
#pragma unroll
      for (int m = 0; m < kCount; ++m) multiply_pair(c[m][2 * n], c[m][2 * n + 1], a[m], b);
    }
  }
}

// c += left right, where left is 16 columns of numbers that are to be rounded, from column 16 k on, and right as many
// rows of a tile.
template <int kSize, int kCount, int kColumns>
__device__ void add_columns(float (&c)[kCount][kSize / 8][4], const float (&left)[kCount][kColumns / 8][4], int k,
                            const uint16_t* right) {
  const uint16_t* const rows = rows_below<kSize>(right + k * 16 * kPitch<kSize>);
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

// ---- results ----

using SixteenBytes = Lanes<uint32_t, 4>;

__device__ inline void write_pair(float* to, float low, float high) {
  *reinterpret_cast<Lanes<float, 2>*>(to) = {{low, high}};
}
__device__ inline void write_pair(uint16_t* to, float low, float high) {
  *reinterpret_cast<uint32_t*>(to) = pair_of_bf16(low, high);
}

// Bytes of shared memory that store_rows takes.
template <int kSize, int kRows, class Out>
constexpr int kStoreBytes = kRows * kPitch<kSize> * static_cast<int>(sizeof(Out));

// Writes the tile that the block holds, its first `rows` rows and `size` columns, to `to`. Takes shared memory that
// nobody uses any more, since fragments lie across memory and 16 bytes of a row go there at a time.
template <int kSize, int kCount, class Out>
__device__ void store_rows(char* shared, const float (&c)[kCount][kSize / 8][4], Out* to, int64_t step, int rows,
                           int size) {
  Out* const staged = reinterpret_cast<Out*>(shared);
  const int first = this_warp() * kCount * 16 + this_lane() / 4, column = this_lane() % 4 * 2;
  __syncthreads();
#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int n = 0; n < kSize / 8; ++n)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        write_pair(staged + (first + m * 16 + half * 8) * kPitch<kSize> + n * 8 + column, c[m][n][2 * half],
                   c[m][n][2 * half + 1]);
  __syncthreads();
  constexpr int kRows = kTileThreads / kWarp * kCount * 16, kLanes = 16 / sizeof(Out), kChunks = kSize / kLanes;
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < kRows * kChunks; i += kTileThreads) {
    const int row = i / kChunks, at = i % kChunks * kLanes;
    if (row < rows && at < size)
      *reinterpret_cast<SixteenBytes*>(to + row * step + at) =
          *reinterpret_cast<const SixteenBytes*>(staged + row * kPitch<kSize> + at);
  }
}

// ---- scores ----

// Scores for which no mask, bias or dropout is asked: `scale` times the products. The sign lets the largest product be
// that of the largest score.
inline bool is_plain(const Scores& scores) {
  return scores.mask == nullptr && scores.bias == nullptr && !(scores.p.dropout > 0) && scores.p.scale > 0;
}

// Which keys queries see by their numbers alone.
struct Sight {
  int queries, keys;
  bool causal;

  __device__ explicit Sight(const AttentionParams& p)
      : queries(static_cast<int>(p.query_time)), keys(static_cast<int>(p.key_time)), causal(p.causal != 0) {}
  // Keys before this one; for queries beyond the last, too.
  __device__ int keys_of(int query) const { return causal && query + 1 < keys ? query + 1 : keys; }
};

// The scores of one head of queries, as `Scores` has them, without its divisions.
struct HeadScores {
  const uint8_t* mask;  // nullptr: none
  const float* bias;
  int64_t mask_query, mask_key, bias_query, bias_key;  // strides
  float scale;
  bool one_by_one;  // a mask, a bias or an unusual scale: the score of each product is asked for
  bool drops;
  Keep keep;
  int64_t first, keys;  // of dropout: element (query, key) is first + query * keys + key

  __device__ HeadScores(const Scores& scores, int batch, int head)
      : mask(scores.mask),
        bias(scores.bias),
        mask_query(scores.p.mask_strides.size[2]),
        mask_key(scores.p.mask_strides.size[3]),
        bias_query(scores.p.bias_strides.size[2]),
        bias_key(scores.p.bias_strides.size[3]),
        scale(scores.p.scale),
        one_by_one(mask != nullptr || bias != nullptr || !(scale > 0)),
        drops(scores.p.dropout > 0),
        keep(scores.keep),
        first((batch * scores.p.heads + head) * scores.p.query_time * scores.p.key_time),
        keys(scores.p.key_time) {
    if (mask != nullptr) mask += batch * scores.p.mask_strides.size[0] + head * scores.p.mask_strides.size[1];
    if (bias != nullptr) bias += batch * scores.p.bias_strides.size[0] + head * scores.p.bias_strides.size[1];
  }

  // Of a query and a key that exist.
  __device__ float score(int query, int key, float product) const {
    if (mask != nullptr && mask[query * mask_query + key * mask_key] == 0) return -INFINITY;
    const float scaled = scale * product;
    return bias == nullptr ? scaled : scaled + bias[query * bias_query + key * bias_key];
  }

  // What times a score, or a product where they are not asked for, is log2 of its weight.
  __device__ float factor() const { return (one_by_one ? 1.0f : scale) * kLog2OfE; }
};

// Where the fragments of a warp's scores lie: rows are queries and columns keys, or the other way round. `row` and
// `column` are those of element 0 of the first fragment.
template <bool kKeysAreRows>
struct Position {
  int row, column;
  __device__ int row_of(int m, int i) const { return row + m * 16 + i / 2 * 8; }
  __device__ int column_of(int n, int i) const { return column + n * 8 + i % 2; }
  __device__ int query(int m, int n, int i) const { return kKeysAreRows ? column_of(n, i) : row_of(m, i); }
  __device__ int key(int m, int n, int i) const { return kKeysAreRows ? row_of(m, i) : column_of(n, i); }
};

// Hides what is beyond the last key of a query, and turns products into scores where that has to be asked.
template <bool kPlain, bool kKeysAreRows, int kCount, int kColumns>
__device__ void look(float (&products)[kCount][kColumns][4], const Position<kKeysAreRows>& at, const Sight& sight,
                     const HeadScores& of_head) {
#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int n = 0; n < kColumns; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        float& x = products[m][n][i];
        const int query = at.query(m, n, i), key = at.key(m, n, i);
        if (key >= sight.keys_of(query))
          x = -INFINITY;
        else if (!kPlain && of_head.one_by_one)
          x = query < sight.queries ? of_head.score(query, key, x) : -INFINITY;
      }
}

// The factors that dropout has for a fragment. Four keys in a row have the words of one block of random numbers; where
// rows of scores are whole blocks, four lanes, or two, that need words of the same blocks find one block each.
template <bool kKeysAreRows>
__device__ void find_kept(float (&kept)[4], const Position<kKeysAreRows>& at, int m, int n, const HeadScores& of_head) {
  const Keep& keep = of_head.keep;
  const auto element_of = [&](int i) { return of_head.first + at.query(m, n, i) * of_head.keys + at.key(m, n, i); };
  const auto block_of = [&](int64_t element) {
    return philox(keep.seed, keep.offset + static_cast<uint64_t>(element) / 4);
  };
  if (of_head.keys % 4 != 0) {
#pragma unroll 1
    for (int i = 0; i < 4; ++i) {
      const int64_t element = element_of(i);
      const PhiloxBlock block = block_of(element);
      const uint32_t low = element % 2 == 0 ? block.words[0] : block.words[1];
      const uint32_t high = element % 2 == 0 ? block.words[2] : block.words[3];
      const float factor = keep.factor_of(element % 4 < 2 ? low : high);
#pragma unroll
      for (int j = 0; j < 4; ++j) kept[j] = i == j ? factor : kept[j];
    }
    return;
  }
  uint32_t words[4];
  if constexpr (kKeysAreRows) {
    // Lanes 4 and 8 apart have the keys of a block. Number r of them finds that of element r and gives the others their
    // words: a transposition, of pairs first.
    const int r = this_lane() / 4 % 4;
    const PhiloxBlock mine = block_of(element_of(r));
    const bool upper = r >= 2, odd = r % 2 != 0;
    uint32_t of_pairs[2][2];
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const uint32_t own = upper ? mine.words[2 + j] : mine.words[j];
      const uint32_t other = __shfl_xor_sync(0xffffffffu, upper ? mine.words[j] : mine.words[2 + j], 8);
      of_pairs[0][j] = upper ? other : own;
      of_pairs[1][j] = upper ? own : other;
    }
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const uint32_t own = odd ? of_pairs[j][1] : of_pairs[j][0];
      const uint32_t other = __shfl_xor_sync(0xffffffffu, odd ? of_pairs[j][0] : of_pairs[j][1], 4);
      words[2 * j] = odd ? other : own;
      words[2 * j + 1] = odd ? own : other;
    }
  } else {
    // Neighbouring lanes have the keys of a block; the even one finds that of the upper row, the odd one the other.
    const bool odd = this_lane() % 2 != 0;
    const PhiloxBlock mine = block_of(element_of(odd ? 2 : 0));
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const uint32_t own = odd ? mine.words[2 + j] : mine.words[j];
      const uint32_t other = __shfl_xor_sync(0xffffffffu, odd ? mine.words[j] : mine.words[2 + j], 1);
      words[j] = odd ? other : own;
      words[2 + j] = odd ? own : other;
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) kept[i] = keep.factor_of(words[i]);
}

}  // namespace nabla::cuda
