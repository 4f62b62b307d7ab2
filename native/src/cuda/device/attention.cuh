// SPDX-License-Identifier: Apache-2.0
// What attention and its gradient share: the products over all heads at once, and which score a query has for a key.
#pragma once
#include <cmath>

#include "cuda/device/philox.cuh"
#include "cuda/matmul.h"
#include "kernels/attention.h"

namespace nabla::cuda {

// Bytes of scores [batch, heads, query_time, key_time] that are in memory together, if a batch entry does not need
// more.
constexpr int64_t kScoreBytes = int64_t{1} << 30;

// The scores of some batch entries, beginning with number `first`. Heads of query that share a head of key and value
// lie one after the other, so that their queries are the rows of one matrix.
struct ScoreBlock {
  int64_t first, entries;
  int64_t matrices;  // heads of key and value
  int64_t rows;      // queries that share one of them
  int64_t head;      // the first head of query, counted through the batch

  ScoreBlock(const AttentionParams& p, int64_t first, int64_t entries)
      : first(first),
        entries(entries),
        matrices(entries * p.key_heads),
        rows(p.heads / p.key_heads * p.query_time),
        head(first * p.heads) {}
  int64_t all_rows() const { return matrices * rows; }
};

// Batch entries of a block.
inline int64_t entries_together(const AttentionParams& p) {
  const int64_t one = p.heads * p.query_time * p.key_time * static_cast<int64_t>(sizeof(float));
  const int64_t entries = one == 0 ? p.batch : kScoreBytes / one;
  return entries < 1 ? 1 : entries < p.batch ? entries : p.batch;
}

// c[m, n] = a b for every matrix of a block; a transposed operand is stored as its transpose.
struct Product {
  int64_t m, n, k;
  bool transpose_a, transpose_b;
};
inline void multiply_heads(const ScoreBlock& block, const float* a, const float* b, float* c, const Product& p) {
  MatmulParams params{};
  params.batch = block.matrices;
  params.m = p.m, params.n = p.n, params.k = p.k;
  params.transpose_a = p.transpose_a, params.transpose_b = p.transpose_b;
  params.row_a = p.transpose_a ? p.m : p.k, params.row_b = p.transpose_b ? p.k : p.n, params.row_c = p.n;
  params.batch_a = p.m * p.k, params.batch_b = p.k * p.n, params.batch_c = p.m * p.n;
  multiply(a, b, nullptr, c, nullptr, params);
}

// Which score row `row` of a block has for a key.
struct Scores {
  AttentionParams p;
  const uint8_t* mask;  // nullptr: none
  const float* bias;
  int64_t first_row;  // of the block, counted through batch, heads and query_time
  Keep keep;

  Scores(const AttentionParams& p, const uint8_t* mask, const float* bias, const ScoreBlock& block)
      : p(p),
        mask(p.mask_strides.rank == 0 ? nullptr : mask),
        bias(p.bias_strides.rank == 0 ? nullptr : bias),
        first_row(block.head * p.query_time),
        keep(p.dropout, p.seed, p.offset) {}

  __device__ static int64_t offset(const Dims& strides, const AttentionParams& p, int64_t row) {
    const int64_t head = row / p.query_time;
    return head / p.heads * strides.size[0] + head % p.heads * strides.size[1] + row % p.query_time * strides.size[2];
  }
  __device__ float score(int64_t row, int64_t key, float product) const {
    const int64_t at = first_row + row;
    if (p.causal != 0 && key > at % p.query_time) return -INFINITY;
    if (mask != nullptr && mask[offset(p.mask_strides, p, at) + key * p.mask_strides.size[3]] == 0) return -INFINITY;
    const float scaled = p.scale * product;
    return bias == nullptr ? scaled : scaled + bias[offset(p.bias_strides, p, at) + key * p.bias_strides.size[3]];
  }
  // What dropout makes of a weight is this factor times it.
  __device__ float kept(int64_t row, int64_t key) const {
    return p.dropout > 0 ? keep.factor((first_row + row) * p.key_time + key) : 1.0f;
  }
};

}  // namespace nabla::cuda
