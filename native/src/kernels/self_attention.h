// SPDX-License-Identifier: Apache-2.0
// Attention (attention.h) of a sequence to itself, as the projections leave it: queries, keys and values lie side by
// side in one tensor in [batch, time, 3, heads, head_size], and the heads of a result in out [batch, time, heads,
// head_size]. The formulas, what a mask hides and which weights are dropped are those of attention.h; log_sum_exp is
// [batch, heads, time]. No output may overlap anything.
#pragma once
#include "kernels/attention.h"

namespace nabla {

struct SelfAttentionParams {
  int64_t batch, heads, time, head_size;
  int64_t causal;     // 0 or 1
  Dims mask_strides;  // of [batch, heads, time, time], the last 0 or 1; no axes: no mask
  float scale;
  double dropout;  // probability of dropping a weight, 0 to 1
  int64_t seed;
  int64_t offset;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("heads", heads);
    field("time", time);
    field("head_size", head_size);
    field("causal", causal);
    field("mask_strides", mask_strides);
    field("scale", scale);
    field("dropout", dropout);
    field("seed", seed);
    field("offset", offset);
  }

  // The same of three tensors [batch, heads, time, head_size].
  AttentionParams apart() const {
    return {batch,  heads,        heads,       time,  time,    head_size, head_size,
            causal, mask_strides, Dims{0, {}}, scale, dropout, seed,      offset};
  }
  Extent features() const { return Extent(heads) * head_size; }
  Extent out() const { return Extent(batch) * time * features(); }
  Extent in() const { return out() * 3; }
};

struct SelfAttention {
  using Params = SelfAttentionParams;
  template <class T>
  using FunctionOf = void (*)(const T* in, const uint8_t* mask, T* out, float* log_sum_exp,
                              const SelfAttentionParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 4> contract(const SelfAttentionParams& p, Rules& rules) {
    const AttentionParams apart = p.apart();
    apart.check(rules);
    return {{{"in", p.in()}, {"mask", apart.mask()}, {"out", p.out()}, {"log_sum_exp", apart.rows()}}};
  }
};

// grad_in [batch, time, 3, heads, head_size]: the gradients of queries, keys and values where they stand in `in`.
struct SelfAttentionGrad {
  using Params = SelfAttentionParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const T* in, const uint8_t* mask, const T* out,
                              const float* log_sum_exp, T* grad_in, const SelfAttentionParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 6> contract(const SelfAttentionParams& p, Rules& rules) {
    const AttentionParams apart = p.apart();
    apart.check(rules);
    return {{{"grad_out", p.out()},
             {"in", p.in()},
             {"mask", apart.mask()},
             {"out", p.out()},
             {"log_sum_exp", apart.rows()},
             {"grad_in", p.in()}}};
  }
};

}  // namespace nabla
