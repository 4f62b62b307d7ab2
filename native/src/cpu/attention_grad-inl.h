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

// The slices of one head.
struct HeadGradients {
  const float *grad_out, *query, *key, *value;
  float *grad_query, *grad_key, *grad_value;
};

// Adds the share of one tile, with the scores already in place, to all three gradients.
inline void add_tile_gradients(const AttentionParams& p, const HeadGradients& h, const ScoreTile& tile,
                               const AttentionWorkspace& w) {
  const float* g = h.grad_out + tile.query * p.value_size;
  const View weights{w.scores, 1, kKeyTile}, grads{w.grads, 1, kKeyTile};  // transposed: [keys, rows]
  gemm_block({tile.keys, p.value_size, tile.rows, weights, matrix(g, p.value_size, false),
              h.grad_value + tile.key * p.value_size, p.value_size, 1, 1},
             w.product);
  gemm_block({tile.rows, p.head_size, tile.keys, matrix(w.grads, kKeyTile, false),
              matrix(h.key + tile.key * p.head_size, p.head_size, false), h.grad_query + tile.query * p.head_size,
              p.head_size, 1, 1},
             w.product);
  gemm_block({tile.keys, p.head_size, tile.rows, grads, matrix(h.query + tile.query * p.head_size, p.head_size, false),
              h.grad_key + tile.key * p.head_size, p.head_size, 1, 1},
             w.product);
}

inline void attention_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                               const uint8_t* mask, const float* out, const float* log_sum_exp, float* grad_query,
                               float* grad_key, float* grad_value, const AttentionParams& p) {
  const int64_t heads = p.batch * p.heads;
  if (heads == 0) return;
  const int64_t floats = AttentionWorkspace::floats(p, 2);
  const Scratch scratch(static_cast<size_t>(floats * thread_count()) * sizeof(float));
  const Keep keep(p.dropout, p.seed, p.offset);
  const int64_t query_size = p.query_time * p.head_size, out_size = p.query_time * p.value_size;
  const int64_t key_size = p.key_time * p.head_size, value_size = p.key_time * p.value_size;
  const int64_t work = 2 * p.query_time * p.key_time * (3 * p.head_size + 2 * p.value_size);
  parallel_for(heads, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    const AttentionWorkspace w(scratch.floats() + worker * floats, 2);
    for (int64_t head = begin; head < end; ++head) {
      const HeadGradients h{grad_out + head * out_size,    query + head * query_size,      key + head * key_size,
                            value + head * value_size,     grad_query + head * query_size, grad_key + head * key_size,
                            grad_value + head * value_size};
      row_clear(h.grad_query, query_size);
      row_clear(h.grad_key, key_size);
      row_clear(h.grad_value, value_size);
      for (int64_t q = 0; q < p.query_time; q += kQueryTile) {
        const int64_t rows = smaller(kQueryTile, p.query_time - q), keys = visible_keys(p, q + rows);
        float d[kQueryTile];
        for (int64_t r = 0; r < rows; ++r)
          d[r] = row_dot(h.grad_out + (q + r) * p.value_size, out + head * out_size + (q + r) * p.value_size,
                         p.value_size);
        for (int64_t k = 0; k < keys; k += kKeyTile) {
          const ScoreTile tile{head, q, rows, k, smaller(kKeyTile, keys - k)};
          score_tile(p, query, key, tile, w);
          gemm_block({rows, tile.keys, p.value_size, matrix(h.grad_out + q * p.value_size, p.value_size, false),
                      matrix(h.value + k * p.value_size, p.value_size, true), w.grads, kKeyTile},
                     w.product);
          for (int64_t r = 0; r < rows; ++r) {
            float *scores = w.scores + r * kKeyTile, *grads = w.grads + r * kKeyTile;
            const int64_t visible = hide_scores(p, mask, tile, r, scores);
            if (p.dropout > 0) keep_weights(p, keep, tile, r, visible, w.factors);
            grad_row(scores, grads, p.dropout > 0 ? w.factors : nullptr, visible,
                     log_sum_exp[head * p.query_time + q + r], d[r], p.scale);
            row_clear(scores + visible, tile.keys - visible);
            row_clear(grads + visible, tile.keys - visible);
          }
          add_tile_gradients(p, h, tile, w);
        }
      }
    }
  });
}
