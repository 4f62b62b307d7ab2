// SPDX-License-Identifier: Apache-2.0
// The products of attention. All tiles of queries of a head meet the same keys and values: what the microkernel needs
// of them is prepared once for the head. The loops over the tiles of a product leave out what causality hides.

// The rows of [time, size] as the columns of a right-hand operand: for left . rows^T.
class RightColumns {
 public:
  static int64_t floats(int64_t time, int64_t size) { return divide_up(time, kTileColumns) * kTileColumns * size; }

  // `panels` has floats(time, size), or is absent: then the rows are read where they are, which pays for a few rows on
  // the left.
  RightColumns(const float* rows, int64_t time, int64_t size, float* panels)
      : rows_(rows), panels_(panels), size_(size) {
    if (panels == nullptr) return;
    for (int64_t j = 0; j < time; j += kTileColumns)
      pack_panel<kTileColumns>(rows + j * size, 1, size, size, smaller(kTileColumns, time - j), panels + j * size);
  }

  // Scores of a tile: c[i, j] = alpha * left[i] . rows[tile.key + j]; left is [tile.rows, size] and contiguous. What no
  // query of a row panel sees is left as it is.
  void multiply(const ScoreTile& tile, const float* left, float alpha, float* c) const {
    if (panels_ == nullptr) {
      const View a = matrix(left, size_, false), b = matrix(rows_ + tile.key * size_, size_, true);
      return thin_product({tile.rows, tile.keys, size_, a, b, c, kScoreStride, alpha}, 0, tile.longer_side());
    }
    for (int64_t j = 0; j < tile.keys; j += kTileColumns)
      for (int64_t i = 0; i < tile.rows; i += kTileRows) {
        const int64_t width = smaller(kTileColumns, tile.keys_of_panel(i) - j);
        if (width <= 0) continue;
        const View a{left + i * size_, size_, 1}, b{panels_ + (tile.key + j) * size_, kTileColumns, 1};
        float* to = c + i * kScoreStride + j;
        run_tile(smaller(kTileRows, tile.rows - i), {size_, a, b, alpha, 0, to, kScoreStride, width});
      }
  }

 private:
  const float* rows_;
  float* panels_;
  int64_t size_;
};

// The rows of [time, size] as the rows of a right-hand operand, of which the microkernel reads whole vectors: where
// they are if that does not read beyond them and they do not compete for the same cache lines, else a copy.
class RightRows {
 public:
  static int64_t floats(int64_t time, int64_t size) { return in_place(size) ? 0 : time * own_stride(padded(size)); }

  RightRows(const float* rows, int64_t time, int64_t size, float* copy)
      : rows_(rows), size_(size), stride_(size), width_(even_part(size, kTileColumns, kLanes)) {
    if (in_place(size)) return;
    rows_ = copy, stride_ = own_stride(padded(size));
    for (int64_t i = 0; i < time; ++i)
      memcpy(copy + i * stride_, rows + i * size, static_cast<size_t>(size) * sizeof(float));
  }

  // out[i] = beta * out[i] + sum over k of weights[i, k] * rows[tile.key + k]; out is [tile.rows, size].
  void combine(const ScoreTile& tile, const float* weights, float beta, float* out) const {
    for (int64_t i = 0; i < tile.rows; i += kTileRows)
      multiply(smaller(kTileRows, tile.rows - i), tile.keys_of_panel(i), {weights + i * kScoreStride, kScoreStride, 1},
               tile.key, beta, out + i * size_);
  }

  // out[k] += sum over i of weights[i, k] * rows[i], the rows being those of the tile's queries; out is [tile.keys,
  // size].
  void combine_transposed(const ScoreTile& tile, const float* weights, float* out) const {
    for (int64_t k = 0; k < tile.keys; k += kTileRows) {
      const int64_t first = tile.first_query_of_key(k);
      multiply(smaller(kTileRows, tile.keys - k), tile.rows - first,
               {weights + first * kScoreStride + k, 1, kScoreStride}, first, 1, out + k * size_);
    }
  }

 private:
  static int64_t padded(int64_t size) { return divide_up(size, kLanes) * kLanes; }
  static bool in_place(int64_t size) { return size % kLanes == 0 && !rows_collide(size); }

  // out = left . rows[first, first + depth) + beta * out for a panel of `count` rows of out.
  void multiply(int64_t count, int64_t depth, const View& left, int64_t first, float beta, float* out) const {
    for (int64_t j = 0; j < size_; j += width_) {
      const View right{rows_ + first * stride_ + j, stride_, 1};
      run_tile(count, {depth, left, right, 1, beta, out + j, size_, smaller(width_, size_ - j)});
    }
  }

  const float* rows_;
  int64_t size_;
  int64_t stride_;
  int64_t width_;  // of the panels: equal ones, since a narrow one would make the microkernel wait for its own sums
};
