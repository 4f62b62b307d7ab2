// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention as its definition has it: a product, the softmax of its rows, another product. The scores are
// in memory, a block of the batch at a time.
#include "cuda/device/attention.cuh"

#include "cuda/device/elements.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// Turns the products of one row into weights, in place.
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

void attention_f32(const float* query, const float* key, const float* value, const uint8_t* mask, const float* bias,
                   float* out, float* log_sum_exp, const AttentionParams& p) {
  if (p.batch * p.heads * p.query_time == 0) return;
  const int64_t step = entries_together(p), times = p.query_time * p.heads, key_times = p.key_time * p.key_heads;
  const Scratch scratch(static_cast<size_t>(step * times * p.key_time) * sizeof(float));
  float* const weights = scratch.as<float>();
  for (int64_t first = 0; first < p.batch; first += step) {
    const ScoreBlock block(p, first, p.batch - first < step ? p.batch - first : step);
    multiply_heads(block, query + first * times * p.head_size, key + first * key_times * p.head_size, weights,
                   {block.rows, p.key_time, p.head_size, false, true});
    launch_rows("attention weights", attention_weights_kernel<kWarp>, attention_weights_kernel<kThreads>,
                block.all_rows(), p.key_time, weights, log_sum_exp + first * times, block.all_rows(),
                Scores(p, mask, bias, block));
    multiply_heads(block, weights, value + first * key_times * p.value_size, out + first * times * p.value_size,
                   {block.rows, p.value_size, p.key_time, false, false});
  }
}

}  // namespace

void add_attention(KernelTable& table) { table.attention_f32 = attention_f32; }

}  // namespace nabla::cuda
