// SPDX-License-Identifier: Apache-2.0
// Attention in bf16 on the tensor cores that never writes its scores to memory: tiles of them are made, used and
// forgotten on the chip.
// Dao 2023, FlashAttention-2, https://arxiv.org/abs/2307.08691
#pragma once
#include <cstdint>

#include "kernels/attention.h"

namespace nabla::cuda {

// A tensor of heads: element (batch, head, time, i) lies at batch * .batch + head * .head + time * .time + i. `data` is
// a multiple of 16 bytes, the strides are multiples of 8.
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

// Queries, keys and values in bf16; mask and bias as in kernels/attention.h, not looked at where p has no strides.
struct FlashInputs {
  Heads<const uint16_t> query, key, value;
  const uint8_t* mask;
  const float* bias;
};

template <class Out>
struct FlashGrads {
  Heads<Out> query, key, value;
};

// Whether the sizes of p are those that the two functions below are for.
bool flash_attention_takes(const AttentionParams& p);

// Whether attention to float32 tensors is to be rounded and fused: the precision allows it, and there is more than the
// single query of a text's next token, which other kernels are for.
bool rounds_attention(const AttentionParams& p);

// As kernels/attention.h says. Products have factors in bf16, the weights and the gradients of scores among them, and
// are summed in float32. Out is float, or uint16_t for bf16.
template <class Out>
void flash_attention(const FlashInputs& in, const Heads<Out>& out, float* log_sum_exp, const AttentionParams& p);

template <class Out>
void flash_attention_grad(const Heads<const uint16_t>& grad_out, const FlashInputs& in, const Heads<const Out>& out,
                          const float* log_sum_exp, const FlashGrads<Out>& grads, const AttentionParams& p);

}  // namespace nabla::cuda
