// SPDX-License-Identifier: Apache-2.0
// A tile of scores: where it is, what of it is seen, and what is done to its rows.

// The largest tiles. Two of them, as the backward pass needs, take 200 KiB and stay in the L2 cache.
constexpr int64_t kQueryTile = 64 / kTileRows * kTileRows;
constexpr int64_t kKeyTile = 384;                    // a multiple of kTileColumns on every target
constexpr int64_t kScoreStride = kKeyTile + kLanes;  // from row to row: their columns must not share few cache lines

// The length of the parts that `count` is cut into: as equal as multiples of `unit` allow, at most `most`, a multiple.
inline int64_t even_part(int64_t count, int64_t most, int64_t unit) {
  if (count == 0) return unit;
  return divide_up(divide_up(count, divide_up(count, most)), unit) * unit;
}

// RightRows [query, query + rows) and columns [key, key + keys) of one head.
struct ScoreTile {
  bool causal;
  int64_t head;  // counted through the batch
  int64_t query, rows;
  int64_t key, keys;

  int64_t longer_side() const { return rows > keys ? rows : keys; }
  // How many keys of the tile are not beyond the query.
  int64_t keys_of_row(int64_t row) const {
    if (!causal) return keys;
    const int64_t seen = query + row + 1 - key;
    return seen < 0 ? 0 : smaller(seen, keys);
  }
  // The same for the last of the rows that one call of the microkernel takes.
  int64_t keys_of_panel(int64_t row) const { return keys_of_row(smaller(row + kTileRows, rows) - 1); }
  // The first row that sees the key; the rows before it hold 0.
  int64_t first_query_of_key(int64_t k) const {
    if (!causal || key + k <= query) return 0;
    return smaller(key + k - query, rows);
  }
};

// Keys that are worth looking at for the queries before `query_end`.
inline int64_t visible_keys(const AttentionParams& p, int64_t query_end) {
  return p.causal != 0 && query_end < p.key_time ? query_end : p.key_time;
}

// Calls f(tile) for the tiles of keys that the queries [query, query + rows) of a head see.
template <class Function>
inline void for_key_tiles(const AttentionParams& p, int64_t head, int64_t query, int64_t rows, const Function& f) {
  const int64_t keys = visible_keys(p, query + rows), part = even_part(keys, kKeyTile, kTileColumns);
  for (int64_t key = 0; key < keys; key += part)
    f(ScoreTile{p.causal != 0, head, query, rows, key, smaller(part, keys - key)});
}

// The queries of one tile.
inline int64_t query_part(const AttentionParams& p) { return even_part(p.query_time, kQueryTile, kTileRows); }

// What all kernels read.
struct AttentionInputs {
  const float *query, *key, *value;
  const uint8_t* mask;
  const float* bias;
};

// Where mask or bias say something of the first key of a tile's row.
inline int64_t tile_offset(const AttentionParams& p, const Dims& strides, const ScoreTile& tile, int64_t row) {
  const int64_t* s = strides.size;
  return tile.head / p.heads * s[0] + tile.head % p.heads * s[1] + (tile.query + row) * s[2] + tile.key * s[3];
}

// scores[k] += bias[k * stride], for a stride of 0 or 1.
inline void add_bias(const float* bias, int64_t stride, int64_t count, float* scores) {
  for_vectors(0, count, [=](int64_t k, int lanes) {
    const F32 added = stride == 0 ? splat(*bias) : load_lanes(bias + k, lanes);
    store_lanes(scores + k, add(load_lanes(scores + k, lanes), added), lanes);
  });
}

// scores[k] = -Inf where the key is not allowed.
inline void hide(const uint8_t* allowed, int64_t count, float* scores) {
  for_vectors(0, count, [=](int64_t k, int lanes) {
    const Mask hidden = eq(load_lanes(allowed + k, lanes), splat_i32(0));
    store_lanes(scores + k, select(hidden, splat(-INFINITY), load_lanes(scores + k, lanes)), lanes);
  });
}

// Adds the bias to the scores of one row and sets those that the mask hides to -Inf; returns how many keys of the tile
// may be seen: the scores behind them mean nothing.
inline int64_t finish_scores(const AttentionParams& p, const AttentionInputs& in, const ScoreTile& tile, int64_t row,
                             float* scores) {
  const int64_t seen = tile.keys_of_row(row);
  if (p.bias_strides.rank != 0)
    add_bias(in.bias + tile_offset(p, p.bias_strides, tile, row), p.bias_strides.size[3], seen, scores);
  if (p.mask_strides.rank == 0) return seen;
  const uint8_t* allowed = in.mask + tile_offset(p, p.mask_strides, tile, row);
  if (p.mask_strides.size[3] == 0) return *allowed != 0 ? seen : 0;
  hide(allowed, seen, scores);
  return seen;
}

// What dropout keeps of the first `count` weights of a row.
inline void keep_weights(const AttentionParams& p, const Keep& keep, const ScoreTile& tile, int64_t row, int64_t count,
                         float* factors) {
  keep_factors(keep, (tile.head * p.query_time + tile.query + row) * p.key_time + tile.key, count, factors);
}

inline void row_clear(float* x, int64_t count) {
  if (count > 0) memset(x, 0, static_cast<size_t>(count) * sizeof(float));
}

// A head of key and value: as much of it as some query sees.
struct KeyHead {
  KeyHead(const AttentionParams& p, const AttentionInputs& in, int64_t head)
      : time(visible_keys(p, p.query_time)),
        key(in.key + head * p.key_time * p.head_size),
        value(in.value + head * p.key_time * p.value_size) {}
  int64_t time;
  const float *key, *value;
};

// A thread's memory, handed out piece by piece.
struct Pieces {
  float* next;
  float* take(int64_t floats) {
    float* piece = next;
    next += floats;
    return piece;
  }
};
