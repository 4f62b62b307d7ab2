// SPDX-License-Identifier: Apache-2.0
// Attention of a sequence to itself: queries, keys and values are taken apart, then as attention.cu has it. What
// flash_choice.cc chooses, flash_attention.cu reads and writes where it is.
#include "cuda/device/copy_as.cuh"
#include "cuda/device/scratch.h"
#include "cuda/flash_attention.h"
#include "cuda/table.h"
#include "kernels/copy.h"
#include "kernels/self_attention.h"

namespace nabla::cuda {
namespace {

// [batch, time, parts, heads, head_size], and the same as [parts, batch, heads, time, head_size]: the copies either
// way.
struct Parts {
  int64_t count;
  CopyParams apart, together;

  Parts(const SelfAttentionParams& p, int64_t parts) : count(parts * p.batch * p.time * p.heads * p.head_size) {
    const int64_t features = p.heads * p.head_size, head = p.time * p.head_size;
    const Dims side_by_side{5, {features, p.time * parts * features, p.head_size, parts * features, 1}};
    const Dims one_by_one{5, {p.batch * p.heads * head, p.heads * head, head, p.head_size, 1}};
    const Dims shape{5, {parts, p.batch, p.heads, p.time, p.head_size}}, reversed{5, {}};
    apart = {shape, side_by_side, one_by_one, reversed, 0, 0};
    together = {shape, one_by_one, side_by_side, reversed, 0, 0};
  }
};

void copy(const float* from, float* to, const CopyParams& params) {
  table().copy_b32(reinterpret_cast<const int32_t*>(from), reinterpret_cast<int32_t*>(to), params);
}

// The heads of one part of `data` [batch, time, parts, heads, head_size].
template <class T>
Heads<T> part_of(T* data, int64_t part, int64_t parts, const SelfAttentionParams& p) {
  return heads_of_part(data, part, parts, p.heads, p.time, p.head_size);
}

template <class In>
FlashInputs<In> inputs_of(const In* in, const uint8_t* mask, const SelfAttentionParams& p) {
  return {part_of(in, 0, 3, p), part_of(in, 1, 3, p), part_of(in, 2, 3, p), mask, nullptr};
}

template <class In, class Out>
void attend_on_chip(const In* in, const uint8_t* mask, Out* out, float* log_sum_exp, const SelfAttentionParams& p) {
  flash_attention(inputs_of(in, mask, p), part_of(out, 0, 1, p), log_sum_exp, p.apart());
}

template <class In, class Out>
void find_on_chip(const In* grad_out, const In* in, const uint8_t* mask, const Out* out, const float* log_sum_exp,
                  Out* grad_in, const SelfAttentionParams& p) {
  flash_attention_grad<In, Out>(part_of(grad_out, 0, 1, p), inputs_of(in, mask, p), part_of(out, 0, 1, p), log_sum_exp,
                                {part_of(grad_in, 0, 3, p), part_of(grad_in, 1, 3, p), part_of(grad_in, 2, 3, p)},
                                p.apart());
}

void self_attention_f32(const float* in, const uint8_t* mask, float* out, float* log_sum_exp,
                        const SelfAttentionParams& p) {
  const Parts three(p, 3), one(p, 1);
  if (p.batch * p.time * p.heads == 0) return;
  if (rounds_attention(p.apart())) {
    const CopyAs<Bf16> rounded(in, three.count);
    return attend_on_chip(rounded.data(), mask, out, log_sum_exp, p);
  }
  if (fuses_attention(p.apart(), Pass::kForward)) return attend_on_chip(in, mask, out, log_sum_exp, p);
  const Scratch scratch(static_cast<size_t>(three.count + one.count) * sizeof(float));
  float* const parts = scratch.as<float>();
  float* const result = parts + three.count;
  copy(in, parts, three.apart);
  table().attention_f32(parts, parts + one.count, parts + 2 * one.count, mask, nullptr, result, log_sum_exp, p.apart());
  copy(result, out, one.together);
}

void self_attention_grad_f32(const float* grad_out, const float* in, const uint8_t* mask, const float* out,
                             const float* log_sum_exp, float* grad_in, const SelfAttentionParams& p) {
  const Parts three(p, 3), one(p, 1);
  if (one.count == 0) return;
  if (rounds_attention(p.apart())) {
    const CopyAs<Bf16> rounded(in, three.count), rounded_grad(grad_out, one.count);
    return find_on_chip(rounded_grad.data(), rounded.data(), mask, out, log_sum_exp, grad_in, p);
  }
  if (fuses_attention(p.apart(), Pass::kBackward))
    return find_on_chip(grad_out, in, mask, out, log_sum_exp, grad_in, p);
  const Scratch scratch(static_cast<size_t>(2 * three.count + 2 * one.count) * sizeof(float));
  float* const parts = scratch.as<float>();
  float* const grads = parts + three.count;
  float* const results = grads + three.count;
  float* const grad_results = results + one.count;
  copy(in, parts, three.apart);
  copy(out, results, one.apart);
  copy(grad_out, grad_results, one.apart);
  table().attention_grad_f32(grad_results, parts, parts + one.count, parts + 2 * one.count, mask, nullptr, results,
                             log_sum_exp, grads, grads + one.count, grads + 2 * one.count, p.apart());
  copy(grads, grad_in, three.together);
}

void self_attention_bf16(const Bf16* in, const uint8_t* mask, Bf16* out, float* log_sum_exp,
                         const SelfAttentionParams& p) {
  if (p.batch * p.time * p.heads == 0) return;
  if (flash_attention_takes<Bf16>(p.apart())) return attend_on_chip(in, mask, out, log_sum_exp, p);
  const CopyAs<float> wide(in, Parts(p, 3).count), result(Parts(p, 1).count);
  self_attention_f32(wide.data(), mask, result.data(), log_sum_exp, p);
  result.give(out);
}

void self_attention_grad_bf16(const Bf16* grad_out, const Bf16* in, const uint8_t* mask, const Bf16* out,
                              const float* log_sum_exp, Bf16* grad_in, const SelfAttentionParams& p) {
  const int64_t three = Parts(p, 3).count, one = Parts(p, 1).count;
  if (one == 0) return;
  if (flash_attention_takes<Bf16>(p.apart())) return find_on_chip(grad_out, in, mask, out, log_sum_exp, grad_in, p);
  const CopyAs<float> wide_grad(grad_out, one), wide(in, three), wide_out(out, one), result(three);
  self_attention_grad_f32(wide_grad.data(), wide.data(), mask, wide_out.data(), log_sum_exp, result.data(), p);
  result.give(grad_in);
}

}  // namespace

void add_self_attention(KernelTable& table) {
  table.self_attention_f32 = self_attention_f32;
  table.self_attention_grad_f32 = self_attention_grad_f32;
  table.variants.self_attention_f32 = {self_attention_bf16};
  table.variants.self_attention_grad_f32 = {self_attention_grad_bf16};
}

}  // namespace nabla::cuda
