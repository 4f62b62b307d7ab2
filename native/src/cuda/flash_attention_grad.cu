// SPDX-License-Identifier: Apache-2.0
// The gradients of fused attention, from weights computed again. One kernel has a tile of keys and goes over all
// queries that see them, another has a tile of queries and goes over the keys: scores are found twice, and every sum
// has one owner, who adds in an order that depends on nothing.
#include <algorithm>

#include "cuda/device/flash.cuh"
#include "cuda/device/scratch.h"

namespace nabla::cuda {
namespace {

// Rows of the tiles that a block goes over: more do not fit into the registers, or of float32 into shared memory.
template <Precision kPrecision>
constexpr int kStreamed = kPrecision == Precision::kBf16 ? 32 : 16;
// How often 16 rows a warp has: with 32, what it loads from shared memory serves twice as many products, but beyond a
// size of 64 there are not enough registers; where scores take long, more warps help more.
template <int kSize, bool kPlain>
constexpr int kCountOf = kPlain && kSize <= 64 ? 2 : 1;
template <int kSize, bool kPlain>
constexpr int kOwned = kTileThreads / kWarp * kCountOf<kSize, kPlain> * 16;  // rows of a block
constexpr int kMostOwned = 128;
// Whether the left factors that a block owns are kept in registers where it has queries.
template <Precision kPrecision>
constexpr bool kKept = kPrecision == Precision::kBf16;

// What the gradients need of each query besides its numbers: its shift, which is log_sum_exp as a reference of
// Exponential, and d, which is grad_out . out. Each tile of kRows queries has its shifts, then its d; beyond the last
// query weights are 0.
template <int kRows>
struct QueryFacts {
  float* data;
  int64_t tiles;  // of a head

  static constexpr int kOfTile = 2 * kRows;
  __device__ float* of_tile(int64_t head, int tile) const { return data + (head * tiles + tile) * kOfTile; }
};

// kSize / 8 threads have a query, eight elements each.
template <int kSize, int kRows, class In, class Out>
__global__ void query_facts_kernel(Heads<const In> grad_out, Heads<const Out> out, const float* log_sum_exp,
                                   QueryFacts<kRows> facts, float from_natural, int64_t rows, AttentionParams p) {
  constexpr int kSharers = kSize / 8;
  const int64_t row = int64_t{blockIdx.x} * (kThreads / kSharers) + threadIdx.x / kSharers;
  const int64_t i = threadIdx.x % kSharers * 8;
  const Division of_time(row, facts.tiles * kRows), of_head(of_time.quotient, p.heads);
  const int64_t query = of_time.remainder, batch = of_head.quotient, head = of_head.remainder;
  const bool inside = row < rows && query < p.query_time;
  float d = 0;
  if (inside && i < p.value_size) {
    const In* const g = grad_out.data + batch * grad_out.batch + head * grad_out.head + query * grad_out.time + i;
    const Out* const o = out.data + batch * out.batch + head * out.head + query * out.time + i;
    for (int four = 0; four < 8 && i + four < p.value_size; four += 4) {
      const Four<In> of_grad = *reinterpret_cast<const Four<In>*>(g + four);
      const Four<Out> of_out = *reinterpret_cast<const Four<Out>*>(o + four);
      for (int lane = 0; lane < 4; ++lane) d = fmaf(widened(of_grad.at[lane]), widened(of_out.at[lane]), d);
    }
  }
  for (int distance = kSharers / 2; distance > 0; distance /= 2) d += __shfl_xor_sync(0xffffffffu, d, distance);
  if (i != 0 || row >= rows) return;
  float* const to = facts.of_tile(of_time.quotient, static_cast<int>(query / kRows)) + query % kRows;
  to[0] = inside ? log_sum_exp[of_time.quotient * p.query_time + query] * from_natural : INFINITY;
  to[kRows] = d;
}

// What the two large kernels read.
template <Precision kPrecision>
struct Given {
  Heads<const Multiplied<kPrecision>> grad_out;
  FlashInputs<Multiplied<kPrecision>> in;
  QueryFacts<kStreamed<kPrecision>> facts;
};

// Where a block with a tile of keys has the facts of the queries it goes over: pieces of four behind the stages or, as
// those of float32 leave nothing of the least shared memory that there is, in the padding of the rows of keys.
template <Precision kPrecision, int kSize>
struct StagedFacts {
  static constexpr bool kBehind = kPrecision == Precision::kBf16;
  static constexpr int kPieces = QueryFacts<kStreamed<kPrecision>>::kOfTile / 4;  // of a stage
  static constexpr int kApart = kBehind ? 4 : kPitch<kPrecision, kSize>;          // from piece to piece
  static constexpr int kBytes = kBehind ? kStages * kPieces * 16 : 0;
  static constexpr int kFromShiftToD = kPieces / 2 * kApart;

  float* data;
  template <class T>
  __device__ StagedFacts(T* keys, T* behind) : data(reinterpret_cast<float*>(kBehind ? behind : keys + kSize)) {}
  __device__ float* piece(int stage, int number) const { return data + (stage * kPieces + number) * kApart; }
  __device__ const float* shift(int stage, int query) const {
    return kBehind ? piece(stage, 0) + query : piece(stage, query / 4) + query % 4;
  }
};

template <int kCount, int kColumns>
__device__ void multiply_by(float (&c)[kCount][kColumns][4], float factor) {
#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int n = 0; n < kColumns; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) c[m][n][i] *= factor;
}

// A block has a tile of keys. The scores are transposed: keys are the rows of fragments, queries the columns.
template <Precision kPrecision, int kSize, bool kPlain, class Out>
__global__ void __launch_bounds__(kTileThreads, 2)
    key_grads_kernel(Given<kPrecision> given, Heads<Out> grad_key, Heads<Out> grad_value, Scores scores, Order order) {
  using T = Multiplied<kPrecision>;
  using Of = Products<kPrecision, kSize>;
  using Left = typename Of::template LeftRows<kCountOf<kSize, kPlain>, false>;
  using Facts = StagedFacts<kPrecision, kSize>;
  constexpr int kCount = kCountOf<kSize, kPlain>, kKeys = kOwned<kSize, kPlain>, kColumns = kStreamed<kPrecision>;
  constexpr int kTilePitch = kPitch<kPrecision, kSize>, kTile = kColumns * kTilePitch;
  T* const keys = reinterpret_cast<T*>(dynamic_shared());
  T* const values = keys + kKeys * kTilePitch;
  T* const stages = values + kKeys * kTilePitch;  // each of queries and grad_out
  const Facts facts(keys, stages + kStages * 2 * kTile);
  const AttentionParams& p = scores.p;
  const Order::Place place = order.place(static_cast<int>(blockIdx.x));
  const int key_heads = static_cast<int>(p.key_heads), batch = place.head / key_heads;
  const int key_head = place.head - batch * key_heads;
  const int sharers = static_cast<int>(p.heads) / key_heads, first_head = key_head * sharers;
  const int size = static_cast<int>(p.head_size), value_size = static_cast<int>(p.value_size);
  const Sight sight(p);
  const int first = place.tile * kKeys, first_of_warp = first + this_warp() * kCount * 16;
  const int row = first_of_warp + this_lane() / 4, column = this_lane() % 4 * 2;  // of element 0 of the fragments

  // The queries that see a key: of each head, those of the tiles from first_tile on.
  const int first_tile = sight.causal ? first / kColumns : 0, tiles = (sight.queries + kColumns - 1) / kColumns;
  const int steps = first_tile < tiles ? (tiles - first_tile) * sharers : 0;
  const Source<kPrecision, kSize> queries(given.in.query, batch, first_head, sight.queries, size);
  const Source<kPrecision, kSize> grads(given.grad_out, batch, first_head, sight.queries, value_size);
  // Heads are counted from first_head on.
  const auto begin_queries = [&](int step, int head, int tile) {
    T* const to = stages + step % kStages * 2 * kTile;
    const int first_query = tile * kColumns;
    queries.template begin<kColumns>(to, first_query, head * given.in.query.head);
    grads.template begin<kColumns>(to + kTile, first_query, head * given.grad_out.head);
    const int piece = static_cast<int>(threadIdx.x);
    if (piece < Facts::kPieces)
      begin_copy(facts.piece(step % kStages, piece),
                 given.facts.of_tile(batch * p.heads + first_head + head, tile) + piece * 4, true);
  };
  Source<kPrecision, kSize>(given.in.key, batch, key_head, sight.keys, size).template begin<kKeys>(keys, first);
  Source<kPrecision, kSize>(given.in.value, batch, key_head, sight.keys, value_size)
      .template begin<kKeys>(values, first);
  if (steps > 0) begin_queries(0, 0, first_tile);
  end_group();
  if (Left::kTakesRows) {  // before the first step, which waits itself
    wait_for_groups<0>();
    __syncthreads();
  }
  const Left own_keys(keys, this_warp() * kCount * 16);
  const Left own_values(values, this_warp() * kCount * 16);
  const Exponential<kPlain> exponential(kPlain ? p.scale : HeadScores(scores, batch, first_head).factor());
  float sum_key[kCount][kSize / 8][4] = {}, sum_value[kCount][kSize / 8][4] = {};

  int next_head = 0, next_tile = first_tile;
  for (int step = 0; step < steps; ++step) {
    wait_for_groups<0>();
    __syncthreads();  // the tile is there, and the one before it has been used
    const int head = next_head, first_query = next_tile * kColumns;
    if (++next_tile == tiles) ++next_head, next_tile = first_tile;
    if (step + 1 < steps) begin_queries(step + 1, next_head, next_tile);
    end_group();
    if (sight.causal && first_query + kColumns <= first_of_warp) continue;  // nobody sees the keys of this warp
    const T* const stage = stages + step % kStages * 2 * kTile;
    const float* const shift = facts.shift(step % kStages, column);
    const float* const d = shift + Facts::kFromShiftToD;
    float w[kCount][kColumns / 8][4], slopes[kCount][kColumns / 8][4];  // weights; slopes become grad_scores
    Of::multiply_rows(w, own_keys, stage);
    const HeadScores of_head(scores, batch, first_head + head);
    const Position<true> at{row, first_query + column};
    // Beyond the last key anything may come out, since it does not go anywhere.
    const bool looks = sight.causal && first_query < first_of_warp + kCount * 16 - 1;
    if (looks || (!kPlain && of_head.one_by_one)) look<kPlain>(w, at, sight, of_head);
#pragma unroll
    for (int n = 0; n < kColumns / 8; ++n) {
      const Lanes<float, 2> of_queries = load<2>(shift + n * 2 * Facts::kApart);
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int i = 0; i < 4; ++i) w[m][n][i] = exponential.weight(w[m][n][i], of_queries.at[i % 2]);
    }
    Of::multiply_rows(slopes, own_values, stage + kTile);
#pragma unroll
    for (int k = 0; k < kColumns / 16; ++k) {
#pragma unroll
      for (int n = 2 * k; n < 2 * k + 2; ++n) {
        const Lanes<float, 2> of_queries = load<2>(d + n * 2 * Facts::kApart);
#pragma unroll
        for (int m = 0; m < kCount; ++m) {
          float kept[4] = {1, 1, 1, 1};
          if (!kPlain && of_head.drops) find_kept(kept, at, m, n, of_head);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const float weight = w[m][n][i], slope = kPlain ? slopes[m][n][i] : kept[i] * slopes[m][n][i];
            slopes[m][n][i] = weight * (slope - of_queries.at[i % 2]);
            if (!kPlain) w[m][n][i] = weight * kept[i];
          }
        }
      }
      Of::add_columns(sum_key, slopes, k, stage);
      Of::add_columns(sum_value, w, k, stage + kTile);
    }
  }
  wait_for_groups<0>();  // also where there was no step

  multiply_by(sum_key, p.scale);
  store_rows<kSize, kCount>(dynamic_shared(), sum_key,
                            grad_key.data + batch * grad_key.batch + key_head * grad_key.head + first * grad_key.time,
                            grad_key.time, sight.keys - first, size);
  store_rows<kSize, kCount>(
      dynamic_shared(), sum_value,
      grad_value.data + batch * grad_value.batch + key_head * grad_value.head + first * grad_value.time,
      grad_value.time, sight.keys - first, value_size);
}

// A block has a tile of queries.
template <Precision kPrecision, int kSize, bool kPlain, class Out>
__global__ void __launch_bounds__(kTileThreads, 2)
    query_grads_kernel(Given<kPrecision> given, Heads<Out> grad_query, Scores scores, Order order) {
  using T = Multiplied<kPrecision>;
  using Of = Products<kPrecision, kSize>;
  using Left = typename Of::template LeftRows<kCountOf<kSize, kPlain>, kKept<kPrecision>>;
  constexpr int kCount = kCountOf<kSize, kPlain>, kQueries = kOwned<kSize, kPlain>, kColumns = kStreamed<kPrecision>;
  constexpr int kTilePitch = kPitch<kPrecision, kSize>, kTile = kColumns * kTilePitch;
  T* const queries = reinterpret_cast<T*>(dynamic_shared());
  T* const grads = queries + kQueries * kTilePitch;
  T* const stages = grads + kQueries * kTilePitch;  // each of keys and values
  const AttentionParams& p = scores.p;
  const Order::Place place = order.place(static_cast<int>(blockIdx.x));
  const int heads = static_cast<int>(p.heads), batch = place.head / heads, head = place.head - batch * heads;
  const int key_head = head / (heads / static_cast<int>(p.key_heads));
  const int size = static_cast<int>(p.head_size), value_size = static_cast<int>(p.value_size);
  const Sight sight(p);
  const int first = place.tile * kQueries, first_of_warp = first + this_warp() * kCount * 16;
  const int row = first_of_warp + this_lane() / 4, column = this_lane() % 4 * 2;  // of element 0 of the fragments
  const int tiles = (sight.keys_of(first + kQueries - 1) + kColumns - 1) / kColumns;
  const Source<kPrecision, kSize> keys(given.in.key, batch, key_head, sight.keys, size);
  const Source<kPrecision, kSize> values(given.in.value, batch, key_head, sight.keys, value_size);
  const HeadScores of_head(scores, batch, head);

  const auto begin_keys = [&](int tile) {
    T* const to = stages + tile % kStages * 2 * kTile;
    keys.template begin<kColumns>(to, tile * kColumns);
    values.template begin<kColumns>(to + kTile, tile * kColumns);
  };
  Source<kPrecision, kSize>(given.in.query, batch, head, sight.queries, size).template begin<kQueries>(queries, first);
  Source<kPrecision, kSize>(given.grad_out, batch, head, sight.queries, value_size)
      .template begin<kQueries>(grads, first);
  if (tiles > 0) begin_keys(0);
  end_group();
  float shift[kCount][2], d[kCount][2];
#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int query = row + m * 16 + half * 8;
      const float* const facts = given.facts.of_tile(place.head, query / kColumns) + query % kColumns;
      shift[m][half] = facts[0];
      d[m][half] = facts[kColumns];
    }
  wait_for_groups<0>();
  __syncthreads();
  const Left own_queries(queries, this_warp() * kCount * 16);
  const Left own_grads(grads, this_warp() * kCount * 16);
  const Exponential<kPlain> exponential(kPlain ? p.scale : of_head.factor());
  float sum[kCount][kSize / 8][4] = {};

  for (int tile = 0; tile < tiles; ++tile) {
    wait_for_groups<0>();
    __syncthreads();  // the tile is there, and the one before it has been used
    if (tile + 1 < tiles) begin_keys(tile + 1);
    end_group();
    const int first_key = tile * kColumns;
    if (first_key >= sight.keys_of(first_of_warp + kCount * 16 - 1)) continue;  // this warp sees none of them
    const T* const stage = stages + tile % kStages * 2 * kTile;
    float w[kCount][kColumns / 8][4], slopes[kCount][kColumns / 8][4];  // weights; slopes become grad_scores
    Of::multiply_rows(w, own_queries, stage);
    Of::multiply_rows(slopes, own_grads, stage + kTile);
    const Position<false> at{row, first_key + column};
    const bool looks = first_key + kColumns > sight.keys_of(first_of_warp);
    if (looks || (!kPlain && of_head.one_by_one)) look<kPlain>(w, at, sight, of_head);
#pragma unroll
    for (int k = 0; k < kColumns / 16; ++k) {
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int n = 2 * k; n < 2 * k + 2; ++n) {
          float kept[4] = {1, 1, 1, 1};
          if (!kPlain && of_head.drops) find_kept(kept, at, m, n, of_head);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const float weight = exponential.weight(w[m][n][i], shift[m][i / 2]);
            const float slope = kPlain ? slopes[m][n][i] : kept[i] * slopes[m][n][i];
            slopes[m][n][i] = weight * (slope - d[m][i / 2]);
          }
        }
      Of::add_columns(sum, slopes, k, stage);
    }
  }

  multiply_by(sum, p.scale);
  store_rows<kSize, kCount>(
      dynamic_shared(), sum,
      grad_query.data + batch * grad_query.batch + head * grad_query.head + first * grad_query.time, grad_query.time,
      sight.queries - first, size);
}

template <Precision kPrecision, int kSize, bool kPlain, class Out>
void find_grads(const Given<kPrecision>& given, const FlashGrads<Out>& grads, const Scores& scores) {
  constexpr int kRows = kOwned<kSize, kPlain>, kRowsHeld = 2 * kRows + kStages * 2 * kStreamed<kPrecision>;
  constexpr int kFactorBytes = sizeof(Multiplied<kPrecision>);
  constexpr int kBytes =
      std::max(kRowsHeld * kPitch<kPrecision, kSize> * kFactorBytes + StagedFacts<kPrecision, kSize>::kBytes,
               kStoreBytes<kSize, kRows, Out>);
  static_assert(kBytes <= kMostShared, "it runs on every kind of GPU");
  const AttentionParams& p = scores.p;
  const int64_t sizes = kFactorBytes * (p.head_size + p.value_size);  // of a key and its value, or a query and its grad
  const int64_t key_tiles = divide_up(p.key_time, kRows), tiles = divide_up(p.query_time, kRows);
  launch("fused attention: gradients of keys", key_grads_kernel<kPrecision, kSize, kPlain, Out>,
         p.batch * p.key_heads * key_tiles, Block(kTileThreads, kBytes), given, grads.key, grads.value, scores,
         Order(p.batch * p.key_heads, key_tiles, p.heads / p.key_heads * p.query_time * sizes, false));
  launch("fused attention: gradients of queries", query_grads_kernel<kPrecision, kSize, kPlain, Out>,
         p.batch * p.heads * tiles, Block(kTileThreads, kBytes), given, grads.query, scores,
         Order(p.batch * p.heads, tiles, p.key_time * sizes, p.causal != 0));
}

}  // namespace

template <class In, class Out>
void flash_attention_grad(const Heads<const In>& grad_out, const FlashInputs<In>& in, const Heads<const Out>& out,
                          const float* log_sum_exp, const FlashGrads<Out>& grads, const AttentionParams& p) {
  if (p.batch * p.key_heads == 0) return;
  const Scores scores(p, in.mask, in.bias, ScoreBlock(p, 0, p.batch));
  with_kernel_for<In>(scores, [&](auto precision, auto size, auto plain) {
    constexpr int kRows = kStreamed<precision>;
    const int64_t tiles = divide_up(p.query_time, kMostOwned) * (kMostOwned / kRows);  // of whole blocks
    const int64_t rows = p.batch * p.heads * tiles * kRows;
    const Scratch scratch(static_cast<size_t>(2 * rows) * sizeof(float));
    const QueryFacts<kRows> facts{scratch.as<float>(), tiles};
    launch("fused attention: facts of queries", query_facts_kernel<size, kRows, In, Out>,
           divide_up(rows * size / 8, kThreads), kThreads, grad_out, out, log_sum_exp, facts,
           Exponential<plain>::kFromNatural, rows, p);
    find_grads<precision, size, plain>(Given<precision>{grad_out, in, facts}, grads, scores);
  });
}

template void flash_attention_grad(const Heads<const float>&, const FlashInputs<float>&, const Heads<const float>&,
                                   const float*, const FlashGrads<float>&, const AttentionParams&);
template void flash_attention_grad(const Heads<const uint16_t>&, const FlashInputs<uint16_t>&,
                                   const Heads<const float>&, const float*, const FlashGrads<float>&,
                                   const AttentionParams&);
template void flash_attention_grad(const Heads<const uint16_t>&, const FlashInputs<uint16_t>&,
                                   const Heads<const uint16_t>&, const float*, const FlashGrads<uint16_t>&,
                                   const AttentionParams&);

}  // namespace nabla::cuda
