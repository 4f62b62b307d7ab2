// SPDX-License-Identifier: Apache-2.0
// Attention, a tile of queries against a tile of keys at a time: the scores of a tile stay in the L2 cache, and the
// softmax is corrected as larger scores appear (Dao et al. 2022, https://arxiv.org/abs/2205.14135).

// x[i] *= y[i].
inline void row_multiply(float* x, const float* y, int64_t count) {
  for_vectors(0, count, [=](int64_t i, int lanes) {
    store_lanes(x + i, mul(load_lanes(x + i, lanes), load_lanes(y + i, lanes)), lanes);
  });
}

// The softmax of a row whose keys come tile by tile.
struct RunningSoftmax {
  float maximum = -INFINITY, sum = 0;  // of the keys so far

  // Turns the next scores into weights, up to a factor that later keys may still change. Returns the factor by which
  // what was added up from earlier keys must be corrected.
  float weigh(float* scores, int64_t count) {
    const float next = larger(row_max(scores, count), maximum);
    if (next == -INFINITY) {
      row_clear(scores, count);
      return 1;
    }
    const float correction = expf(maximum - next);
    sum = sum * correction + row_exp_sum(scores, scores, count, next);
    maximum = next;
    return correction;
  }
  bool any_key() const { return sum != 0; }
  float factor() const { return any_key() ? 1 / sum : 1; }
  float log_sum_exp() const { return any_key() ? maximum + logf(sum) : INFINITY; }

 private:
  static float larger(float a, float b) { return a > b || a != a ? a : b; }
};

// What a thread needs for the tiles of queries of a head of key and value.
struct AttentionWorkspace {
  static int64_t floats(const AttentionParams& p, const AttentionInputs& in) {
    const int64_t time = KeyHead::time(p);
    return (kQueryTile + 1) * kScoreStride + RightRows::floats(time, p.value_size, in.value.row) +
           RightColumns::floats(time, p.head_size);
  }
  AttentionWorkspace(const AttentionParams& p, const KeyHead& head, Pieces memory)
      : scores(memory.take(kQueryTile * kScoreStride)),
        factors(memory.take(kScoreStride)),
        values(head.value, memory.take(RightRows::floats(head.value.time, p.value_size, head.value.stride))),
        keys(head.key, p.query_time <= kThinRows ? nullptr : memory.next) {}
  float* scores;   // [kQueryTile, kScoreStride]
  float* factors;  // [kScoreStride]: what dropout keeps of a row
  RightRows values;
  RightColumns keys;
};

// All of one tile of queries.
inline void attend(const AttentionParams& p, const AttentionInputs& in, const Keep& keep, const AttentionWorkspace& w,
                   int64_t head, int64_t query, const HeadsOf<float>& out, float* log_sum_exp) {
  const int64_t rows = smaller(query_part(p), p.query_time - query), size = p.value_size;
  const HeadRows queries(in.query, head, query, rows, p.head_size);
  float* o = out.at(head, query);
  RunningSoftmax softmax[kQueryTile];
  if (visible_keys(p, query + rows) == 0)
    for (int64_t r = 0; r < rows; ++r) row_clear(o + r * out.row, size);
  for_key_tiles(p, head, query, rows, [&](const ScoreTile& tile) {
    w.keys.multiply(tile, queries, p.scale, w.scores);
    for (int64_t r = 0; r < rows; ++r) {
      float* scores = w.scores + r * kScoreStride;
      const int64_t seen = finish_scores(p, in, tile, r, scores);
      const float correction = softmax[r].weigh(scores, seen);
      if (p.dropout > 0) {
        keep_weights(p, keep, tile, r, seen, w.factors);
        row_multiply(scores, w.factors, seen);
      }
      row_clear(scores + seen, tile.keys - seen);
      if (tile.key > 0 && correction != 1) row_scale(o + r * out.row, o + r * out.row, size, correction);
    }
    w.values.combine(tile, w.scores, tile.key > 0 ? 1.0f : 0.0f, o, out.row);
  });
  for (int64_t r = 0; r < rows; ++r) {
    row_scale(o + r * out.row, o + r * out.row, size, softmax[r].factor());
    log_sum_exp[head * p.query_time + query + r] = softmax[r].log_sum_exp();
  }
}

// Calls f(workspace, head, first query) for all tiles of queries, on all threads; a thread makes one workspace for the
// tiles of the same head of key and value that it meets one after the other.
template <class Workspace, class Inputs, class Function>
inline void for_query_tiles(const AttentionParams& p, const Inputs& in, const Function& f) {
  const int64_t part = query_part(p), tiles = divide_up(p.query_time, part), tasks = p.batch * p.heads * tiles;
  if (tasks == 0) return;
  const int64_t per_key_head = p.heads / p.key_heads * tiles, floats = Workspace::floats(p, in);
  const Scratch scratch(static_cast<size_t>(floats * thread_count()) * sizeof(float));
  const int64_t work = 2 * part * smaller(kKeyTile, p.key_time) * (p.head_size + p.value_size);
  parallel_for(tasks, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    for (int64_t task = begin; task < end;) {
      const int64_t key_head = task / per_key_head, last = smaller(end, (key_head + 1) * per_key_head);
      const Workspace workspace(p, KeyHead(p, in, key_head), {scratch.floats() + worker * floats});
      for (; task < last; ++task) f(workspace, task / tiles, task % tiles * part);
    }
  });
}

inline void attend_all(const AttentionParams& p, const AttentionInputs& in, const HeadsOf<float>& out,
                       float* log_sum_exp) {
  const Keep keep(p.dropout, p.seed, p.offset);
  for_query_tiles<AttentionWorkspace>(p, in, [&](const AttentionWorkspace& w, int64_t head, int64_t first) {
    attend(p, in, keep, w, head, first, out, log_sum_exp);
  });
}

inline void attention_f32(const float* query, const float* key, const float* value, const uint8_t* mask,
                          const float* bias, float* out, float* log_sum_exp, const AttentionParams& p) {
  attend_all(p, inputs_apart(query, key, value, mask, bias, p), heads_apart(out, p.heads, p.query_time, p.value_size),
             log_sum_exp);
}

inline void self_attention_f32(const float* in, const uint8_t* mask, float* out, float* log_sum_exp,
                               const SelfAttentionParams& p) {
  attend_all(p.apart(), inputs_together(in, mask, p), heads_together(out, p.heads, p.time, p.head_size, 1, 0),
             log_sum_exp);
}
