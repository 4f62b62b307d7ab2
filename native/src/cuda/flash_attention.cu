// SPDX-License-Identifier: Apache-2.0
// Fused attention. A block has 128 queries of a head and goes over the keys that any of them sees. The softmax is found
// on the way: weights are relative to a reference near the largest score so far, and when a larger one comes, what was
// summed up is made smaller.
#include <algorithm>
#include <cfloat>

#include "cuda/device/flash.cuh"

namespace nabla::cuda {
namespace {

// How often 16 queries a warp has: with 32, what it loads from shared memory serves twice as many products. Where
// scores take long, more warps help more.
template <bool kPlain>
constexpr int kCountOf = kPlain ? 2 : 1;
template <bool kPlain>
constexpr int kQueriesOf = kTileThreads / kWarp * kCountOf<kPlain> * 16;

// Keys of a tile: more do not fit into the registers, or of float32 into 99 KiB of shared memory, the least that a kind
// of GPU has.
template <Precision kPrecision, int kSize, bool kPlain>
constexpr int kKeys = kPrecision == Precision::kBf16 ? (kPlain && kSize <= 64 ? 64 : 32) : (kSize <= 64 ? 32 : 16);
template <Precision kPrecision, int kSize>
constexpr bool kKeptQueries = kPrecision != Precision::kFloat32 && kSize <= 64;  // in registers

// The reference follows the largest score only when that is larger by more than this power of 2: weights may be up to
// 256 then, which neither float32 sums nor bf16 mind, and the sums are seldom changed.
constexpr float kSlack = 8;

// The rows of a fragment: a thread has two of each 16 queries, and a part of their keys.
template <int kSize, int kCount>
struct Rows {
  float reference[kCount][2], sum[kCount][2];  // of powers of 2; each thread sums up its own keys
  float out[kCount][kSize / 8][4];

  __device__ Rows() {
#pragma unroll
    for (int m = 0; m < kCount; ++m) {
      reference[m][0] = reference[m][1] = -FLT_MAX;  // finite: what is hidden is infinitely far from it
      sum[m][0] = sum[m][1] = 0;
#pragma unroll
      for (int n = 0; n < kSize / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) out[m][n][i] = 0;
    }
  }

  // Moves the references to where they allow for the scores of a tile.
  template <int kColumns, class Exponential>
  __device__ void follow(const float (&scores)[kCount][kColumns][4], const Exponential& exponential) {
    bool moved = false;
    float change[kCount][2];
#pragma unroll
    for (int m = 0; m < kCount; ++m)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float largest = -INFINITY;
#pragma unroll
        for (int n = 0; n < kColumns; ++n)
          largest = fmaxf(largest, fmaxf(scores[m][n][2 * half], scores[m][n][2 * half + 1]));
        largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 1));
        largest = exponential.factor * fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 2));
        const bool moves = largest > reference[m][half] + kSlack * Exponential::kOne;
        change[m][half] = moves ? Exponential::of(reference[m][half] - largest) : 1.0f;
        if (moves) reference[m][half] = largest;
        sum[m][half] *= change[m][half];
        moved = moved || moves;
      }
    if (!__any_sync(0xffffffffu, moved)) return;  // the warp stays together
#pragma unroll
    for (int m = 0; m < kCount; ++m)
#pragma unroll
      for (int n = 0; n < kSize / 8; ++n)
#pragma unroll
        for (int i = 0; i < 4; ++i) out[m][n][i] *= change[m][i / 2];
  }
};

// Applies dropout to 16 columns of weights, from column 16 k on.
template <int kCount, int kColumns>
__device__ void drop(float (&weights)[kCount][kColumns][4], int k, const Position<false>& at,
                     const HeadScores& of_head) {
#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int n = 2 * k; n < 2 * k + 2; ++n) {
      float kept[4];
      find_kept(kept, at, m, n, of_head);
#pragma unroll
      for (int i = 0; i < 4; ++i) weights[m][n][i] *= kept[i];
    }
}

template <Precision kPrecision, int kSize, bool kPlain, class Out>
__global__ void __launch_bounds__(kTileThreads, kPlain ? 2 : 3)
    flash_attention_kernel(FlashInputs<Multiplied<kPrecision>> in, Heads<Out> out, float* log_sum_exp, Scores scores,
                           Order order) {
  using T = Multiplied<kPrecision>;
  using Of = Products<kPrecision, kSize>;
  constexpr int kCount = kCountOf<kPlain>, kQueries = kQueriesOf<kPlain>, kTilePitch = kPitch<kPrecision, kSize>;
  constexpr int kColumns = kKeys<kPrecision, kSize, kPlain>, kTile = kColumns * kTilePitch;
  T* const queries = reinterpret_cast<T*>(dynamic_shared());
  T* const stages = queries + kQueries * kTilePitch;  // each of keys and values
  const AttentionParams& p = scores.p;
  const Order::Place place = order.place(static_cast<int>(blockIdx.x));
  const int heads = static_cast<int>(p.heads), batch = place.head / heads, head = place.head - batch * heads;
  const int key_head = head / (heads / static_cast<int>(p.key_heads));
  const int size = static_cast<int>(p.head_size), value_size = static_cast<int>(p.value_size);
  const Sight sight(p);
  const int first = place.tile * kQueries, first_of_warp = first + this_warp() * kCount * 16;
  const int row = first_of_warp + this_lane() / 4, column = this_lane() % 4 * 2;  // of element 0 of the fragments
  const int tiles = (sight.keys_of(first + kQueries - 1) + kColumns - 1) / kColumns;
  const Source<kPrecision, kSize> keys(in.key, batch, key_head, sight.keys, size);
  const Source<kPrecision, kSize> values(in.value, batch, key_head, sight.keys, value_size);
  const HeadScores of_head(scores, batch, head);

  const auto begin_keys = [&](int tile) {
    T* const to = stages + tile % kStages * 2 * kTile;
    keys.template begin<kColumns>(to, tile * kColumns);
    values.template begin<kColumns>(to + kTile, tile * kColumns);
  };
  Source<kPrecision, kSize>(in.query, batch, head, sight.queries, size).template begin<kQueries>(queries, first);
  if (tiles > 0) begin_keys(0);
  end_group();
  wait_for_groups<0>();
  __syncthreads();
  const typename Of::template LeftRows<kCount, kKeptQueries<kPrecision, kSize>> own_queries(queries,
                                                                                            this_warp() * kCount * 16);
  const Exponential<kPlain> exponential(kPlain ? p.scale : of_head.factor());
  Rows<kSize, kCount> rows;

  for (int tile = 0; tile < tiles; ++tile) {
    wait_for_groups<0>();
    __syncthreads();  // the tile is there, and the one before it has been used
    if (tile + 1 < tiles) begin_keys(tile + 1);
    end_group();
    const int first_key = tile * kColumns;
    if (first_key >= sight.keys_of(first_of_warp + kCount * 16 - 1)) continue;  // this warp sees none of them
    const T* const stage = stages + tile % kStages * 2 * kTile;
    float s[kCount][kColumns / 8][4];
    Of::multiply_rows(s, own_queries, stage);
    const Position<false> at{row, first_key + column};
    const bool looks = first_key + kColumns > sight.keys_of(first_of_warp);
    if (looks || (!kPlain && of_head.one_by_one)) look<kPlain>(s, at, sight, of_head);
    rows.follow(s, exponential);
#pragma unroll
    for (int k = 0; k < kColumns / 16; ++k) {
#pragma unroll
      for (int m = 0; m < kCount; ++m)
#pragma unroll
        for (int i = 0; i < 8; ++i) {
          float& x = s[m][2 * k + i / 4][i % 4];
          const int half = i % 4 / 2;
          x = exponential.weight(x, rows.reference[m][half]);
          rows.sum[m][half] += x;
        }
      if (!kPlain && of_head.drops) drop(s, k, at, of_head);
      Of::add_columns(rows.out, s, k, stage + kTile);
    }
  }

#pragma unroll
  for (int m = 0; m < kCount; ++m)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int query = row + m * 16 + half * 8;
      float sum = rows.sum[m][half];
      sum += __shfl_xor_sync(0xffffffffu, sum, 1);
      sum += __shfl_xor_sync(0xffffffffu, sum, 2);
      const bool any = sum != 0;  // something to attend to
      const float inverse = any ? 1 / sum : 0.0f;
#pragma unroll
      for (int n = 0; n < kSize / 8; ++n) {
        rows.out[m][n][2 * half] *= inverse;
        rows.out[m][n][2 * half + 1] *= inverse;
      }
      if (column == 0 && query < sight.queries)
        log_sum_exp[int64_t{place.head} * sight.queries + query] =
            any ? rows.reference[m][half] * exponential.kToNatural + logf(sum) : INFINITY;
    }
  store_rows<kSize, kCount>(dynamic_shared(), rows.out,
                            out.data + batch * out.batch + head * out.head + first * out.time, out.time,
                            sight.queries - first, value_size);
}

template <Precision kPrecision, int kSize, bool kPlain, class Out>
void attend(const FlashInputs<Multiplied<kPrecision>>& in, const Heads<Out>& out, float* log_sum_exp,
            const Scores& scores) {
  constexpr int kQueries = kQueriesOf<kPlain>, kFactorBytes = sizeof(Multiplied<kPrecision>);
  constexpr int kRowsHeld = kQueries + kStages * 2 * kKeys<kPrecision, kSize, kPlain>;
  constexpr int kBytes =
      std::max(kRowsHeld * kPitch<kPrecision, kSize> * kFactorBytes, kStoreBytes<kSize, kQueries, Out>);
  static_assert(kBytes <= kMostShared, "it runs on every kind of GPU");
  const AttentionParams& p = scores.p;
  const int64_t tiles = divide_up(p.query_time, kQueries);
  const Order order(p.batch * p.heads, tiles, p.key_time * (p.head_size + p.value_size) * kFactorBytes, p.causal != 0);
  launch("fused attention", flash_attention_kernel<kPrecision, kSize, kPlain, Out>, p.batch * p.heads * tiles,
         Block(kTileThreads, kBytes), in, out, log_sum_exp, scores, order);
}

}  // namespace

template <class In, class Out>
void flash_attention(const FlashInputs<In>& in, const Heads<Out>& out, float* log_sum_exp, const AttentionParams& p) {
  if (p.batch * p.heads * p.query_time == 0) return;
  const Scores scores(p, in.mask, in.bias, ScoreBlock(p, 0, p.batch));
  with_kernel_for<In>(scores, [&](auto precision, auto size, auto plain) {
    attend<precision, size, plain>(in, out, log_sum_exp, scores);
  });
}

template void flash_attention(const FlashInputs<float>&, const Heads<float>&, float*, const AttentionParams&);
template void flash_attention(const FlashInputs<uint16_t>&, const Heads<float>&, float*, const AttentionParams&);
template void flash_attention(const FlashInputs<uint16_t>&, const Heads<uint16_t>&, float*, const AttentionParams&);

}  // namespace nabla::cuda
