// SPDX-License-Identifier: Apache-2.0
// The blocked matrix product. The products are summed over k in blocks; for each block the operands are packed into
// panels where that pays, then the tiles of C are computed from them.

// k in equal blocks of at most kDepthBlock: the length of one.
inline int64_t depth_of_block(int64_t k) { return k == 0 ? 1 : divide_up(k, divide_up(k, kDepthBlock)); }

// Whether rows `stride` floats apart, a multiple of 4 KiB, compete for the same few lines of the L1 cache.
inline bool rows_collide(int64_t stride) { return stride % 1024 == 0; }

// So many floats, rounded up to whole lines: a panel of B that starts within one would cost a second access per vector.
inline int64_t whole_lines(int64_t floats) { return divide_up(floats, kLineFloats) * kLineFloats; }

// A part of a product: at most kChunk x kChunk of C and one block of k.
struct Chunk {
  const Gemm& g;
  int64_t row, column, from;  // where it starts in C and k
  int64_t depth;              // its length along k
  Panels row_panels, column_panels;
  float* packed;  // the panels of A, then those of B

  Chunk(const Gemm& g, int64_t row, int64_t column, int64_t from, int64_t depth, float* packed)
      : g(g),
        row(row),
        column(column),
        from(from),
        depth(smaller(depth, g.k - from)),
        row_panels(smaller(kChunk, g.m - row), 1, kTileRows),
        column_panels(smaller(kChunk, g.n - column), kLanes, kTileVectors),
        packed(packed) {}

  float* packed_a(int64_t panel) const { return packed + panel * kTileRows * depth; }
  float* packed_b(int64_t panel) const {
    return packed + whole_lines(row_panels.count * kTileRows * depth) + column_panels.begin(panel) * depth;
  }

  // The operands from the first row of a panel of A and the first column of one of B on, as they are in memory.
  View a_source(int64_t panel) const {
    return {g.a.data + (row + row_panels.begin(panel)) * g.a.row + from * g.a.column, g.a.row, g.a.column};
  }
  View b_source(int64_t panel) const {
    return {g.b.data + from * g.b.row + (column + column_panels.begin(panel)) * g.b.column, g.b.row, g.b.column};
  }

  // Whether the microkernel reads them there instead of from a packed panel.
  bool a_in_place() const {
    return g.a.column == 1 ? !rows_collide(g.a.row)
                           : column_panels.length <= (rows_collide(g.a.column) ? kDirectCollidingRows : kDirectRows);
  }
  bool b_in_place(int64_t width) const {
    return g.b.column == 1 && width % kLanes == 0 &&
           row_panels.length <= (rows_collide(g.b.row) ? kDirectCollidingRows : kDirectRows);
  }

  // The panels to pack, those of A being first. Of B, the last panel alone may need it, then all are listed.
  int64_t pack_begin() const { return a_in_place() ? row_panels.count : 0; }
  int64_t pack_end() const { return row_panels.count + (b_in_place(column_panels.length) ? 0 : column_panels.count); }

  void pack(int64_t begin, int64_t end) const {
    for (int64_t panel = begin; panel < end; ++panel) {
      if (panel < row_panels.count) {
        const View a = a_source(panel);
        pack_panel<kTileRows>(a.data, a.column, a.row, depth, row_panels.end(panel) - row_panels.begin(panel),
                              packed_a(panel));
      } else {
        const int64_t j = panel - row_panels.count, width = column_panels.end(j) - column_panels.begin(j);
        const View b = b_source(j);
        if (!b_in_place(width)) pack_vectors(b.data, b.row, b.column, depth, width, packed_b(j));
      }
    }
  }

  // In blocks of kBlockColumns x kBlockRows panels, going down: neighbours share their panels of B.
  void multiply() const {
    for (int64_t j = 0; j < column_panels.count; j += kBlockColumns)
      for (int64_t i = 0; i < row_panels.count; i += kBlockRows) {
        const int64_t a_end = smaller(row_panels.count, i + kBlockRows);
        const int64_t b_end = smaller(column_panels.count, j + kBlockColumns);
        for (int64_t a_panel = i; a_panel < a_end; ++a_panel)
          for (int64_t b_panel = j; b_panel < b_end; ++b_panel) multiply_panels(a_panel, b_panel);
      }
  }

  void multiply_panels(int64_t a_panel, int64_t b_panel) const {
    const int64_t i = row + row_panels.begin(a_panel), j = column + column_panels.begin(b_panel);
    const int64_t height = row + row_panels.end(a_panel) - i, width = column + column_panels.end(b_panel) - j;
    const View a = a_in_place() ? a_source(a_panel) : View{packed_a(a_panel), 1, kTileRows};
    const View b =
        b_in_place(width) ? b_source(b_panel) : View{packed_b(b_panel), divide_up(width, kLanes) * kLanes, 1};
    const float beta = from == 0 ? g.beta : 1.0f;
    run_tile(height, {depth, a, b, g.alpha, beta, g.c + i * g.ldc + j, g.ldc, width, g.m * g.n >= kPrefetchFloats});
    if (from + depth == g.k) finish_block(g, i, j, height, width);
  }
};

// Calls f(chunk) for every chunk of the product, those of one part of C in the order of k.
template <class Function>
inline void for_each_chunk(const Gemm& g, float* workspace, const Function& f) {
  const int64_t depth = depth_of_block(g.k);
  for (int64_t j = 0; j < g.n; j += kChunk)
    for (int64_t i = 0; i < g.m; i += kChunk)
      for (int64_t p = 0; p == 0 || p < g.k; p += depth) f(Chunk(g, i, j, p, depth, workspace));
}

// Floats that the packed operands take, and those of every product that is no larger in m, n and k: since blocks are
// equal, those of a smaller k may be deeper.
inline int64_t panels_size(int64_t m, int64_t n, int64_t k) {
  const int64_t rows = divide_up(smaller(m, kChunk), kTileRows) * kTileRows;
  const int64_t columns = divide_up(smaller(n, kChunk), kLanes) * kLanes;
  const int64_t depth = smaller(k, kDepthBlock);
  return whole_lines(rows * depth) + columns * depth;
}
