// SPDX-License-Identifier: Apache-2.0
// Attention that never writes its scores to memory: tiles of them are made, used and forgotten on the chip.
// Dao 2023, FlashAttention-2, https://arxiv.org/abs/2307.08691
#pragma once
#include <cstdint>

#include "kernels/attention.h"

namespace nabla::cuda {

// A tensor of heads: element (batch, head, time, i) lies at batch * .batch + head * .head + time * .time + i. `data`
// and the strides are multiples of 16 bytes.
template <class T>
struct Heads {
  T* data;
  int64_t batch, head, time;
};

// Contiguous [batch, heads, time, size].
template <class T>
Heads<T> contiguous_heads(T* data, int64_t heads, int64_t time, int64_t size) {
  return {data, heads * time * size, time * size, size};
}

// Number `part` of [batch, time, parts, heads, size].
template <class T>
Heads<T> heads_of_part(T* data, int64_t part, int64_t parts, int64_t heads, int64_t time, int64_t size) {
  const int64_t features = heads * size;
  return {data + part * features, time * parts * features, size, parts * features};
}

// Mask and bias are as in kernels/attention.h, not looked at where p has no strides.
template <class In>
struct FlashInputs {
  Heads<const In> query, key, value;
  const uint8_t* mask;
  const float* bias;
};

template <class Out>
struct FlashGrads {
  Heads<Out> query, key, value;
};

// Whether the sizes of p are those that the two functions below are for.
template <class In>
bool flash_attention_takes(const AttentionParams& p);

// Whether attention to float32 tensors is to be rounded to bf16 and fused: the precision allows it.
bool rounds_attention(const AttentionParams& p);

// Whether attention to float32 tensors, or its gradient, is to be fused as they are: it is expected to be no slower
// than products with the scores in memory between them.
enum class Pass { kForward, kBackward };
bool fuses_attention(const AttentionParams& p, Pass pass);

// As kernels/attention.h says. In = uint16_t, Out = float or uint16_t: factors of products are bf16, among them the
// weights and the gradients of scores. In = float, Out = float: they are tf32, or float32 where that is the precision.
// Sums are float32.
template <class In, class Out>
void flash_attention(const FlashInputs<In>& in, const Heads<Out>& out, float* log_sum_exp, const AttentionParams& p);

template <class In, class Out>
void flash_attention_grad(const Heads<const In>& grad_out, const FlashInputs<In>& in, const Heads<const Out>& out,
                          const float* log_sum_exp, const FlashGrads<Out>& grads, const AttentionParams& p);

}  // namespace nabla::cuda
