// SPDX-License-Identifier: Apache-2.0
// The gradients of attention, from weights computed again: see kernels/attention.h for the formulas. Where attention
// was rounded to bf16, flash_attention_grad.cu finds them.
#include "cuda/device/attention.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/device/rounded.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/flash_attention.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

struct Saved {
  const float *grad_out, *query, *key, *value, *out, *log_sum_exp;

  // From batch entry `first` on.
  Saved at(const AttentionParams& p, int64_t first) const {
    const int64_t rows = first * p.heads * p.query_time, keys = first * p.key_heads * p.key_time;
    return {grad_out + rows * p.value_size, query + rows * p.head_size, key + keys * p.head_size,
            value + keys * p.value_size,    out + rows * p.value_size,  log_sum_exp + rows};
  }
};

// For one row, from products = query . key and grads = grad_out . value: grads become the gradients of the scores times
// `scale`, and products the weights times what dropout keeps.
template <int kWidth>
__global__ void attention_slopes_kernel(float* products, float* grads, Saved saved, int64_t rows, float scale,
                                        Scores scores) {
  const int64_t row = this_row(), keys = scores.p.key_time, size = scores.p.value_size;
  if (row >= rows) return;
  const float *g = saved.grad_out + row * size, *o = saved.out + row * size;
  float d = 0;
  for (int64_t v = threadIdx.x; v < size; v += kWidth) d = fmaf(g[v], o[v], d);
  d = join_row<kWidth>(d, Plus{});
  const float shift = saved.log_sum_exp[row];
  for (int64_t k = threadIdx.x; k < keys; k += kWidth) {
    const int64_t at = row * keys + k;
    const float score = scores.score(row, k, products[at]);
    const float weight = score == -INFINITY ? 0.0f : expf(score - shift);
    const float kept = scores.kept(row, k);
    grads[at] = weight == 0 ? 0.0f : weight * (kept * grads[at] - d) * scale;
    products[at] = weight * kept;
  }
}

// Fills products and grads of a block.
void slopes(const AttentionParams& p, const Saved& saved, const uint8_t* mask, const float* bias,
            const ScoreBlock& block, float scale, float* products, float* grads) {
  multiply_heads(block, saved.query, saved.key, products, {block.rows, p.key_time, p.head_size, false, true});
  multiply_heads(block, saved.grad_out, saved.value, grads, {block.rows, p.key_time, p.value_size, false, true});
  launch_rows("attention slopes", attention_slopes_kernel<kWarp>, attention_slopes_kernel<kThreads>, block.all_rows(),
              p.key_time, products, grads, saved, block.all_rows(), scale, Scores(p, mask, bias, block));
}

void clear(float* data, int64_t count) {
  if (count > 0)
    check(cudaMemsetAsync(data, 0, static_cast<size_t>(count) * sizeof(float), stream()), "attention_grad");
}

void find_rounded(const Saved& saved, const uint8_t* mask, const float* bias, const FlashGrads<float>& grads,
                  const AttentionParams& p) {
  const Rounded grad_out(saved.grad_out, p.out().value()), query(saved.query, p.query().value());
  const Rounded key(saved.key, p.key().value()), value(saved.value, p.value().value());
  const FlashInputs in{contiguous_heads(query.data(), p.heads, p.query_time, p.head_size),
                       contiguous_heads(key.data(), p.key_heads, p.key_time, p.head_size),
                       contiguous_heads(value.data(), p.key_heads, p.key_time, p.value_size), mask, bias};
  flash_attention_grad(contiguous_heads(grad_out.data(), p.heads, p.query_time, p.value_size), in,
                       contiguous_heads(saved.out, p.heads, p.query_time, p.value_size), saved.log_sum_exp, grads, p);
}

void attention_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                        const uint8_t* mask, const float* bias, const float* out, const float* log_sum_exp,
                        float* grad_query, float* grad_key, float* grad_value, const AttentionParams& p) {
  if (p.batch * p.key_heads == 0) return;
  if (p.heads * p.query_time == 0 || p.key_time == 0) {  // nobody attends to anything
    clear(grad_query, p.query().value());
    clear(grad_key, p.key().value());
    clear(grad_value, p.value().value());
    return;
  }
  const Saved all{grad_out, query, key, value, out, log_sum_exp};
  if (rounds_attention(p))
    return find_rounded(all, mask, bias,
                        {contiguous_heads(grad_query, p.heads, p.query_time, p.head_size),
                         contiguous_heads(grad_key, p.key_heads, p.key_time, p.head_size),
                         contiguous_heads(grad_value, p.key_heads, p.key_time, p.value_size)},
                        p);
  const int64_t step = entries_together(p), times = p.query_time * p.heads, key_times = p.key_time * p.key_heads;
  const int64_t scores = step * times * p.key_time;
  const Scratch scratch(static_cast<size_t>(2 * scores) * sizeof(float));
  float *const products = scratch.as<float>(), *const grads = products + scores;
  for (int64_t first = 0; first < p.batch; first += step) {
    const ScoreBlock block(p, first, p.batch - first < step ? p.batch - first : step);
    const Saved saved = all.at(p, first);
    slopes(p, saved, mask, bias, block, p.scale, products, grads);
    multiply_heads(block, products, saved.grad_out, grad_value + first * key_times * p.value_size,
                   {p.key_time, p.value_size, block.rows, true, false});
    multiply_heads(block, grads, saved.key, grad_query + first * times * p.head_size,
                   {block.rows, p.head_size, p.key_time, false, false});
    multiply_heads(block, grads, saved.query, grad_key + first * key_times * p.head_size,
                   {p.key_time, p.head_size, block.rows, true, false});
  }
}

void attention_scores_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                               const uint8_t* mask, const float* bias, const float* out, const float* log_sum_exp,
                               float* grad_scores, const AttentionParams& p) {
  if (p.batch * p.heads * p.query_time * p.key_time == 0) return;
  const Saved all{grad_out, query, key, value, out, log_sum_exp};
  const int64_t step = entries_together(p), scores = p.heads * p.query_time * p.key_time;
  const Scratch scratch(static_cast<size_t>(step * scores) * sizeof(float));
  for (int64_t first = 0; first < p.batch; first += step) {
    const ScoreBlock block(p, first, p.batch - first < step ? p.batch - first : step);
    slopes(p, all.at(p, first), mask, bias, block, 1, scratch.as<float>(), grad_scores + first * scores);
  }
}

}  // namespace

void add_attention_grad(KernelTable& table) {
  table.attention_grad_f32 = attention_grad_f32;
  table.attention_scores_grad_f32 = attention_scores_grad_f32;
}

}  // namespace nabla::cuda
