// SPDX-License-Identifier: Apache-2.0
// The gradients of attention, from weights computed again: see kernels/attention.h for the formulas. What
// flash_choice.cc chooses, flash_attention_grad.cu finds, without scores in memory.
#include "cuda/device/attention.cuh"
#include "cuda/device/copy_as.cuh"
#include "cuda/device/elements.cuh"
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

template <class T>
void clear(T* data, int64_t count) {
  if (count > 0) check(cudaMemsetAsync(data, 0, static_cast<size_t>(count) * sizeof(T), stream()), "attention_grad");
}

// True: nobody attends to anything, and the gradients have been cleared.
template <class T>
bool clear_unseen(T* grad_query, T* grad_key, T* grad_value, const AttentionParams& p) {
  if (p.heads * p.query_time != 0 && p.key_time != 0) return false;
  clear(grad_query, p.query().value());
  clear(grad_key, p.key().value());
  clear(grad_value, p.value().value());
  return true;
}

// In kernels that keep scores on the chip.
template <class In, class Out>
void find_on_chip(const In* grad_out, const In* query, const In* key, const In* value, const uint8_t* mask,
                  const float* bias, const Out* out, const float* log_sum_exp, Out* grad_query, Out* grad_key,
                  Out* grad_value, const AttentionParams& p) {
  const auto of_queries = [&](auto* x, int64_t size) { return contiguous_heads(x, p.heads, p.query_time, size); };
  const auto of_keys = [&](auto* x, int64_t size) { return contiguous_heads(x, p.key_heads, p.key_time, size); };
  const FlashInputs<In> in{of_queries(query, p.head_size), of_keys(key, p.head_size), of_keys(value, p.value_size),
                           mask, bias};
  flash_attention_grad<In, Out>(
      of_queries(grad_out, p.value_size), in, of_queries(out, p.value_size), log_sum_exp,
      {of_queries(grad_query, p.head_size), of_keys(grad_key, p.head_size), of_keys(grad_value, p.value_size)}, p);
}

void attention_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                        const uint8_t* mask, const float* bias, const float* out, const float* log_sum_exp,
                        float* grad_query, float* grad_key, float* grad_value, const AttentionParams& p) {
  if (p.batch * p.key_heads == 0) return;
  if (clear_unseen(grad_query, grad_key, grad_value, p)) return;
  const Saved all{grad_out, query, key, value, out, log_sum_exp};
  if (rounds_attention(p)) {
    const CopyAs<Bf16> grads(grad_out, p.out().value()), queries(query, p.query().value());
    const CopyAs<Bf16> keys(key, p.key().value()), values(value, p.value().value());
    return find_on_chip(grads.data(), queries.data(), keys.data(), values.data(), mask, bias, out, log_sum_exp,
                        grad_query, grad_key, grad_value, p);
  }
  if (fuses_attention(p, Pass::kBackward))
    return find_on_chip(grad_out, query, key, value, mask, bias, out, log_sum_exp, grad_query, grad_key, grad_value, p);
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

void attention_grad_bf16(const Bf16* grad_out, const Bf16* query, const Bf16* key, const Bf16* value,
                         const uint8_t* mask, const float* bias, const Bf16* out, const float* log_sum_exp,
                         Bf16* grad_query, Bf16* grad_key, Bf16* grad_value, const AttentionParams& p) {
  if (p.batch * p.key_heads == 0 || clear_unseen(grad_query, grad_key, grad_value, p)) return;
  if (flash_attention_takes<Bf16>(p))
    return find_on_chip(grad_out, query, key, value, mask, bias, out, log_sum_exp, grad_query, grad_key, grad_value, p);
  const int64_t outs = p.out().value(), queries = p.query().value(), keys = p.key().value(), values = p.value().value();
  const CopyAs<float> wide_grad(grad_out, outs), wide_query(query, queries), wide_key(key, keys);
  const CopyAs<float> wide_value(value, values), wide_out(out, outs);
  const CopyAs<float> of_query(queries), of_key(keys), of_value(values);
  attention_grad_f32(wide_grad.data(), wide_query.data(), wide_key.data(), wide_value.data(), mask, bias,
                     wide_out.data(), log_sum_exp, of_query.data(), of_key.data(), of_value.data(), p);
  of_query.give(grad_query);
  of_key.give(grad_key);
  of_value.give(grad_value);
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
  table.variants.attention_grad_f32 = {attention_grad_bf16};
  table.attention_scores_grad_f32 = attention_scores_grad_f32;
}

}  // namespace nabla::cuda
