// SPDX-License-Identifier: Apache-2.0
// Calls of kernels that work in tiles, stages and blocks, large enough that all of these repeat: what the contracts'
// driver draws is too small for that. Numbers are not looked at, races are; other tests compare the same sizes.
#include <cstdio>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "kernels/device.h"
#include "system/allocator.h"

namespace nabla::test {
namespace {

// Buffers of one call.
class Buffers {
 public:
  ~Buffers() {
    for (void* block : blocks_) release(block, 0);
  }
  template <class T = float>
  T* add(int64_t count, T value = T()) {
    blocks_.push_back(allocate(static_cast<size_t>(count) * sizeof(T)));
    T* const items = static_cast<T*>(blocks_.back());
    for (int64_t i = 0; i < count; ++i) items[i] = value;
    return items;
  }
  float* numbers(int64_t count) {
    float* const items = add<float>(count);
    for (int64_t i = 0; i < count; ++i) items[i] = static_cast<float>(i % 17 - 8) / 8;
    return items;
  }
  Bf16* halves(int64_t count) { return add<Bf16>(count); }

 private:
  std::vector<void*> blocks_;
};

const KernelTable& kernels() { return device::active_table(); }
int calls = 0;

void multiply(int64_t m, int64_t n, int64_t k, bool transpose_a, bool transpose_b, bool in_bf16) {
  Buffers buffers;
  const MatmulParams p{1, m,     n, k, transpose_a, transpose_b, transpose_a ? m : k, transpose_b ? k : n, n, 0, 0,
                       0, kNone, 1, 0};
  if (in_bf16)
    std::get<1>(kernels().variants.matmul_f32)(buffers.halves(m * k), buffers.halves(k * n), buffers.numbers(n),
                                               buffers.add(m * n), nullptr, p);
  else
    kernels().matmul_f32(buffers.numbers(m * k), Operand{buffers.numbers(k * n), nullptr, nullptr}, buffers.numbers(n),
                         buffers.add(m * n), nullptr, p);
  ++calls;
}

void multiply_all_ways(int64_t m, int64_t n, int64_t k, bool in_bf16) {
  for (const bool transpose_a : {false, true})
    for (const bool transpose_b : {false, true}) multiply(m, n, k, transpose_a, transpose_b, in_bf16);
}

// Two heads of queries that share keys, forward and backward; not plain: with mask, bias and dropout.
void attend(int64_t queries, int64_t keys, int64_t size, bool causal, bool plain) {
  Buffers buffers;
  constexpr int64_t kHeads = 2;
  const int64_t rows = kHeads * queries;
  Dims strides{};
  if (!plain) strides = {4, {rows * keys, queries * keys, keys, 1}};
  const AttentionParams p{1,       kHeads,  1,      queries,         keys, size, size, causal,
                          strides, strides, 0.125f, plain ? 0 : 0.5, 7,    0};
  const float* const query = buffers.numbers(rows * size);
  const float *const key = buffers.numbers(keys * size), *const value = buffers.numbers(keys * size);
  const uint8_t* const mask = plain ? nullptr : buffers.add<uint8_t>(rows * keys, 1);
  const float* const bias = plain ? nullptr : buffers.numbers(rows * keys);
  float *const out = buffers.add(rows * size), *const log_sum_exp = buffers.add(rows);
  kernels().attention_f32(query, key, value, mask, bias, out, log_sum_exp, p);
  kernels().attention_grad_f32(buffers.numbers(rows * size), query, key, value, mask, bias, out, log_sum_exp,
                               buffers.add(rows * size), buffers.add(keys * size), buffers.add(keys * size), p);
  calls += 2;
}

// Rows that a block shares, not a warp.
void normalize(int64_t rows, int64_t columns) {
  Buffers buffers;
  const int64_t all = rows * columns;
  const float *const in = buffers.numbers(all), *const weight = buffers.numbers(columns);
  float *const mean = buffers.add(rows), *const inverse = buffers.add(rows);
  kernels().softmax_f32(in, buffers.add(all), {rows, columns});
  kernels().layer_norm_f32(in, weight, weight, buffers.add(all), mean, inverse, {rows, columns, 1e-5f});
  kernels().layer_norm_grad_f32(in, in, weight, mean, inverse, buffers.add(all), buffers.add(columns),
                                buffers.add(columns), {rows, columns});
  calls += 3;
}

int main_of() {
  device::set_matmul_precision("float32");
  multiply(70, 66, 100, false, false, false);
  multiply(3, 70, 300, false, false, false);  // few rows
  multiply(3, 70, 300, false, true, false);
  attend(20, 60, 24, false, false);
  attend(1, 700, 64, false, true);  // a text's next token
  device::set_matmul_precision("tf32");
  for (const bool in_bf16 : {false, true}) {
    multiply_all_ways(66, 64, 200, in_bf16);             // small tiles, more along k than there are stages
    multiply_all_ways(65, 67, 131, in_bf16);             // rows that begin anywhere
    multiply(132, 136, 150, false, false, in_bf16);      // large tiles
    multiply(132, 264, 32 * 40, false, false, in_bf16);  // k in parts, or wide tiles
  }
  device::set_matmul_precision("bf16");
  attend(140, 200, 64, true, true);
  attend(70, 136, 64, false, false);
  attend(70, 100, 128, false, true);
  attend(70, 100, 24, true, false);
  normalize(3, 1100);
  normalize(70, 40);
  std::printf("  %d calls of kernels that work in tiles\n", calls);
  return 0;
}

}  // namespace
}  // namespace nabla::test

int main() { return nabla::test::main_of(); }
