// SPDX-License-Identifier: Apache-2.0
// The gradients of fused attention, from weights computed again. One kernel has a tile of keys and goes over all
// queries that see them, another has a tile of queries and goes over the keys: scores are found twice, and every sum
// has one owner, who adds in an order that depends on nothing.
#include <algorithm>

#include "cuda/device/flash.cuh"
#include "cuda/device/scratch.h"

namespace nabla::cuda {
namespace {

constexpr int kStreamed = 32;  // rows of the tiles that a block goes over; more do not fit into the registers
// How often 16 rows a warp has: with 32, what it loads from shared memory serves twice as many products, but beyond a
// size of 64 there are not enough registers; where scores take long, more warps help more.
template <int kSize, bool kPlain>
constexpr int kCountOf = kPlain && kSize <= 64 ? 2 : 1;
template <int kSize, bool kPlain>
constexpr int kOwned = kTileThreads / kWarp * kCountOf<kSize, kPlain> * 16;  // rows of a block
constexpr int kMostOwned = 128;

// What the gradients need of each query besides its numbers: a weight is 2^(its score * log2(e) - shift), and d is
// grad_out . out. Each tile of kStreamed queries has its shifts, then its d; beyond the last query weights are 0.
struct QueryFacts {
  float* data;
  int64_t tiles;  // of a head

  static constexpr int kOfTile = 2 * kStreamed;
  __device__ float* of_tile(int64_t head, int tile) const { return data + (head * tiles + tile) * kOfTile; }
};

// kSize / 8 threads have a query, eight elements each.
template <int kSize, class Out>
__global__ void query_facts_kernel(Heads<const uint16_t> grad_out, Heads<const Out> out, const float* log_sum_exp,
                                   QueryFacts facts, int64_t rows, AttentionParams p) {
  constexpr int kSharers = kSize / 8;
  const int64_t row = int64_t{blockIdx.x} * (kThreads / kSharers) + threadIdx.x / kSharers;
  const int64_t i = threadIdx.x % kSharers * 8;
  const Division of_time(row, facts.tiles * kStreamed), of_head(of_time.quotient, p.heads);
  const int64_t query = of_time.remainder, batch = of_head.quotient, head = of_head.remainder;
  const bool inside = row < rows && query < p.query_time;
  float d = 0;
  if (inside && i < p.value_size) {
    const uint16_t* const g = grad_out.data + batch * grad_out.batch + head * grad_out.head + query * grad_out.time + i;
    const Out* const o = out.data + batch * out.batch + head * out.head + query * out.time + i;
    for (int four = 0; four < 8; four += 4) {
      const Four<uint16_t> of_grad = *reinterpret_cast<const Four<uint16_t>*>(g + four);
      const Four<Out> of_out = *reinterpret_cast<const Four<Out>*>(o + four);
      for (int lane = 0; lane < 4; ++lane) d = fmaf(widened(of_grad.at[lane]), widened(of_out.at[lane]), d);
    }
  }
  for (int distance = kSharers / 2; distance > 0; distance /= 2) d += __shfl_xor_sync(0xffffffffu, d, distance);
  if (i != 0 || row >= rows) return;
  float* const to = facts.of_tile(of_time.quotient, static_cast<int>(query / kStreamed)) + query % kStreamed;
  to[0] = inside ? log_sum_exp[of_time.quotient * p.query_time + query] * kLog2OfE : INFINITY;
  to[kStreamed] = d;
}

// What the two large kernels read.
struct Given {
  Heads<const uint16_t> grad_out;
  FlashInputs in;
  QueryFacts facts;
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
template <int kSize, bool kPlain, class Out>
__global__ void __launch_bounds__(kTileThreads, 2)
    key_grads_kernel(Given given, Heads<Out> grad_key, Heads<Out> grad_value, Scores scores, Order order) {
  constexpr int kCount = kCountOf<kSize, kPlain>, kKeys = kOwned<kSize, kPlain>, kTile = kStreamed * kPitch<kSize>;
  uint16_t* const keys = reinterpret_cast<uint16_t*>(dynamic_shared());
  uint16_t* const values = keys + kKeys * kPitch<kSize>;
  uint16_t* const stages = values + kKeys * kPitch<kSize>;                      // each of queries and grad_out
  float* const facts = reinterpret_cast<float*>(stages + kStages * 2 * kTile);  // each of shift and d
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
  const int first_tile = sight.causal ? first / kStreamed : 0, tiles = (sight.queries + kStreamed - 1) / kStreamed;
  const int steps = first_tile < tiles ? (tiles - first_tile) * sharers : 0;
  const Source<kSize> queries(given.in.query, batch, first_head, sight.queries, size);
  const Source<kSize> grads(given.grad_out, batch, first_head, sight.queries, value_size);
  // Heads are counted from first_head on.
  const auto begin_queries = [&](int step, int head, int tile) {
    uint16_t* const to = stages + step % kStages * 2 * kTile;
    const int first_query = tile * kStreamed;
    queries.template begin<kStreamed>(to, first_query, head * given.in.query.head);
    grads.template begin<kStreamed>(to + kTile, first_query, head * given.grad_out.head);
    const int at = static_cast<int>(threadIdx.x) * 4;  // 16 bytes each
    if (at < QueryFacts::kOfTile)
      begin_copy(facts + step % kStages * QueryFacts::kOfTile + at,
                 given.facts.of_tile(batch * p.heads + first_head + head, tile) + at, true);
  };
  Source<kSize>(given.in.key, batch, key_head, sight.keys, size).template begin<kKeys>(keys, first);
  Source<kSize>(given.in.value, batch, key_head, sight.keys, value_size).template begin<kKeys>(values, first);
  if (steps > 0) begin_queries(0, 0, first_tile);
  end_group();
  const LeftRows<kSize, kCount, false> own_keys(keys, this_warp() * kCount * 16);
  const LeftRows<kSize, kCount, false> own_values(values, this_warp() * kCount * 16);
  const float factor = kPlain ? p.scale * kLog2OfE : HeadScores(scores, batch, first_head).factor();
  float sum_key[kCount][kSize / 8][4] = {}, sum_value[kCount][kSize / 8][4] = {};

  int next_head = 0, next_tile = first_tile;
  for (int step = 0; step < steps; ++step) {
    wait_for_groups<0>();
    __syncthreads();  // the tile is there, and the one before it has been used
    const int head = next_head, first_query = next_tile * kStreamed;
    if (++next_tile == tiles) ++next_head, next_tile = first_tile;
    if (step + 1 < steps) begin_queries(step + 1, next_head, next_tile);
    end_group();
    if (sight.causal && first_query + kStreamed <= first_of_warp) continue;  // nobody sees the keys of this warp
    const uint16_t* const stage = stages + step % kStages * 2 * kTile;
    const float* const shift = facts + step % kStages * QueryFacts::kOfTile + column;
    const float* const d = shift + kStreamed;
    float w[kCount][kStreamed / 8][4], slopes[kCount][kStreamed / 8][4];  // weights; slopes become grad_scores
    multiply_rows<kSize, kCount, kStreamed>(w, own_keys, stage);
    const HeadScores of_head(scores, batch, first_head + head);
    const Position<true> at{row, first_query + column};
    // Beyond the last key anything may come out, since it does not go anywhere.
    const bool looks = sight.causal && first_query < first_of_warp + kCount * 16 - 1;
    if (looks || (!kPlain && of_head.one_by_one)) look<kPlain>(w, at, sight, of_head);
#pragma unroll
    for (int n = 0; n < kStreamed / 8; ++n) {
      const Lanes<float, 2> of_queries = load<2>(shift + n * 8);
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int i = 0; i < 4; ++i) w[m][n][i] = power_of_2(fmaf(w[m][n][i], factor, -of_queries.at[i % 2]));
    }
    multiply_rows<kSize, kCount, kStreamed>(slopes, own_values, stage + kTile);
#pragma unroll
    for (int k = 0; k < kStreamed / 16; ++k) {
#pragma unroll
      for (int n = 2 * k; n < 2 * k + 2; ++n) {
        const Lanes<float, 2> of_queries = load<2>(d + n * 8);
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
      add_columns<kSize, kCount, kStreamed>(sum_key, slopes, k, stage);
      add_columns<kSize, kCount, kStreamed>(sum_value, w, k, stage + kTile);
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
template <int kSize, bool kPlain, class Out>
__global__ void __launch_bounds__(kTileThreads, 2)
    query_grads_kernel(Given given, Heads<Out> grad_query, Scores scores, Order order) {
  constexpr int kCount = kCountOf<kSize, kPlain>, kQueries = kOwned<kSize, kPlain>, kTile = kStreamed * kPitch<kSize>;
  uint16_t* const queries = reinterpret_cast<uint16_t*>(dynamic_shared());
  uint16_t* const grads = queries + kQueries * kPitch<kSize>;
  uint16_t* const stages = grads + kQueries * kPitch<kSize>;  // each of keys and values
  const AttentionParams& p = scores.p;
  const Order::Place place = order.place(static_cast<int>(blockIdx.x));
  const int heads = static_cast<int>(p.heads), batch = place.head / heads, head = place.head - batch * heads;
  const int key_head = head / (heads / static_cast<int>(p.key_heads));
  const int size = static_cast<int>(p.head_size), value_size = static_cast<int>(p.value_size);
  const Sight sight(p);
  const int first = place.tile * kQueries, first_of_warp = first + this_warp() * kCount * 16;
  const int row = first_of_warp + this_lane() / 4, column = this_lane() % 4 * 2;  // of element 0 of the fragments
  const int tiles = (sight.keys_of(first + kQueries - 1) + kStreamed - 1) / kStreamed;
  const Source<kSize> keys(given.in.key, batch, key_head, sight.keys, size);
  const Source<kSize> values(given.in.value, batch, key_head, sight.keys, value_size);
  const HeadScores of_head(scores, batch, head);

  const auto begin_keys = [&](int tile) {
    uint16_t* const to = stages + tile % kStages * 2 * kTile;
    keys.template begin<kStreamed>(to, tile * kStreamed);
    values.template begin<kStreamed>(to + kTile, tile * kStreamed);
  };
  Source<kSize>(given.in.query, batch, head, sight.queries, size).template begin<kQueries>(queries, first);
  Source<kSize>(given.grad_out, batch, head, sight.queries, value_size).template begin<kQueries>(grads, first);
  if (tiles > 0) begin_keys(0);
  end_group();
  float shift[kCount][2], d[kCount][2];
#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int query = row + m * 16 + half * 8;
      const float* const facts = given.facts.of_tile(place.head, query / kStreamed) + query % kStreamed;
      shift[m][half] = facts[0];
      d[m][half] = facts[kStreamed];
    }
  wait_for_groups<0>();
  __syncthreads();
  const LeftRows<kSize, kCount, true> own_queries(queries, this_warp() * kCount * 16);
  const LeftRows<kSize, kCount, true> own_grads(grads, this_warp() * kCount * 16);
  const float factor = kPlain ? p.scale * kLog2OfE : of_head.factor();
  float sum[kCount][kSize / 8][4] = {};

  for (int tile = 0; tile < tiles; ++tile) {
    wait_for_groups<0>();
    __syncthreads();  // the tile is there, and the one before it has been used
    if (tile + 1 < tiles) begin_keys(tile + 1);
    end_group();
    const int first_key = tile * kStreamed;
    if (first_key >= sight.keys_of(first_of_warp + kCount * 16 - 1)) continue;  // this warp sees none of them
    const uint16_t* const stage = stages + tile % kStages * 2 * kTile;
    float w[kCount][kStreamed / 8][4], slopes[kCount][kStreamed / 8][4];  // weights; slopes become grad_scores
    multiply_rows<kSize, kCount, kStreamed>(w, own_queries, stage);
    multiply_rows<kSize, kCount, kStreamed>(slopes, own_grads, stage + kTile);
    const Position<false> at{row, first_key + column};
    const bool looks = first_key + kStreamed > sight.keys_of(first_of_warp);
    if (looks || (!kPlain && of_head.one_by_one)) look<kPlain>(w, at, sight, of_head);
#pragma unroll
    for (int k = 0; k < kStreamed / 16; ++k) {
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int n = 2 * k; n < 2 * k + 2; ++n) {
          float kept[4] = {1, 1, 1, 1};
          if (!kPlain && of_head.drops) find_kept(kept, at, m, n, of_head);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const float weight = power_of_2(fmaf(w[m][n][i], factor, -shift[m][i / 2]));
            const float slope = kPlain ? slopes[m][n][i] : kept[i] * slopes[m][n][i];
            slopes[m][n][i] = weight * (slope - d[m][i / 2]);
          }
        }
      add_columns<kSize, kCount, kStreamed>(sum, slopes, k, stage);
    }
  }

  multiply_by(sum, p.scale);
  store_rows<kSize, kCount>(
      dynamic_shared(), sum,
      grad_query.data + batch * grad_query.batch + head * grad_query.head + first * grad_query.time, grad_query.time,
      sight.queries - first, size);
}

template <int kSize, bool kPlain, class Out>
void find_grads(const Given& given, const FlashGrads<Out>& grads, const Scores& scores) {
  constexpr int kRowsHeld = 2 * kOwned<kSize, kPlain> + kStages * 2 * kStreamed, kFacts = kStages * QueryFacts::kOfTile;
  constexpr int kStored = kStoreBytes<kSize, kOwned<kSize, kPlain>, Out>;
  constexpr int kBytes = std::max(kRowsHeld * kPitch<kSize> * 2 + kFacts * 4, kStored);
  const AttentionParams& p = scores.p;
  const int64_t sizes = 2 * (p.head_size + p.value_size);  // bytes of a key and its value, or of a query and its grad
  const int64_t key_tiles = divide_up(p.key_time, kOwned<kSize, kPlain>),
                tiles = divide_up(p.query_time, kOwned<kSize, kPlain>);
  launch("fused attention: gradients of keys", key_grads_kernel<kSize, kPlain, Out>, p.batch * p.key_heads * key_tiles,
         Block(kTileThreads, kBytes), given, grads.key, grads.value, scores,
         Order(p.batch * p.key_heads, key_tiles, p.heads / p.key_heads * p.query_time * sizes, false));
  launch("fused attention: gradients of queries", query_grads_kernel<kSize, kPlain, Out>, p.batch * p.heads * tiles,
         Block(kTileThreads, kBytes), given, grads.query, scores,
         Order(p.batch * p.heads, tiles, p.key_time * sizes, p.causal != 0));
}

template <int kSize, class Out>
void find_grads(const Given& given, const Heads<const Out>& out, const float* log_sum_exp, const FlashGrads<Out>& grads,
                const Scores& scores) {
  const int64_t rows = scores.p.batch * scores.p.heads * given.facts.tiles * kStreamed;
  launch("fused attention: facts of queries", query_facts_kernel<kSize, Out>, divide_up(rows * kSize / 8, kThreads),
         kThreads, given.grad_out, out, log_sum_exp, given.facts, rows, scores.p);
  if (is_plain(scores))
    find_grads<kSize, true>(given, grads, scores);
  else
    find_grads<kSize, false>(given, grads, scores);
}

}  // namespace

template <class Out>
void flash_attention_grad(const Heads<const uint16_t>& grad_out, const FlashInputs& in, const Heads<const Out>& out,
                          const float* log_sum_exp, const FlashGrads<Out>& grads, const AttentionParams& p) {
  if (p.batch * p.key_heads == 0) return;
  const int64_t tiles = divide_up(p.query_time, kMostOwned) * (kMostOwned / kStreamed);  // of whole blocks
  const Scratch scratch(static_cast<size_t>(p.batch * p.heads * tiles * QueryFacts::kOfTile) * sizeof(float));
  const Given given{grad_out, in, {scratch.as<float>(), tiles}};
  const Scores scores(p, in.mask, in.bias, ScoreBlock(p, 0, p.batch));
  const int64_t size = std::max(p.head_size, p.value_size);
  if (size <= 32)
    find_grads<32>(given, out, log_sum_exp, grads, scores);
  else if (size <= 64)
    find_grads<64>(given, out, log_sum_exp, grads, scores);
  else
    find_grads<128>(given, out, log_sum_exp, grads, scores);
}

template void flash_attention_grad(const Heads<const uint16_t>&, const FlashInputs&, const Heads<const float>&,
                                   const float*, const FlashGrads<float>&, const AttentionParams&);
template void flash_attention_grad(const Heads<const uint16_t>&, const FlashInputs&, const Heads<const uint16_t>&,
                                   const float*, const FlashGrads<uint16_t>&, const AttentionParams&);

}  // namespace nabla::cuda
