// SPDX-License-Identifier: Apache-2.0
// Which attention is fused: sizes that the kernels are for, and in float32 those alone for which it is expected to be
// no slower than products with the scores in memory between them.
#include <algorithm>

#include "cuda/flash_attention.h"
#include "cuda/runtime/cublas.h"

namespace nabla::cuda {
namespace {

int64_t size_of(const AttentionParams& p) { return std::max(p.head_size, p.value_size); }

// A tile has up to 128 queries, whoever is there, and one block goes over all keys: few queries with many keys leave
// tiles and multiprocessors empty.
bool fills_tiles(const AttentionParams& p) {
  constexpr int64_t kMostKeysPerQuery = 16;
  return p.key_time <= kMostKeysPerQuery * p.query_time;
}

// Whether causal attention leaves out a third of the scores or more, which fused kernels do not compute.
bool leaves_out_a_third(const AttentionParams& p) {
  // Beyond query number key_time all keys are seen; before it, half of them.
  return p.causal != 0 && 3 * std::min(p.query_time, p.key_time) >= 2 * p.query_time;
}

// What is weighed, for each score: bytes that it moves where it is in memory, which are 16 forward (4 written by the
// product, 8 by the softmax, 4 read by the next product) and 36 backward, against the multiply-adds that the fused
// kernels make more, or make more slowly. Of `size` each, there are 2 forward; backward 7 in place of 5, since scores
// and the gradients of weights are found twice. An H100 moves 3.3 TB/s and has products by cuBLAS at 50 TFLOP/s, an
// A100 1.5 and 18. Our loops have no tuning of every instruction as cuBLAS does; counted from the instructions that
// feed them they come to between half and three quarters of its rate. Then
// - forward, the bytes take as long as 1 to 1.5 times 2 * 64 multiply-adds: heads of up to 64 gain at half the rate,
//   and larger ones at two thirds of the products
// - backward, as long as half of the 5 * 64: with all scores seen, 7 products at three quarters of the rate would
//   just do, but half of them at half the rate do as well
// - with a mask, a bias or dropout a thread has half as many scores at once, and each number that it loads feeds half
// as
//   many multiply-adds: too slow where all scores are seen
// - kernels are compiled for heads of 64 and 128 and tiles of up to 128 queries: less than half of that would be
//   multiplied with zeros mostly.
bool gains_in_float32(const AttentionParams& p, Pass pass) {
  constexpr int64_t kSmallest = 33, kLight = 64, kFewest = 64;
  if (size_of(p) < kSmallest || std::min(p.query_time, p.key_time) < kFewest) return false;
  const bool is_plain = p.mask_strides.rank == 0 && p.bias_strides.rank == 0 && p.dropout == 0;
  return leaves_out_a_third(p) || (pass == Pass::kForward && size_of(p) <= kLight && is_plain);
}

}  // namespace

template <class In>
bool flash_attention_takes(const AttentionParams& p) {
  constexpr int64_t kMostTimes = int64_t{1} << 30;  // so that the number of any row and tile is an int
  constexpr int64_t kPiece = 16 / sizeof(In);       // elements that are copied at once
  const auto fits = [](int64_t size) { return size > 0 && size <= 128 && size % kPiece == 0; };
  const int64_t tiles = (std::max(p.query_time, p.key_time) + 63) / 64 + 1;
  return fits(p.head_size) && fits(p.value_size) && p.query_time <= kMostTimes && p.key_time <= kMostTimes &&
         p.batch * p.heads * tiles <= INT32_MAX;
}

template bool flash_attention_takes<float>(const AttentionParams&);
template bool flash_attention_takes<uint16_t>(const AttentionParams&);

bool rounds_attention(const AttentionParams& p) {
  return precision() == Precision::kBf16 && flash_attention_takes<uint16_t>(p);
}

bool fuses_attention(const AttentionParams& p, Pass pass) {
  if (!flash_attention_takes<float>(p) || !fills_tiles(p)) return false;
  return precision() != Precision::kFloat32 || gains_in_float32(p, pass);
}

}  // namespace nabla::cuda
