// SPDX-License-Identifier: Apache-2.0
// Attention, a tile of queries against a tile of keys at a time: the scores of a tile stay in the L2 cache, and the
// softmax is corrected as larger scores appear (Dao et al. 2022, https://arxiv.org/abs/2205.14135).

constexpr int64_t kQueryTile = 32;  // best of 16, 32, 64 over 64 to 1024 queries, causal: fewer skip more hidden keys
constexpr int64_t kKeyTile = 256;

// A tile of scores: rows [query, query + rows) and columns [key, key + keys) of one head.
struct ScoreTile {
  int64_t head;  // counted through the batch
  int64_t query, rows;
  int64_t key, keys;
};

// One thread's memory: up to two tiles of scores, then what the products need.
struct AttentionWorkspace {
  static int64_t floats(const AttentionParams& p, int64_t tiles) {
    const int64_t head = product_floats(p.head_size), value = product_floats(p.value_size);
    return tiles * kQueryTile * kKeyTile + kKeyTile + (head > value ? head : value);
  }
  static int64_t product_floats(int64_t size) {  // what any product of a tile with [time, size] needs
    const int64_t scores = gemm_workspace(kQueryTile, kKeyTile, size), out = gemm_workspace(kQueryTile, size, kKeyTile);
    const int64_t transposed = gemm_workspace(kKeyTile, size, kQueryTile);
    const int64_t most = scores > out ? scores : out;
    return most > transposed ? most : transposed;
  }
  AttentionWorkspace(float* memory, int64_t tiles)
      : scores(memory),
        grads(memory + (tiles - 1) * kQueryTile * kKeyTile),
        factors(memory + tiles * kQueryTile * kKeyTile),
        product(factors + kKeyTile) {}
  float* scores;   // [kQueryTile, kKeyTile]
  float* grads;    // the same again, or scores itself when there is one tile
  float* factors;  // [kKeyTile]: what dropout keeps of a row
  float* product;
};

// Keys that are worth looking at for the queries before `query_end`.
inline int64_t visible_keys(const AttentionParams& p, int64_t query_end) {
  return p.causal != 0 && query_end < p.key_time ? query_end : p.key_time;
}

// Positions before the first key (and value) that a head of query reads, counted through batch and heads.
inline int64_t first_key(const AttentionParams& p, int64_t head) { return head / (p.heads / p.key_heads) * p.key_time; }

// scores = scale * query . key^T for a tile; rows are kKeyTile apart.
inline void score_tile(const AttentionParams& p, const float* query, const float* key, const ScoreTile& tile,
                       const AttentionWorkspace& w) {
  const float* q = query + (tile.head * p.query_time + tile.query) * p.head_size;
  const float* k = key + (first_key(p, tile.head) + tile.key) * p.head_size;
  gemm_block({tile.rows, tile.keys, p.head_size, matrix(q, p.head_size, false), matrix(k, p.head_size, true), w.scores,
              kKeyTile, p.scale},
             w.product);
}

// Where mask or bias say something of the first key of a tile's row.
inline int64_t tile_offset(const AttentionParams& p, const Dims& strides, const ScoreTile& tile, int64_t row) {
  const int64_t* s = strides.size;
  return tile.head / p.heads * s[0] + tile.head % p.heads * s[1] + (tile.query + row) * s[2] + tile.key * s[3];
}

// scores[k] += bias[k * stride], for a stride of 0 or 1.
inline void add_bias(const float* bias, int64_t stride, int64_t count, float* scores) {
  int64_t k = 0;
  for (; k + kLanes <= count; k += kLanes)
    store(scores + k, add(load(scores + k), stride == 0 ? splat(*bias) : load(bias + k)));
  for (; k < count; ++k) scores[k] += bias[k * stride];
}

// Adds the bias to the scores of one row and sets those that the mask hides to -Inf; returns how many keys of the tile
// are not beyond the query.
inline int64_t hide_scores(const AttentionParams& p, const uint8_t* mask, const float* bias, const ScoreTile& tile,
                           int64_t row, float* scores) {
  const int64_t query = tile.query + row;
  int64_t visible = tile.keys;
  if (p.causal != 0 && query + 1 - tile.key < visible) visible = query + 1 < tile.key ? 0 : query + 1 - tile.key;
  if (p.bias_strides.rank != 0)
    add_bias(bias + tile_offset(p, p.bias_strides, tile, row), p.bias_strides.size[3], visible, scores);
  if (p.mask_strides.rank == 0) return visible;
  const uint8_t* allowed = mask + tile_offset(p, p.mask_strides, tile, row);
  if (p.mask_strides.size[3] == 0) return *allowed != 0 ? visible : 0;
  const F32 hidden = splat(-INFINITY);
  int64_t k = 0;
  for (; k + kLanes <= visible; k += kLanes)
    store(scores + k, select(eq(load_u8(allowed + k), splat_i32(0)), hidden, load(scores + k)));
  for (; k < visible; ++k)
    if (allowed[k] == 0) scores[k] = -INFINITY;
  return visible;
}

// What dropout keeps of the first `count` weights of a row.
inline void keep_weights(const AttentionParams& p, const Keep& keep, const ScoreTile& tile, int64_t row, int64_t count,
                         float* factors) {
  keep_factors(keep, (tile.head * p.query_time + tile.query + row) * p.key_time + tile.key, count, factors);
}

// x[i] *= y[i].
inline void row_multiply(float* x, const float* y, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(x + i, mul(load(x + i), load(y + i)));
  for (; i < count; ++i) x[i] *= y[i];
}

inline void row_clear(float* x, int64_t count) {
  if (count > 0) memset(x, 0, static_cast<size_t>(count) * sizeof(float));
}

// Turns the scores of one row into weights, up to a factor that later keys may still change. maximum and sum are those
// of the keys seen so far. Returns the factor by which what was added up from earlier keys must be corrected.
inline float weigh_row(float* scores, int64_t visible, float& maximum, float& sum) {
  const float tile_maximum = row_max(scores, visible);
  const float next = tile_maximum > maximum || tile_maximum != tile_maximum ? tile_maximum : maximum;
  if (next == -INFINITY) {
    row_clear(scores, visible);
    return 1;
  }
  const float correction = expf(maximum - next);
  sum = sum * correction + row_exp_sum(scores, scores, visible, next);
  maximum = next;
  return correction;
}

// All of one tile of queries.
inline void attend(const AttentionParams& p, const Keep& keep, const float* query, const float* key, const float* value,
                   const uint8_t* mask, const float* bias, float* out, float* log_sum_exp, int64_t head, int64_t first,
                   const AttentionWorkspace& w) {
  const int64_t rows = smaller(kQueryTile, p.query_time - first);
  const int64_t row = head * p.query_time + first;
  float* o = out + row * p.value_size;
  float maximum[kQueryTile], sum[kQueryTile];
  for (int64_t r = 0; r < rows; ++r) maximum[r] = -INFINITY, sum[r] = 0;
  const int64_t keys = visible_keys(p, first + rows);
  if (keys == 0) row_clear(o, rows * p.value_size);
  for (int64_t k = 0; k < keys; k += kKeyTile) {
    const ScoreTile tile{head, first, rows, k, smaller(kKeyTile, keys - k)};
    score_tile(p, query, key, tile, w);
    for (int64_t r = 0; r < rows; ++r) {
      float* scores = w.scores + r * kKeyTile;
      const int64_t visible = hide_scores(p, mask, bias, tile, r, scores);
      const float correction = weigh_row(scores, visible, maximum[r], sum[r]);
      if (p.dropout > 0) {
        keep_weights(p, keep, tile, r, visible, w.factors);
        row_multiply(scores, w.factors, visible);
      }
      row_clear(scores + visible, tile.keys - visible);
      if (k > 0 && correction != 1) row_scale(o + r * p.value_size, o + r * p.value_size, p.value_size, correction);
    }
    const float* v = value + (first_key(p, head) + k) * p.value_size;
    gemm_block({rows, p.value_size, tile.keys, matrix(w.scores, kKeyTile, false), matrix(v, p.value_size, false), o,
                p.value_size, 1, k > 0 ? 1.0f : 0.0f},
               w.product);
  }
  for (int64_t r = 0; r < rows; ++r) {
    const bool any_key = sum[r] != 0;
    row_scale(o + r * p.value_size, o + r * p.value_size, p.value_size, any_key ? 1 / sum[r] : 1);
    log_sum_exp[row + r] = any_key ? maximum[r] + logf(sum[r]) : INFINITY;
  }
}

inline void attention_f32(const float* query, const float* key, const float* value, const uint8_t* mask,
                          const float* bias, float* out, float* log_sum_exp, const AttentionParams& p) {
  const int64_t tiles = divide_up(p.query_time, kQueryTile), tasks = p.batch * p.heads * tiles;
  if (tasks == 0) return;
  const int64_t floats = AttentionWorkspace::floats(p, 1);
  const Scratch scratch(static_cast<size_t>(floats * thread_count()) * sizeof(float));
  const Keep keep(p.dropout, p.seed, p.offset);
  const int64_t work = 2 * kQueryTile * smaller(kKeyTile, p.key_time) * (p.head_size + p.value_size);
  parallel_for(tasks, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    const AttentionWorkspace workspace(scratch.floats() + worker * floats, 1);
    for (int64_t task = begin; task < end; ++task)
      attend(p, keep, query, key, value, mask, bias, out, log_sum_exp, task / tiles, task % tiles * kQueryTile,
             workspace);
  });
}
