// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention of each head of each batch entry, with query [query_time, head_size], key [key_time,
// head_size], value [key_time, value_size]; the head of query that is number h reads that of key and value that is
// number h / (heads / key_heads):
//   scores[q, k] = scale * query[q] . key[k] + bias[q, k] where query q may attend to key k, else -Inf
//   weights[q] = softmax(scores[q])       out[q] = sum_k kept[q, k] * weights[q, k] * value[k]
//   log_sum_exp[q] = log(sum_k exp(scores[q, k]))
// A query may attend to a key where the mask is true and, if causal, k <= q; a bias of -Inf hides a key too. A query
// that may attend to nothing gives zeros, and its log_sum_exp is +Inf. What is hidden may be left out or multiplied by
// 0: a NaN there may reach the results. kept is 1 / (1 - dropout) or 0 as in dropout.h, element
// ((batch * heads + head) * query_time + q) * key_time + k of the stream. All tensors are contiguous
// [batch, heads, time, size]; mask and bias are read through strides. No output may overlap anything.
#pragma once
#include "kernels/contract.h"

namespace nabla {

struct AttentionParams {
  int64_t batch, heads, key_heads;
  int64_t query_time, key_time;
  int64_t head_size, value_size;
  int64_t causal;     // 0 or 1
  Dims mask_strides;  // of [batch, heads, query_time, key_time], the last 0 or 1; no axes: no mask
  Dims bias_strides;  // the same for the bias
  float scale;
  double dropout;  // probability of dropping a weight, 0 to 1
  int64_t seed;
  int64_t offset;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch);
    field("heads", heads);
    field("key_heads", key_heads);
    field("query_time", query_time);
    field("key_time", key_time);
    field("head_size", head_size);
    field("value_size", value_size);
    field("causal", causal);
    field("mask_strides", mask_strides);
    field("bias_strides", bias_strides);
    field("scale", scale);
    field("dropout", dropout);
    field("seed", seed);
    field("offset", offset);
  }

  Extent rows() const { return Extent(batch) * heads * query_time; }
  Extent query() const { return rows() * head_size; }
  Extent key() const { return Extent(batch) * key_heads * key_time * head_size; }
  Extent value() const { return Extent(batch) * key_heads * key_time * value_size; }
  Extent out() const { return rows() * value_size; }
  Extent mask() const { return of_scores(mask_strides); }
  Extent bias() const { return of_scores(bias_strides); }
  Extent of_scores(const Dims& strides) const {
    return strides.rank == 0 ? Extent(0) : strided({4, {batch, heads, query_time, key_time}}, strides);
  }
  void check(Rules& rules) const {
    rules.at_least("batch", batch, 0);
    rules.at_least("heads", heads, 0);
    rules.at_least("key_heads", key_heads, heads > 0 ? 1 : 0);
    if (key_heads > 0) rules.equal("heads modulo key_heads", heads % key_heads, 0);
    rules.at_least("query_time", query_time, 0);
    rules.at_least("key_time", key_time, 0);
    rules.at_least("head_size", head_size, 0);
    rules.at_least("value_size", value_size, 0);
    rules.between("dropout", dropout, 0, 1);
    // Without features no buffer bounds the keys that the log-sum-exp is over: the walk could be endless.
    if (head_size == 0 && value_size == 0) rules.at_most("key_time without features", key_time, int64_t{1} << 20);
    if (mask_strides.rank != 0) {
      rules.equal("the axes of mask_strides", mask_strides.rank, 4);
      rules.at_most("the last of mask_strides", mask_strides.size[3], 1);
    }
    if (bias_strides.rank != 0) {
      rules.equal("the axes of bias_strides", bias_strides.rank, 4);
      rules.at_most("the last of bias_strides", bias_strides.size[3], 1);
    }
  }
};

struct Attention {
  using Params = AttentionParams;
  template <class T>
  using FunctionOf = void (*)(const T* query, const T* key, const T* value, const uint8_t* mask, const float* bias,
                              T* out, float* log_sum_exp, const AttentionParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 7> contract(const AttentionParams& p, Rules& rules) {
    p.check(rules);
    return {{{"query", p.query()},
             {"key", p.key()},
             {"value", p.value()},
             {"mask", p.mask()},
             {"bias", p.bias()},
             {"out", p.out()},
             {"log_sum_exp", p.rows()}}};
  }
};

// What both backward kernels touch: what they read, then their outputs.
template <class... Outputs>
std::array<Touch, 8 + sizeof...(Outputs)> attention_backward(const AttentionParams& p, Rules& rules,
                                                             const Outputs&... outputs) {
  p.check(rules);
  return {{{"grad_out", p.out()},
           {"query", p.query()},
           {"key", p.key()},
           {"value", p.value()},
           {"mask", p.mask()},
           {"bias", p.bias()},
           {"out", p.out()},
           {"log_sum_exp", p.rows()},
           outputs...}};
}

// The gradients, from the gradient of out. With d[q] = grad_out[q] . out[q]:
//   grad_value[k] = sum_q kept * weights[q, k] * grad_out[q]
//   grad_scores[q, k] = weights[q, k] * (kept * grad_out[q] . value[k] - d[q])
//   grad_query[q] = scale * sum_k grad_scores[q, k] * key[k]
//   grad_key[k] = scale * sum_q grad_scores[q, k] * query[q]
// the last two sums, and that of grad_value, running over all heads of query that share a head of key and value.
// weights are computed again from log_sum_exp. One thread works on a head of key and value: the sums do not depend on
// the number of threads.
struct AttentionGrad {
  using Params = AttentionParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, const T* query, const T* key, const T* value, const uint8_t* mask,
                              const float* bias, const T* out, const float* log_sum_exp, T* grad_query, T* grad_key,
                              T* grad_value, const AttentionParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 11> contract(const AttentionParams& p, Rules& rules) {
    return attention_backward(p, rules, Touch{"grad_query", p.query()}, Touch{"grad_key", p.key()},
                              Touch{"grad_value", p.value()});
  }
};

// grad_scores [batch, heads, query_time, key_time] as above, 0 where a key is hidden: the gradient of a bias that is
// broadcast over nothing.
struct AttentionScoresGrad {
  using Params = AttentionParams;
  using Function = void (*)(const float* grad_out, const float* query, const float* key, const float* value,
                            const uint8_t* mask, const float* bias, const float* out, const float* log_sum_exp,
                            float* grad_scores, const AttentionParams& params);

  static std::array<Touch, 9> contract(const AttentionParams& p, Rules& rules) {
    return attention_backward(p, rules, Touch{"grad_scores", p.rows() * p.key_time});
  }
};

}  // namespace nabla
