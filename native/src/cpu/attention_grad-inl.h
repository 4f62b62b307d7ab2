// SPDX-License-Identifier: Apache-2.0
// The gradients of attention: the weights of a tile are computed again, then five products, one head at a time.

// sum_i x[i] * y[i].
inline float row_dot(const float* x, const float* y, int64_t count) {
  F32 sums = zero();
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sums = mul_add(load(x + i), load(y + i), sums);
  float sum = reduce_add(sums);
  for (; i < count; ++i) sum += x[i] * y[i];
  return sum;
}

// For one row, from scores s and products grads = grad_out . value: weights = exp(s - log_sum_exp), then
// grads <- weights * (factor * grads - d) * scale and scores <- weights * factor. Without dropout all factors are 1.
inline void grad_row(float* scores, float* grads, const float* factors, int64_t count, float log_sum_exp, float d,
                     float scale) {
  const F32 shift = splat(log_sum_exp), mean = splat(d), scales = splat(scale);
  for_vectors(0, count, [&](int64_t k, int lanes) {
    const F32 weight = exp(sub(load_lanes(scores + k, lanes), shift));
    const F32 factor = factors == nullptr ? splat(1.0f) : load_lanes(factors + k, lanes);
    const F32 centred = sub(mul(factor, load_lanes(grads + k, lanes)), mean);
    store_lanes(grads + k, mul(mul(weight, centred), scales), lanes);
    store_lanes(scores + k, mul(weight, factor), lanes);
  });
}

// What both kernels read.
struct AttentionSaved {
  const float *grad_out, *query, *key, *value;
  const uint8_t* mask;
  const float *bias, *out, *log_sum_exp;
};

// d[r] = grad_out . out for the rows of a tile of queries that begins at `row`, counted through batch and heads.
inline void tile_means(const AttentionParams& p, const AttentionSaved& s, int64_t row, int64_t rows, float* d) {
  const float *g = s.grad_out + row * p.value_size, *out = s.out + row * p.value_size;
  for (int64_t r = 0; r < rows; ++r) d[r] = row_dot(g + r * p.value_size, out + r * p.value_size, p.value_size);
}

// Leaves in w.scores the weights of one tile, times what dropout keeps, and in w.grads the gradients of its scores
// times `scale`; 0 in both for keys beyond a query.
inline void tile_gradients(const AttentionParams& p, const AttentionSaved& s, const Keep& keep, const ScoreTile& tile,
                           const float* d, float scale, const AttentionWorkspace& w) {
  const int64_t row = tile.head * p.query_time + tile.query;
  const float* values = s.value + (first_key(p, tile.head) + tile.key) * p.value_size;
  score_tile(p, s.query, s.key, tile, w);
  gemm_block({tile.rows, tile.keys, p.value_size, matrix(s.grad_out + row * p.value_size, p.value_size, false),
              matrix(values, p.value_size, true), w.grads, kKeyTile},
             w.product);
  for (int64_t r = 0; r < tile.rows; ++r) {
    float *scores = w.scores + r * kKeyTile, *grads = w.grads + r * kKeyTile;
    const int64_t visible = hide_scores(p, s.mask, s.bias, tile, r, scores);
    if (p.dropout > 0) keep_weights(p, keep, tile, r, visible, w.factors);
    grad_row(scores, grads, p.dropout > 0 ? w.factors : nullptr, visible, s.log_sum_exp[row + r], d[r], scale);
    row_clear(scores + visible, tile.keys - visible);
    row_clear(grads + visible, tile.keys - visible);
  }
}

// Adds the share of one tile, with weights and gradients already in place, to the gradients of its head of query and of
// its head of key and value.
inline void add_tile_gradients(const AttentionParams& p, const AttentionSaved& s, const ScoreTile& tile,
                               float* grad_query, float* grad_key, float* grad_value, const AttentionWorkspace& w) {
  const int64_t row = tile.head * p.query_time + tile.query, key = first_key(p, tile.head) + tile.key;
  const View weights{w.scores, 1, kKeyTile}, grads{w.grads, 1, kKeyTile};  // transposed: [keys, rows]
  gemm_block({tile.keys, p.value_size, tile.rows, weights, matrix(s.grad_out + row * p.value_size, p.value_size, false),
              grad_value + key * p.value_size, p.value_size, 1, 1},
             w.product);
  gemm_block({tile.rows, p.head_size, tile.keys, matrix(w.grads, kKeyTile, false),
              matrix(s.key + key * p.head_size, p.head_size, false), grad_query + row * p.head_size, p.head_size, 1, 1},
             w.product);
  gemm_block({tile.keys, p.head_size, tile.rows, grads, matrix(s.query + row * p.head_size, p.head_size, false),
              grad_key + key * p.head_size, p.head_size, 1, 1},
             w.product);
}

inline void attention_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                               const uint8_t* mask, const float* bias, const float* out, const float* log_sum_exp,
                               float* grad_query, float* grad_key, float* grad_value, const AttentionParams& p) {
  const int64_t key_heads = p.batch * p.key_heads;
  if (key_heads == 0) return;
  const AttentionSaved saved{grad_out, query, key, value, mask, bias, out, log_sum_exp};
  // No buffer bounds the number of heads that have no query.
  const int64_t group = p.query_time == 0 ? 0 : p.heads / p.key_heads;
  const int64_t floats = AttentionWorkspace::floats(p, 2);
  const Scratch scratch(static_cast<size_t>(floats * thread_count()) * sizeof(float));
  const Keep keep(p.dropout, p.seed, p.offset);
  const int64_t key_size = p.key_time * p.head_size, value_size = p.key_time * p.value_size;
  const int64_t query_size = group * p.query_time * p.head_size;
  const int64_t work = 2 * group * p.query_time * p.key_time * (3 * p.head_size + 2 * p.value_size);
  parallel_for(key_heads, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    const AttentionWorkspace w(scratch.floats() + worker * floats, 2);
    for (int64_t key_head = begin; key_head < end; ++key_head) {
      row_clear(grad_query + key_head * query_size, query_size);
      row_clear(grad_key + key_head * key_size, key_size);
      row_clear(grad_value + key_head * value_size, value_size);
      for (int64_t head = key_head * group; head < (key_head + 1) * group; ++head) {
        for (int64_t q = 0; q < p.query_time; q += kQueryTile) {
          const int64_t rows = smaller(kQueryTile, p.query_time - q), keys = visible_keys(p, q + rows);
          float d[kQueryTile];
          tile_means(p, saved, head * p.query_time + q, rows, d);
          for (int64_t k = 0; k < keys; k += kKeyTile) {
            const ScoreTile tile{head, q, rows, k, smaller(kKeyTile, keys - k)};
            tile_gradients(p, saved, keep, tile, d, p.scale, w);
            add_tile_gradients(p, saved, tile, grad_query, grad_key, grad_value, w);
          }
        }
      }
    }
  });
}

inline void attention_scores_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                                      const uint8_t* mask, const float* bias, const float* out,
                                      const float* log_sum_exp, float* grad_scores, const AttentionParams& p) {
  const int64_t tiles = divide_up(p.query_time, kQueryTile), tasks = p.batch * p.heads * tiles;
  if (tasks == 0) return;
  const AttentionSaved saved{grad_out, query, key, value, mask, bias, out, log_sum_exp};
  const int64_t floats = AttentionWorkspace::floats(p, 2);
  const Scratch scratch(static_cast<size_t>(floats * thread_count()) * sizeof(float));
  const Keep keep(p.dropout, p.seed, p.offset);
  const int64_t work = 2 * kQueryTile * smaller(kKeyTile, p.key_time) * (p.head_size + p.value_size);
  parallel_for(tasks, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    const AttentionWorkspace w(scratch.floats() + worker * floats, 2);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t head = task / tiles, q = task % tiles * kQueryTile, row = head * p.query_time + q;
      const int64_t rows = smaller(kQueryTile, p.query_time - q), keys = visible_keys(p, q + rows);
      float d[kQueryTile];
      tile_means(p, saved, row, rows, d);
      row_clear(grad_scores + row * p.key_time, rows * p.key_time);
      for (int64_t k = 0; k < keys; k += kKeyTile) {
        const ScoreTile tile{head, q, rows, k, smaller(kKeyTile, keys - k)};
        tile_gradients(p, saved, keep, tile, d, 1, w);
        for (int64_t r = 0; r < rows; ++r)
          memcpy(grad_scores + (row + r) * p.key_time + k, w.grads + r * kKeyTile,
                 static_cast<size_t>(tile.keys) * sizeof(float));
      }
    }
  });
}
