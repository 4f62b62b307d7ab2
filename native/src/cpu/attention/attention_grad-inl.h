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

// What all kernels read.
struct AttentionSaved : AttentionInputs {
  HeadsOf<const float> grad_out, out;
  const float* log_sum_exp;
};

// What a thread needs for the tiles of queries of a head of key and value.
struct AttentionGradWorkspace {
  static int64_t floats(const AttentionParams& p, const AttentionSaved& s) {
    const int64_t time = KeyHead::time(p);
    return (2 * kQueryTile + 1) * kScoreStride + RightColumns::floats(time, p.head_size) +
           RightColumns::floats(time, p.value_size) + RightRows::floats(time, p.head_size, s.key.row) +
           RightRows::floats(kQueryTile, p.head_size, s.query.row) +
           RightRows::floats(kQueryTile, p.value_size, s.grad_out.row) + time * (p.head_size + p.value_size);
  }
  AttentionGradWorkspace(const AttentionParams& p, const KeyHead& head, Pieces memory)
      : scores(memory.take(kQueryTile * kScoreStride)),
        grads(memory.take(kQueryTile * kScoreStride)),
        factors(memory.take(kScoreStride)),
        keys(head.key, memory.take(RightColumns::floats(head.key.time, p.head_size))),
        values(head.value, memory.take(RightColumns::floats(head.value.time, p.value_size))),
        key_rows(head.key, memory.take(RightRows::floats(head.key.time, p.head_size, head.key.stride))),
        key_sums(memory.take(head.key.time * p.head_size)),
        value_sums(memory.take(head.value.time * p.value_size)),
        copies(memory) {}
  float *scores, *grads;  // [kQueryTile, kScoreStride]
  float* factors;         // [kScoreStride]: what dropout keeps of a row
  RightColumns keys, values;
  RightRows key_rows;
  float *key_sums, *value_sums;
  Pieces copies;  // of the rows of a tile of queries
};

// The rows of a tile of queries.
struct QueryTile {
  QueryTile(const AttentionParams& p, const AttentionSaved& s, int64_t head, int64_t query, Pieces copies)
      : head(head),
        query(query),
        count(smaller(query_part(p), p.query_time - query)),
        queries({s.query, head, query, count, p.head_size},
                copies.take(RightRows::floats(kQueryTile, p.head_size, s.query.row))),
        grads({s.grad_out, head, query, count, p.value_size}, copies.next),
        log_sum_exp(s.log_sum_exp + head * p.query_time + query) {
    const HeadRows outs(s.out, head, query, count, p.value_size);
    for (int64_t r = 0; r < count; ++r) means[r] = row_dot(grads.rows().row(r), outs.row(r), p.value_size);
  }
  int64_t head, query, count;
  RightRows queries, grads;  // grads: of out
  const float* log_sum_exp;
  float means[kQueryTile];  // d = grad_out . out
};

// Leaves in w.scores the weights of one tile, times what dropout keeps, and in w.grads the gradients of its scores
// times `scale`; 0 in both for keys beyond a query.
inline void tile_gradients(const AttentionParams& p, const AttentionSaved& s, const Keep& keep, const ScoreTile& tile,
                           const QueryTile& of, float scale, const AttentionGradWorkspace& w) {
  w.keys.multiply(tile, of.queries.rows(), p.scale, w.scores);
  w.values.multiply(tile, of.grads.rows(), 1, w.grads);
  for (int64_t r = 0; r < tile.rows; ++r) {
    float *scores = w.scores + r * kScoreStride, *grads = w.grads + r * kScoreStride;
    const int64_t seen = finish_scores(p, s, tile, r, scores);
    if (p.dropout > 0) keep_weights(p, keep, tile, r, seen, w.factors);
    grad_row(scores, grads, p.dropout > 0 ? w.factors : nullptr, seen, of.log_sum_exp[r], of.means[r], scale);
    row_clear(scores + seen, tile.keys - seen);
    row_clear(grads + seen, tile.keys - seen);
  }
}

// The gradients that a kernel writes.
struct AttentionGrads {
  HeadsOf<float> query, key, value;
};

// Fills the rows of a head with the first `count` of `rows`, and zeros.
inline void write_head(const HeadsOf<float>& to, int64_t head, int64_t time, const float* rows, int64_t count,
                       int64_t size) {
  const auto bytes = static_cast<size_t>(size) * sizeof(float);
  for (int64_t t = 0; t < count; ++t) memcpy(to.at(head, t), rows + t * size, bytes);
  for (int64_t t = count; t < time; ++t) row_clear(to.at(head, t), size);
}

inline void attend_back(const AttentionParams& p, const AttentionSaved& saved, const AttentionGrads& to) {
  const int64_t key_heads = p.batch * p.key_heads, time = KeyHead::time(p);
  if (key_heads == 0) return;
  // No buffer bounds the number of heads that have no query.
  const int64_t group = p.query_time == 0 ? 0 : p.heads / p.key_heads;
  const int64_t floats = AttentionGradWorkspace::floats(p, saved);
  const Scratch scratch(static_cast<size_t>(floats * thread_count()) * sizeof(float));
  const Keep keep(p.dropout, p.seed, p.offset);
  const int64_t work = 2 * group * p.query_time * p.key_time * (3 * p.head_size + 2 * p.value_size);
  parallel_for(key_heads, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    for (int64_t key_head = begin; key_head < end; ++key_head) {
      const AttentionGradWorkspace w(p, KeyHead(p, saved, key_head), {scratch.floats() + worker * floats});
      row_clear(w.key_sums, time * p.head_size);
      row_clear(w.value_sums, time * p.value_size);
      for (int64_t head = key_head * group; head < (key_head + 1) * group; ++head) {
        for (int64_t q = 0; q < p.query_time; q += query_part(p)) {
          const QueryTile of(p, saved, head, q, w.copies);
          float* const by_query = to.query.at(head, q);
          if (visible_keys(p, q + of.count) == 0)
            for (int64_t r = 0; r < of.count; ++r) row_clear(by_query + r * to.query.row, p.head_size);
          for_key_tiles(p, head, q, of.count, [&](const ScoreTile& tile) {
            tile_gradients(p, saved, keep, tile, of, p.scale, w);
            of.grads.combine_transposed(tile, w.scores, w.value_sums + tile.key * p.value_size, p.value_size);
            w.key_rows.combine(tile, w.grads, tile.key > 0 ? 1.0f : 0.0f, by_query, to.query.row);
            of.queries.combine_transposed(tile, w.grads, w.key_sums + tile.key * p.head_size, p.head_size);
          });
        }
      }
      write_head(to.key, key_head, p.key_time, w.key_sums, time, p.head_size);
      write_head(to.value, key_head, p.key_time, w.value_sums, time, p.value_size);
    }
  });
}

inline AttentionSaved saved_apart(const float* grad_out, const AttentionInputs& in, const float* out,
                                  const float* log_sum_exp, const AttentionParams& p) {
  return {in, heads_apart(grad_out, p.heads, p.query_time, p.value_size),
          heads_apart(out, p.heads, p.query_time, p.value_size), log_sum_exp};
}

inline void attention_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                               const uint8_t* mask, const float* bias, const float* out, const float* log_sum_exp,
                               float* grad_query, float* grad_key, float* grad_value, const AttentionParams& p) {
  const AttentionInputs in = inputs_apart(query, key, value, mask, bias, p);
  attend_back(p, saved_apart(grad_out, in, out, log_sum_exp, p),
              {heads_apart(grad_query, p.heads, p.query_time, p.head_size),
               heads_apart(grad_key, p.key_heads, p.key_time, p.head_size),
               heads_apart(grad_value, p.key_heads, p.key_time, p.value_size)});
}

inline void self_attention_grad_f32(const float* grad_out, const float* in, const uint8_t* mask, const float* out,
                                    const float* log_sum_exp, float* grad_in, const SelfAttentionParams& p) {
  const auto of_out = [&](const float* data) { return heads_together(data, p.heads, p.time, p.head_size, 1, 0); };
  const auto part = [&](int64_t number) { return heads_together(grad_in, p.heads, p.time, p.head_size, 3, number); };
  attend_back(p.apart(), {inputs_together(in, mask, p), of_out(grad_out), of_out(out), log_sum_exp},
              {part(0), part(1), part(2)});
}

inline void attention_scores_grad_f32(const float* grad_out, const float* query, const float* key, const float* value,
                                      const uint8_t* mask, const float* bias, const float* out,
                                      const float* log_sum_exp, float* grad_scores, const AttentionParams& p) {
  const AttentionInputs in = inputs_apart(query, key, value, mask, bias, p);
  const AttentionSaved saved = saved_apart(grad_out, in, out, log_sum_exp, p);
  const Keep keep(p.dropout, p.seed, p.offset);
  for_query_tiles<AttentionGradWorkspace>(p, saved, [&](const AttentionGradWorkspace& w, int64_t head, int64_t first) {
    const QueryTile of(p, saved, head, first, w.copies);
    float* const to = grad_scores + (head * p.query_time + first) * p.key_time;
    row_clear(to, of.count * p.key_time);
    for_key_tiles(p, head, first, of.count, [&](const ScoreTile& tile) {
      tile_gradients(p, saved, keep, tile, of, 1, w);
      for (int64_t r = 0; r < of.count; ++r)
        memcpy(to + r * p.key_time + tile.key, w.grads + r * kScoreStride,
               static_cast<size_t>(tile.keys) * sizeof(float));
    });
  });
}
