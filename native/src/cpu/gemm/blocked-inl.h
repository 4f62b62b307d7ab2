// SPDX-License-Identifier: Apache-2.0
// The blocked matrix product. The products are summed over k in blocks; for each block the operands are packed into
// panels where that pays, then the tiles of C are computed from them, in tasks that any thread may take.

// k in equal blocks of at most kDepthBlock: the length of one.
inline int64_t depth_of_block(int64_t k) { return k == 0 ? 1 : divide_up(k, divide_up(k, kDepthBlock)); }

// Whether rows `stride` floats apart, a multiple of 4 KiB, compete for the same few lines of the L1 cache.
inline bool rows_collide(int64_t stride) { return stride % 1024 == 0; }

// A part of a product: at most kChunk x kChunk of C and one block of k.
struct Chunk {
  const Gemm& g;
  int64_t row, column, from;     // where it starts in C and k
  int64_t rows, columns, depth;  // its size
  float* packed;                 // the panels of A, then those of B

  int64_t row_panels() const { return divide_up(rows, kTileRows); }
  int64_t column_panels() const { return divide_up(columns, kTileColumns); }
  int64_t panels() const { return row_panels() + column_panels(); }
  float* a_panel(int64_t i) const { return packed + i * depth; }
  float* b_panel(int64_t j) const { return a_panel(row_panels() * kTileRows) + j * depth; }

  // The operands from row i of A and from column j of B on, as they are in memory.
  View a_source(int64_t i) const { return {g.a.data + (row + i) * g.a.row + from * g.a.column, g.a.row, g.a.column}; }
  View b_source(int64_t j) const {
    return {g.b.data + from * g.b.row + (column + j) * g.b.column, g.b.row, g.b.column};
  }

  // Whether the microkernel reads them there instead of from a packed panel.
  bool a_in_place() const { return g.a.column == 1 && !rows_collide(g.a.row); }
  bool b_in_place(int64_t width) const {
    return g.b.column == 1 && width % kLanes == 0 &&
           rows <= (rows_collide(g.b.row) ? kDirectCollidingRows : kDirectRows);
  }

  // The panels to pack, those of A being first. Of B, the last panel alone may need it, then all are listed.
  int64_t pack_begin() const { return a_in_place() ? row_panels() : 0; }
  int64_t pack_end() const { return b_in_place(columns) ? row_panels() : panels(); }

  void pack(int64_t begin, int64_t end) const {
    for (int64_t panel = begin; panel < end; ++panel) {
      if (panel < row_panels()) {
        const int64_t i = panel * kTileRows, height = smaller(kTileRows, rows - i);
        const View a = a_source(i);
        pack_panel<kTileRows>(a.data, a.column, a.row, depth, height, a_panel(i));
      } else {
        const int64_t j = (panel - row_panels()) * kTileColumns, width = smaller(kTileColumns, columns - j);
        const View b = b_source(j);
        if (!b_in_place(width)) pack_panel<kTileColumns>(b.data, b.row, b.column, depth, width, b_panel(j));
      }
    }
  }

  // A task is a rectangle of kTaskRows x kTaskColumns; neighbours share their panels of B.
  int64_t tasks() const { return divide_up(rows, kTaskRows) * divide_up(columns, kTaskColumns); }

  void multiply(int64_t begin, int64_t end) const {
    const int64_t tasks_below = divide_up(rows, kTaskRows);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t i = task % tasks_below * kTaskRows, j = task / tasks_below * kTaskColumns;
      multiply_task(i, smaller(rows, i + kTaskRows), j, smaller(columns, j + kTaskColumns));
    }
  }

  void multiply_task(int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end) const {
    for (int64_t i = row_begin; i < row_end; i += kTileRows)
      for (int64_t j = column_begin; j < column_end; j += kTileColumns) {
        const int64_t height = smaller(kTileRows, row_end - i), width = smaller(kTileColumns, column_end - j);
        const View a = a_in_place() ? a_source(i) : View{a_panel(i), 1, kTileRows};
        const View b = b_in_place(width) ? b_source(j) : View{b_panel(j), kTileColumns, 1};
        float* c = g.c + (row + i) * g.ldc + column + j;
        run_tile(height, {depth, a, b, g.alpha, from == 0 ? g.beta : 1.0f, c, g.ldc, width});
        if (from + depth == g.k) finish_block(g, row + i, column + j, height, width);
      }
  }
};

// Calls f(chunk) for every chunk of the product, those of one part of C in the order of k.
template <class Function>
inline void for_each_chunk(const Gemm& g, float* workspace, const Function& f) {
  const int64_t depth = depth_of_block(g.k);
  for (int64_t j = 0; j < g.n; j += kChunk)
    for (int64_t i = 0; i < g.m; i += kChunk)
      for (int64_t p = 0; p == 0 || p < g.k; p += depth)
        f(Chunk{g, i, j, p, smaller(kChunk, g.m - i), smaller(kChunk, g.n - j), smaller(depth, g.k - p), workspace});
}

// Floats that the packed operands take.
inline int64_t panels_size(int64_t m, int64_t n, int64_t k) {
  const int64_t rows = divide_up(smaller(m, kChunk), kTileRows) * kTileRows;
  const int64_t columns = divide_up(smaller(n, kChunk), kTileColumns) * kTileColumns;
  return (rows + columns) * depth_of_block(k);
}
