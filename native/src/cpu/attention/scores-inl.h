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

// The rows of all heads of a tensor, wherever they are: elements of a row are adjacent, rows of a head `row` elements
// apart.
template <class T>
struct HeadsOf {
  T* data;
  int64_t heads;             // of a batch entry
  int64_t batch, head, row;  // strides

  // A row of a head that is counted through the batch.
  T* at(int64_t number, int64_t time) const {
    return data + number / heads * batch + number % heads * head + time * row;
  }
};

// [batch, heads, time, size]
template <class T>
inline HeadsOf<T> heads_apart(T* data, int64_t heads, int64_t time, int64_t size) {
  return {data, heads, heads * time * size, time * size, size};
}

// Part `part` of [batch, time, parts, heads, size]
template <class T>
inline HeadsOf<T> heads_together(T* data, int64_t heads, int64_t time, int64_t size, int64_t parts, int64_t part) {
  const int64_t features = heads * size;
  return {data + part * features, heads, time * parts * features, size, parts * features};
}

// What all kernels read.
struct AttentionInputs {
  HeadsOf<const float> query, key, value;
  const uint8_t* mask;
  const float* bias;
};
inline AttentionInputs inputs_apart(const float* query, const float* key, const float* value, const uint8_t* mask,
                                    const float* bias, const AttentionParams& p) {
  return {heads_apart(query, p.heads, p.query_time, p.head_size),
          heads_apart(key, p.key_heads, p.key_time, p.head_size),
          heads_apart(value, p.key_heads, p.key_time, p.value_size), mask, bias};
}
inline AttentionInputs inputs_together(const float* in, const uint8_t* mask, const SelfAttentionParams& p) {
  const auto part = [&](int64_t number) { return heads_together(in, p.heads, p.time, p.head_size, 3, number); };
  return {part(0), part(1), part(2), mask, nullptr};
}

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

// A thread's memory, handed out piece by piece.
struct Pieces {
  float* next;
  float* take(int64_t floats) {
    float* piece = next;
    next += floats;
    return piece;
  }
};
