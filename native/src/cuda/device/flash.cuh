// SPDX-License-Identifier: Apache-2.0
// What fused attention and its gradient share beside products of tiles: which tile a block has, which scores a tile
// has, and how a tile of results is written.
#pragma once
#include <algorithm>

#include "cuda/device/attention.cuh"
#include "cuda/device/flash_exact_products.cuh"
#include "cuda/device/flash_products.cuh"
#include "cuda/device/flash_tiles.cuh"

namespace nabla::cuda {

constexpr int kStages = 2;             // of what is streamed: one is used while the next one comes
constexpr int kMostShared = 99 << 10;  // bytes of shared memory that a block may have on every kind of GPU
constexpr float kLog2OfE = 1.44269504f, kLogOf2 = 0.693147181f;

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

// ---- results ----

using SixteenBytes = Lanes<uint32_t, 4>;

__device__ inline void write_pair(float* to, float low, float high) {
  *reinterpret_cast<Lanes<float, 2>*>(to) = {{low, high}};
}
__device__ inline void write_pair(uint16_t* to, float low, float high) {
  *reinterpret_cast<uint32_t*>(to) = pair_of_bf16(low, high);
}

// Elements from one staged row to the next: what a warp writes at once is in different banks.
template <int kSize>
constexpr int kStagedPitch = kSize + 8;

// Bytes of shared memory that store_rows takes.
template <int kSize, int kRows, class Out>
constexpr int kStoreBytes = kRows * kStagedPitch<kSize> * static_cast<int>(sizeof(Out));

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
        write_pair(staged + (first + m * 16 + half * 8) * kStagedPitch<kSize> + n * 8 + column, c[m][n][2 * half],
                   c[m][n][2 * half + 1]);
  __syncthreads();
  constexpr int kRows = kTileThreads / kWarp * kCount * 16, kLanes = 16 / sizeof(Out), kChunks = kSize / kLanes;
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < kRows * kChunks; i += kTileThreads) {
    const int row = i / kChunks, at = i % kChunks * kLanes;
    if (row < rows && at < size)
      *reinterpret_cast<SixteenBytes*>(to + row * step + at) =
          *reinterpret_cast<const SixteenBytes*>(staged + row * kStagedPitch<kSize> + at);
  }
}

// ---- scores ----

// Scores for which no mask, bias or dropout is asked: `scale` times the products. The sign lets the largest product be
// that of the largest score.
inline bool is_plain(const Scores& scores) {
  return scores.mask == nullptr && scores.bias == nullptr && !(scores.p.dropout > 0) && scores.p.scale > 0;
}

// Calls f with the precision of factors stored as In, the size and whether scores are plain: all constants, for which
// kernels are compiled. In bf16 there is a kernel of its own for small heads too.
template <class In, class Function>
void with_kernel_for(const Scores& scores, const Function& f) {
  const int64_t size = std::max(scores.p.head_size, scores.p.value_size);
  const auto of_size = [&](auto precision, auto compiled) {
    if (is_plain(scores))
      f(precision, compiled, std::true_type());
    else
      f(precision, compiled, std::false_type());
  };
  const auto of_precision = [&](auto precision) {
    if constexpr (precision == Precision::kBf16)
      if (size <= 32) return of_size(precision, std::integral_constant<int, 32>());
    if (size <= 64)
      of_size(precision, std::integral_constant<int, 64>());
    else
      of_size(precision, std::integral_constant<int, 128>());
  };
  if constexpr (std::is_same_v<In, uint16_t>)
    of_precision(std::integral_constant<Precision, Precision::kBf16>());
  else if (precision() == Precision::kFloat32)
    of_precision(std::integral_constant<Precision, Precision::kFloat32>());
  else
    of_precision(std::integral_constant<Precision, Precision::kTf32>());
}

// e^(score - reference). In twos, where nothing but a product makes a score, score and reference are logarithms to the
// base 2, and one multiply-add makes the exponent. That rounds twice what a bias of -1e9 makes of scores, by more than
// they are apart, and makes an infinity of the least float32: where there may be a bias, they are subtracted as such.
template <bool kInTwos>
struct Exponential {
  static constexpr float kFromNatural = kInTwos ? kLog2OfE : 1.0f, kToNatural = kInTwos ? kLogOf2 : 1.0f;
  static constexpr float kOne = kInTwos ? 1.0f : kLogOf2;  // what doubles a weight
  float factor;                                            // what times a product is as references are

  // of_products: what times a product is its score.
  __device__ explicit Exponential(float of_products) : factor(kInTwos ? of_products * kLog2OfE : of_products) {}
  __device__ static float of(float difference) { return power_of_2(kInTwos ? difference : difference * kLog2OfE); }
  __device__ float weight(float product, float reference) const { return of(fmaf(product, factor, -reference)); }
};

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

  // What times a score, or a product where they are not asked for, is the score.
  __device__ float factor() const { return one_by_one ? 1.0f : scale; }
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
