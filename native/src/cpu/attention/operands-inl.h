// SPDX-License-Identifier: Apache-2.0
// The products of attention. All tiles of queries of a head meet the same keys and values: what the microkernel needs
// of them is prepared once for the head. The loops over the tiles of a product leave out what causality hides.

// The first `time` rows of a head.
struct HeadRows {
  const float* data;
  int64_t time, size, stride;  // from row to row

  HeadRows(const HeadsOf<const float>& all, int64_t head, int64_t from, int64_t time, int64_t size)
      : data(all.at(head, from)), time(time), size(size), stride(all.row) {}
  const float* row(int64_t i) const { return data + i * stride; }
};

// The rows of a head as the columns of a right-hand operand: for left . rows^T.
class RightColumns {
 public:
  static int64_t floats(int64_t time, int64_t size) { return divide_up(time, kTileColumns) * kTileColumns * size; }

  // `panels` has floats(time, size), or is absent: then the rows are read where they are, which pays for a few rows on
  // the left.
  RightColumns(const HeadRows& rows, float* panels) : rows_(rows), panels_(panels) {
    if (panels == nullptr) return;
    for (int64_t j = 0; j < rows.time; j += kTileColumns)
      pack_panel<kTileColumns>(rows.row(j), 1, rows.stride, rows.size, smaller(kTileColumns, rows.time - j),
                               panels + j * rows.size);
  }

  // Scores of a tile: c[i, j] = alpha * left[i] . rows[tile.key + j] for the tile's rows on the left. What no query of
  // a row panel sees is left as it is.
  void multiply(const ScoreTile& tile, const HeadRows& left, float alpha, float* c) const {
    const int64_t size = rows_.size;
    if (panels_ == nullptr) {
      const View a = matrix(left.data, left.stride, false), b = matrix(rows_.row(tile.key), rows_.stride, true);
      return thin_product({tile.rows, tile.keys, size, a, b, c, kScoreStride, alpha}, 0, tile.longer_side());
    }
    for (int64_t j = 0; j < tile.keys; j += kTileColumns)
      for (int64_t i = 0; i < tile.rows; i += kTileRows) {
        const int64_t width = smaller(kTileColumns, tile.keys_of_panel(i) - j);
        if (width <= 0) continue;
        const View a{left.row(i), left.stride, 1}, b{panels_ + (tile.key + j) * size, kTileColumns, 1};
        float* to = c + i * kScoreStride + j;
        run_tile(smaller(kTileRows, tile.rows - i), {size, a, b, alpha, 0, to, kScoreStride, width});
      }
  }

 private:
  HeadRows rows_;
  float* panels_;
};

// The rows of a head as the rows of a right-hand operand, of which the microkernel reads whole vectors: where they are
// if they lie close together, that does not read beyond them, and they do not compete for the same cache lines; else a
// copy.
class RightRows {
 public:
  // Of the copy, for rows that are `stride` floats apart.
  static int64_t floats(int64_t time, int64_t size, int64_t stride) {
    return in_place(size, stride) ? 0 : time * own_stride(padded(size));
  }

  RightRows(const HeadRows& rows, float* copy) : rows_(rows), width_(even_part(rows.size, kTileColumns, kLanes)) {
    if (in_place(rows.size, rows.stride)) return;
    rows_.data = copy, rows_.stride = own_stride(padded(rows.size));
    for (int64_t i = 0; i < rows.time; ++i)
      memcpy(copy + i * rows_.stride, rows.row(i), static_cast<size_t>(rows.size) * sizeof(float));
  }

  // Where the rows are now.
  const HeadRows& rows() const { return rows_; }

  // out[i] = beta * out[i] + sum over k of weights[i, k] * rows[tile.key + k] for the tile's rows, which are out_stride
  // apart in out.
  void combine(const ScoreTile& tile, const float* weights, float beta, float* out, int64_t out_stride) const {
    for (int64_t i = 0; i < tile.rows; i += kTileRows)
      multiply(smaller(kTileRows, tile.rows - i), tile.keys_of_panel(i), {weights + i * kScoreStride, kScoreStride, 1},
               tile.key, beta, out + i * out_stride, out_stride);
  }

  // out[k] += sum over i of weights[i, k] * rows[i] for the tile's keys, the rows being those of its queries.
  void combine_transposed(const ScoreTile& tile, const float* weights, float* out, int64_t out_stride) const {
    for (int64_t k = 0; k < tile.keys; k += kTileRows) {
      const int64_t first = tile.first_query_of_key(k);
      multiply(smaller(kTileRows, tile.keys - k), tile.rows - first,
               {weights + first * kScoreStride + k, 1, kScoreStride}, first, 1, out + k * out_stride, out_stride);
    }
  }

 private:
  static int64_t padded(int64_t size) { return divide_up(size, kLanes) * kLanes; }
  static bool in_place(int64_t size, int64_t stride) {
    return stride == size && size % kLanes == 0 && !rows_collide(stride);
  }

  // out = left . rows[first, first + depth) + beta * out for a panel of `count` rows of out.
  void multiply(int64_t count, int64_t depth, const View& left, int64_t first, float beta, float* out,
                int64_t out_stride) const {
    for (int64_t j = 0; j < rows_.size; j += width_) {
      const View right{rows_.row(first) + j, rows_.stride, 1};
      run_tile(count, {depth, left, right, 1, beta, out + j, out_stride, smaller(width_, rows_.size - j)});
    }
  }

  HeadRows rows_;
  int64_t width_;  // of the panels: equal ones, since a narrow one would make the microkernel wait for its own sums
};

// The keys and the values that some query sees, of a head of key and value.
struct KeyHead {
  static int64_t time(const AttentionParams& p) { return visible_keys(p, p.query_time); }
  KeyHead(const AttentionParams& p, const AttentionInputs& in, int64_t head)
      : key(in.key, head, 0, time(p), p.head_size), value(in.value, head, 0, time(p), p.value_size) {}
  HeadRows key, value;
};
