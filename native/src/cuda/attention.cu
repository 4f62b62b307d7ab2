// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention as its definition has it: a product, the softmax of its rows, another product. The
// scores are in memory, a block of the batch at a time; of a single query, in shared memory, in one launch. What
// flash_choice.cc chooses, flash_attention.cu does, without scores in memory.
#include "cuda/device/attention.cuh"
#include "cuda/device/copy_as.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/flash_attention.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// Turns the products of one row into weights, in place. The row is in registers, kOwn keys
// for each thread.
template <int kWidth, int kOwn>
__global__ void attention_short_weights_kernel(float* products, float* log_sum_exp, int64_t rows, Scores scores) {
  const int64_t row = this_row(), keys = scores.p.key_time;
  if (row >= rows) return;
  float* x = products + row * keys;
  float own[kOwn], maximum = -INFINITY, sum = 0;
#pragma unroll
  for (int i = 0; i < kOwn; ++i) {
    const int64_t k = threadIdx.x + i * kWidth;
    own[i] = k < keys ? scores.score(row, k, x[k]) : -INFINITY;
    maximum = Larger{}(own[i], maximum);
  }
  maximum = join_row<kWidth>(maximum, Larger{});
  const bool any = maximum != -INFINITY;  // something to attend to
#pragma unroll
  for (int i = 0; i < kOwn; ++i) {
    own[i] = any ? expf(own[i] - maximum) : 0.0f;
    sum += own[i];
  }
  sum = join_row<kWidth>(sum, Plus{});
  const float inverse = any ? 1 / sum : 0.0f;
#pragma unroll
  for (int i = 0; i < kOwn; ++i) {
    const int64_t k = threadIdx.x + i * kWidth;
    if (k < keys) x[k] = own[i] * (inverse * scores.kept(row, k));
  }
  if (threadIdx.x == 0) log_sum_exp[row] = any ? maximum + logf(sum) : INFINITY;
}

// The same for rows of any length, in memory.
template <int kWidth>
__global__ void attention_weights_kernel(float* products, float* log_sum_exp, int64_t rows, Scores scores) {
  const int64_t row = this_row(), keys = scores.p.key_time;
  if (row >= rows) return;
  float* x = products + row * keys;
  float maximum = -INFINITY, sum = 0;
  for (int64_t k = threadIdx.x; k < keys; k += kWidth) {
    x[k] = scores.score(row, k, x[k]);
    maximum = Larger{}(x[k], maximum);
  }
  maximum = join_row<kWidth>(maximum, Larger{});
  if (maximum == -INFINITY) {  // nothing to attend to
    for (int64_t k = threadIdx.x; k < keys; k += kWidth) x[k] = 0;
    if (threadIdx.x == 0) log_sum_exp[row] = INFINITY;
    return;
  }
  for (int64_t k = threadIdx.x; k < keys; k += kWidth) {
    x[k] = expf(x[k] - maximum);
    sum += x[k];
  }
  sum = join_row<kWidth>(sum, Plus{});
  const float inverse = 1 / sum;
  for (int64_t k = threadIdx.x; k < keys; k += kWidth) x[k] *= inverse * scores.kept(row, k);
  if (threadIdx.x == 0) log_sum_exp[row] = maximum + logf(sum);
}

void weigh(const AttentionParams& p, const ScoreBlock& block, float* products, float* log_sum_exp,
           const Scores& scores) {
  const int64_t rows = block.all_rows(), blocks = divide_up(rows, kThreads / kWarp);
  const dim3 warps(kWarp, kThreads / kWarp);
  if (p.key_time <= 8 * kWarp)
    launch("attention weights", attention_short_weights_kernel<kWarp, 8>, blocks, warps, products, log_sum_exp, rows,
           scores);
  else if (p.key_time <= 32 * kWarp)
    launch("attention weights", attention_short_weights_kernel<kWarp, 32>, blocks, warps, products, log_sum_exp, rows,
           scores);
  else if (p.key_time <= 16 * kThreads)
    launch("attention weights", attention_short_weights_kernel<kThreads, 16>, rows, kThreads, products, log_sum_exp,
           rows, scores);
  else
    launch("attention weights", attention_weights_kernel<kThreads>, rows, kThreads, products, log_sum_exp, rows,
           scores);
}

constexpr int64_t kMostKeys = 4096;  // whose scores for one query fit into shared memory

// Where each head has a single query, as when a text is written: a block for every head.
__global__ void attention_of_one_query_kernel(const float* query, const float* key, const float* value, float* out,
                                              float* log_sum_exp, Scores scores) {
  constexpr int kWarps = kThreads / kWarp;
  __shared__ float weights[kMostKeys], parts[kWarps][kWarp];
  const AttentionParams& p = scores.p;
  const int64_t row = blockIdx.x;  // counted through batch and heads
  const int64_t key_head = row / p.heads * p.key_heads + row % p.heads / (p.heads / p.key_heads);
  const int warp = static_cast<int>(threadIdx.x) / kWarp, lane = static_cast<int>(threadIdx.x) % kWarp;
  query += row * p.head_size;
  key += key_head * p.key_time * p.head_size;
  value += key_head * p.key_time * p.value_size;
  float maximum = -INFINITY, sum = 0;
  for (int64_t k = warp; k < p.key_time; k += kWarps) {
    float product = 0;
    for (int64_t i = lane; i < p.head_size; i += kWarp) product = fmaf(query[i], key[k * p.head_size + i], product);
    const float score = scores.score(row, k, join_row<kWarp>(product, Plus{}));
    if (lane == 0) weights[k] = score;
    maximum = Larger{}(score, maximum);
  }
  maximum = join_row<kThreads>(maximum, Larger{});  // and all scores are there
  const bool any = maximum != -INFINITY;            // something to attend to
  for (int64_t k = threadIdx.x; k < p.key_time; k += kThreads) {
    const float weight = any ? expf(weights[k] - maximum) : 0.0f;
    sum += weight;
    weights[k] = weight * scores.kept(row, k);
  }
  sum = join_row<kThreads>(sum, Plus{});
  const float inverse = any ? 1 / sum : 0.0f;
  if (threadIdx.x == 0) log_sum_exp[row] = any ? maximum + logf(sum) : INFINITY;
  for (int64_t first = 0; first < p.value_size; first += kWarp) {
    const int64_t i = first + lane;
    float part = 0;
    for (int64_t k = warp; k < p.key_time && i < p.value_size; k += kWarps)
      part = fmaf(weights[k], value[k * p.value_size + i], part);
    parts[warp][lane] = part;
    __syncthreads();
    if (warp == 0 && i < p.value_size) {
      for (int other = 1; other < kWarps; ++other) part += parts[other][lane];
      out[row * p.value_size + i] = part * inverse;
    }
    __syncthreads();  // the parts have been read
  }
}

// In one kernel that keeps scores on the chip.
template <class In, class Out>
void attend_on_chip(const In* query, const In* key, const In* value, const uint8_t* mask, const float* bias, Out* out,
                    float* log_sum_exp, const AttentionParams& p) {
  const FlashInputs<In> in{contiguous_heads(query, p.heads, p.query_time, p.head_size),
                           contiguous_heads(key, p.key_heads, p.key_time, p.head_size),
                           contiguous_heads(value, p.key_heads, p.key_time, p.value_size), mask, bias};
  flash_attention(in, contiguous_heads(out, p.heads, p.query_time, p.value_size), log_sum_exp, p);
}

void attention_f32(const float* query, const float* key, const float* value, const uint8_t* mask, const float* bias,
                   float* out, float* log_sum_exp, const AttentionParams& p) {
  if (p.batch * p.heads * p.query_time == 0) return;
  if (p.query_time == 1 && p.key_time <= kMostKeys) {
    launch("attention of one query", attention_of_one_query_kernel, p.batch * p.heads, kThreads, query, key, value, out,
           log_sum_exp, Scores(p, mask, bias, ScoreBlock(p, 0, p.batch)));
    return;
  }
  if (rounds_attention(p)) {
    const CopyAs<Bf16> queries(query, p.query().value()), keys(key, p.key().value()), values(value, p.value().value());
    return attend_on_chip(queries.data(), keys.data(), values.data(), mask, bias, out, log_sum_exp, p);
  }
  if (fuses_attention(p, Pass::kForward)) return attend_on_chip(query, key, value, mask, bias, out, log_sum_exp, p);
  const int64_t step = entries_together(p), times = p.query_time * p.heads, key_times = p.key_time * p.key_heads;
  const Scratch scratch(static_cast<size_t>(step * times * p.key_time) * sizeof(float));
  float* const weights = scratch.as<float>();
  for (int64_t first = 0; first < p.batch; first += step) {
    const ScoreBlock block(p, first, p.batch - first < step ? p.batch - first : step);
    multiply_heads(block, query + first * times * p.head_size, key + first * key_times * p.head_size, weights,
                   {block.rows, p.key_time, p.head_size, false, true});
    weigh(p, block, weights, log_sum_exp + first * times, Scores(p, mask, bias, block));
    multiply_heads(block, weights, value + first * key_times * p.value_size, out + first * times * p.value_size,
                   {block.rows, p.value_size, p.key_time, false, false});
  }
}

void attention_bf16(const Bf16* query, const Bf16* key, const Bf16* value, const uint8_t* mask, const float* bias,
                    Bf16* out, float* log_sum_exp, const AttentionParams& p) {
  if (flash_attention_takes<Bf16>(p)) return attend_on_chip(query, key, value, mask, bias, out, log_sum_exp, p);
  const CopyAs<float> queries(query, p.query().value()), keys(key, p.key().value()), values(value, p.value().value());
  const CopyAs<float> result(p.out().value());
  attention_f32(queries.data(), keys.data(), values.data(), mask, bias, result.data(), log_sum_exp, p);
  result.give(out);
}

}  // namespace

void add_attention(KernelTable& table) {
  table.attention_f32 = attention_f32;
  table.variants.attention_f32 = {attention_bf16};
}

}  // namespace nabla::cuda
