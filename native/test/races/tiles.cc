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

// Images of size x size, kernels of 3 x 3 with padding: forward, and both gradients.
void convolve(int64_t size, int64_t in_channels, int64_t out_channels, int64_t groups, int64_t stride) {
  Buffers buffers;
  const int64_t out_size = (size - 1) / stride + 1;
  const ConvParams p{1,
                     in_channels,
                     out_channels,
                     groups,
                     {3, {1, size, size}},
                     {3, {1, out_size, out_size}},
                     {3, {1, 3, 3}},
                     {3, {1, stride, stride}},
                     {3, {0, 1, 1}},
                     {3, {1, 1, 1}}};
  const int64_t ins = size * size * in_channels, outs = out_size * out_size * out_channels;
  const int64_t weights = out_channels * (in_channels / groups) * 9;
  const float *const in = buffers.numbers(ins), *const weight = buffers.numbers(weights);
  const float* const grad_out = buffers.numbers(outs);
  kernels().conv_f32(in, weight, buffers.numbers(out_channels), buffers.add(outs), nullptr, {p, kNone, 1, 0});
  kernels().conv_grad_in_f32(grad_out, weight, buffers.add(ins), p);
  kernels().conv_grad_weight_f32(in, grad_out, buffers.add(weights), p);
  calls += 3;
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

// More queries and keys than a tile has, for each size of heads that kernels of tf32 and float32 are compiled for.
void attend_in_tiles() {
  attend(140, 70, 64, true, true);
  attend(70, 136, 64, false, false);
  attend(70, 100, 128, true, true);
  attend(70, 70, 128, false, false);
}

// Of the emulated device's 4 multiprocessors.
void convolve_in_tiles() {
  convolve(12, 16, 24, 1, 1);  // small tiles
  convolve(13, 16, 24, 1, 2);  // stride 2, whose gradient has four phases
  convolve(9, 32, 32, 2, 1);   // groups
  convolve(20, 48, 72, 1, 1);  // large tiles
  convolve(20, 72, 72, 1, 1);  // large tiles or, in tf32, wide ones
  convolve(5, 264, 16, 1, 1);  // k in parts, forward
  convolve(5, 16, 264, 1, 1);  // k in parts, of the gradient of the input
  convolve(46, 8, 8, 1, 1);    // k in parts, of the gradient of the weight
}

int main_of() {
  device::set_matmul_precision("float32");
  multiply(70, 66, 100, false, false, false);
  multiply(3, 70, 300, false, false, false);  // few rows
  multiply(3, 70, 300, false, true, false);
  attend(20, 60, 24, false, false);
  attend(1, 700, 64, false, true);  // a text's next token
  attend_in_tiles();
  device::set_matmul_precision("tf32");
  for (const bool in_bf16 : {false, true}) {
    multiply_all_ways(66, 64, 200, in_bf16);             // small tiles, more along k than there are stages
    multiply_all_ways(65, 67, 131, in_bf16);             // rows that begin anywhere
    multiply(132, 136, 150, false, false, in_bf16);      // large tiles
    multiply(132, 264, 32 * 40, false, false, in_bf16);  // k in parts, or wide tiles
  }
  attend_in_tiles();
  convolve_in_tiles();
  device::set_matmul_precision("bf16");
  convolve_in_tiles();
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
