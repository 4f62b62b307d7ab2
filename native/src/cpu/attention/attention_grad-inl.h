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
struct AttentionSaved : AttentionInputs {
  const float *grad_out, *out, *log_sum_exp;
};

// What a thread needs for the tiles of queries of a head of key and value.
struct AttentionGradWorkspace {
  static int64_t floats(const AttentionParams& p) {
    const int64_t time = visible_keys(p, p.query_time);
    return (2 * kQueryTile + 1) * kScoreStride + RightColumns::floats(time, p.head_size) +
           RightColumns::floats(time, p.value_size) + RightRows::floats(time, p.head_size) +
           RightRows::floats(kQueryTile, p.head_size) + RightRows::floats(kQueryTile, p.value_size);
  }
  AttentionGradWorkspace(const AttentionParams& p, const KeyHead& head, Pieces memory)
      : scores(memory.take(kQueryTile * kScoreStride)),
        grads(memory.take(kQueryTile * kScoreStride)),
        factors(memory.take(kScoreStride)),
        keys(head.key, head.time, p.head_size, memory.take(RightColumns::floats(head.time, p.head_size))),
        values(head.value, head.time, p.value_size, memory.take(RightColumns::floats(head.time, p.value_size))),
        key_rows(head.key, head.time, p.head_size, memory.take(RightRows::floats(head.time, p.head_size))),
        query_copy(memory.take(RightRows::floats(kQueryTile, p.head_size))),
        grad_out_copy(memory.take(RightRows::floats(kQueryTile, p.value_size))) {}
  float *scores, *grads;  // [kQueryTile, kScoreStride]
  float* factors;         // [kScoreStride]: what dropout keeps of a row
  RightColumns keys, values;
  RightRows key_rows;
  float *query_copy, *grad_out_copy;  // of the RightRows of a tile of queries
};

// d[r] = grad_out . out for the rows of a tile of queries that begins at `row`, counted through batch and heads.
inline void tile_means(const AttentionParams& p, const AttentionSaved& s, int64_t row, int64_t rows, float* d) {
  const float *g = s.grad_out + row * p.value_size, *out = s.out + row * p.value_size;
  for (int64_t r = 0; r < rows; ++r) d[r] = row_dot(g + r * p.value_size, out + r * p.value_size, p.value_size);
}

// Leaves in w.scores the weights of one tile, times what dropout keeps, and in w.grads the gradients of its scores
// times `scale`; 0 in both for keys beyond a query.
inline void tile_gradients(const AttentionParams& p, const AttentionSaved& s, const Keep& keep, const ScoreTile& tile,
                           const float* d, float scale, const AttentionGradWorkspace& w) {
  const int64_t row = tile.head * p.query_time + tile.query;
  w.keys.multiply(tile, s.query + row * p.head_size, p.scale, w.scores);
  w.values.multiply(tile, s.grad_out + row * p.value_size, 1, w.grads);
  for (int64_t r = 0; r < tile.rows; ++r) {
    float *scores = w.scores + r * kScoreStride, *grads = w.grads + r * kScoreStride;
    const int64_t seen = finish_scores(p, s, tile, r, scores);
    if (p.dropout > 0) keep_weights(p, keep, tile, r, seen, w.factors);
    grad_row(scores, grads, p.dropout > 0 ? w.factors : nullptr, seen, s.log_sum_exp[row + r], d[r], scale);
    row_clear(scores + seen, tile.keys - seen);
    row_clear(grads + seen, tile.keys - seen);
  }
}

inline void attention_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                               const uint8_t* mask, const float* bias, const float* out, const float* log_sum_exp,
                               float* grad_query, float* grad_key, float* grad_value, const AttentionParams& p) {
  const int64_t key_heads = p.batch * p.key_heads;
  if (key_heads == 0) return;
  const AttentionSaved saved{{query, key, value, mask, bias}, grad_out, out, log_sum_exp};
  // No buffer bounds the number of heads that have no query.
  const int64_t group = p.query_time == 0 ? 0 : p.heads / p.key_heads, part = query_part(p);
  const int64_t floats = AttentionGradWorkspace::floats(p);
  const Scratch scratch(static_cast<size_t>(floats * thread_count()) * sizeof(float));
  const Keep keep(p.dropout, p.seed, p.offset);
  const int64_t key_size = p.key_time * p.head_size, value_size = p.key_time * p.value_size;
  const int64_t query_size = group * p.query_time * p.head_size;
  const int64_t work = 2 * group * p.query_time * p.key_time * (3 * p.head_size + 2 * p.value_size);
  parallel_for(key_heads, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    for (int64_t key_head = begin; key_head < end; ++key_head) {
      const AttentionGradWorkspace w(p, KeyHead(p, saved, key_head), {scratch.floats() + worker * floats});
      row_clear(grad_query + key_head * query_size, query_size);
      row_clear(grad_key + key_head * key_size, key_size);
      row_clear(grad_value + key_head * value_size, value_size);
      for (int64_t head = key_head * group; head < (key_head + 1) * group; ++head) {
        for (int64_t q = 0; q < p.query_time; q += part) {
          const int64_t rows = smaller(part, p.query_time - q), row = head * p.query_time + q;
          const RightRows query_rows(query + row * p.head_size, rows, p.head_size, w.query_copy);
          const RightRows grad_rows(grad_out + row * p.value_size, rows, p.value_size, w.grad_out_copy);
          float d[kQueryTile];
          tile_means(p, saved, row, rows, d);
          for_key_tiles(p, head, q, rows, [&](const ScoreTile& tile) {
            const int64_t first = key_head * p.key_time + tile.key;
            tile_gradients(p, saved, keep, tile, d, p.scale, w);
            grad_rows.combine_transposed(tile, w.scores, grad_value + first * p.value_size);
            w.key_rows.combine(tile, w.grads, 1, grad_query + row * p.head_size);
            query_rows.combine_transposed(tile, w.grads, grad_key + first * p.head_size);
          });
        }
      }
    }
  });
}

inline void attention_scores_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                                      const uint8_t* mask, const float* bias, const float* out,
                                      const float* log_sum_exp, float* grad_scores, const AttentionParams& p) {
  const AttentionSaved saved{{query, key, value, mask, bias}, grad_out, out, log_sum_exp};
  const Keep keep(p.dropout, p.seed, p.offset);
  for_query_tiles<AttentionGradWorkspace>(p, saved, [&](const AttentionGradWorkspace& w, int64_t head, int64_t first) {
    const int64_t rows = smaller(query_part(p), p.query_time - first), row = head * p.query_time + first;
    float d[kQueryTile];
    tile_means(p, saved, row, rows, d);
    row_clear(grad_scores + row * p.key_time, rows * p.key_time);
    for_key_tiles(p, head, first, rows, [&](const ScoreTile& tile) {
      tile_gradients(p, saved, keep, tile, d, 1, w);
      for (int64_t r = 0; r < rows; ++r)
        memcpy(grad_scores + (row + r) * p.key_time + tile.key, w.grads + r * kScoreStride,
               static_cast<size_t>(tile.keys) * sizeof(float));
    });
  });
}
