// SPDX-License-Identifier: Apache-2.0
// The blocked matrix product. The products are summed over k in blocks; for each block the tiles of C are computed from
// panels, into which the operands are packed where that pays.

inline int64_t round_up(int64_t count, int64_t unit) { return divide_up(count, unit) * unit; }

// The depth of panels that hold so many terms, in steps of Format::kTerms each.
template <class Format>
inline int64_t depth_of(int64_t terms) {
  return round_up(divide_up(terms, Format::kTerms), Format::kDepthUnit);
}

// k in equal blocks of at most kDepthBlock steps: the steps of one.
template <class Format>
inline int64_t depth_of_block(int64_t k) {
  const int64_t steps = divide_up(k, Format::kTerms);
  return round_up(steps == 0 ? 1 : divide_up(steps, divide_up(steps, kDepthBlock)), Format::kDepthUnit);
}

// So many floats, rounded up to whole lines: a panel of B that starts within one would cost a second access per vector.
inline int64_t whole_lines(int64_t floats) { return round_up(floats, kLineFloats); }

// A part of a product: at most kChunk x kChunk of C and one block of k.
template <class Format>
struct Chunk {
  const Gemm& g;
  int64_t row, column, from;  // where it starts in C and k
  int64_t terms, depth;       // its length along k, in terms and in steps
  Panels row_panels, column_panels;
  float *packed_rows, *packed_columns;  // the panels of A, and those of B

  Chunk(const Gemm& g, int64_t row, int64_t column, int64_t from, int64_t terms, float* packed)
      : g(g),
        row(row),
        column(column),
        from(from),
        terms(smaller(terms, g.k - from)),
        depth(depth_of<Format>(this->terms)),
        row_panels(smaller(kChunk, g.m - row), 1, Format::kRows),
        column_panels(smaller(kChunk, g.n - column), kLanes, Format::kVectors),
        packed_rows(packed),
        packed_columns(g.kept_b == nullptr ? packed + whole_lines(row_panels.count * Format::kRows * depth)
                                           : g.kept_b + kept_before()) {}

  float* packed_a(int64_t panel) const { return packed_rows + panel * Format::kRows * depth; }
  // The panels of B that are kept lie side by side; others have the place of those that met the rows before them.
  float* packed_b(int64_t panel) const {
    const int64_t first = g.kept_b == nullptr ? panel / kBlockPanels * kBlockPanels : 0;
    return packed_columns + (column_panels.begin(panel) - column_panels.begin(first)) * depth;
  }

  // Floats of the panels of B that belong to the chunks before this one, by columns, then along k.
  int64_t kept_before() const {
    return column * depth_of<Format>(g.k) + round_up(column_panels.length, kLanes) * (from / Format::kTerms);
  }

  // The operands from the first row of a panel of A and the first column of one of B on, as they are in memory.
  View a_source(int64_t panel) const { return g.a.at(row + row_panels.begin(panel), from); }
  View b_source(int64_t panel) const { return g.b.at(from, column + column_panels.begin(panel)); }

  // Whether the microkernel reads them there instead of from a packed panel.
  bool a_in_place() const { return Format::a_in_place(g.a, column_panels.length); }
  bool b_in_place(int64_t width) const { return Format::b_in_place(g.b, row_panels.length, width); }

  // Packs the panels of A from `begin` on to `end`.
  void pack_rows(int64_t begin, int64_t end) const {
    for (int64_t i = begin; i < end && !a_in_place(); ++i)
      Format::pack_a(a_source(i), terms, row_panels.end(i) - row_panels.begin(i), packed_a(i));
  }

  // And those of B; the last one alone may need it.
  void pack_columns(int64_t begin, int64_t end) const {
    for (int64_t j = begin; j < end; ++j) {
      const int64_t width = column_panels.end(j) - column_panels.begin(j);
      if (!b_in_place(width)) Format::pack_b(b_source(j), terms, width, packed_b(j));
    }
  }

  // The product. Panels are packed when they are first needed: they are in the cache then. Measured against packing all
  // of them before, on cores with 2 MiB of L2 cache: 0.96 of the time at 512 x 768 x 3072 and 512 x 3072 x 768, 0.98 at
  // 512 x 512 x 512.
  void run() const {
    for_each_block(0, column_panels.count, [&](int64_t i, int64_t a_end, int64_t j, int64_t b_end) {
      if (i == 0 && g.kept_b == nullptr) pack_columns(j, b_end);
      if (j == 0) pack_rows(i, a_end);
      multiply_block(i, a_end, j, b_end);
    });
  }

  // The part of the product that the panels of B from `begin` on to `end` make, which are packed, as all of A are.
  void multiply(int64_t begin, int64_t end) const {
    for_each_block(begin, end,
                   [&](int64_t i, int64_t a_end, int64_t j, int64_t b_end) { multiply_block(i, a_end, j, b_end); });
  }

 private:
  static constexpr int64_t kBlockPanels = kBlockWidth / (Format::kVectors * kLanes);

  // Calls f(i, a_end, j, b_end) for blocks of kBlockRows panels of A x kBlockPanels of B, going down: neighbours share
  // theirs of B.
  template <class Function>
  void for_each_block(int64_t begin, int64_t end, const Function& f) const {
    [[maybe_unused]] const typename Format::Session session{};
    for (int64_t j = begin; j < end; j += kBlockPanels)
      for (int64_t i = 0; i < row_panels.count; i += kBlockRows)
        f(i, smaller(row_panels.count, i + kBlockRows), j, smaller(end, j + kBlockPanels));
  }

  void multiply_block(int64_t i, int64_t a_end, int64_t j, int64_t b_end) const {
    const int64_t together = depth <= kShallow ? kBlockRows : 1;
    for (int64_t a_panel = i, next; a_panel < a_end; a_panel = next) {
      next = smaller(a_end, a_panel + together);
      if (a_panel < row_panels.larger) next = smaller(next, row_panels.larger);  // all of the same height
      for (int64_t b_panel = j; b_panel < b_end; ++b_panel) multiply_panels(a_panel, next, b_panel);
    }
  }

  // The panels of A from `a_panel` on to `a_end`, all of the same height, times one of B.
  void multiply_panels(int64_t a_panel, int64_t a_end, int64_t b_panel) const {
    const int64_t i = row + row_panels.begin(a_panel), j = column + column_panels.begin(b_panel);
    const int64_t height = row + row_panels.end(a_panel) - i, width = column + column_panels.end(b_panel) - j;
    const View a = a_in_place() ? a_source(a_panel) : Format::packed_a(g.a, packed_a(a_panel), depth);
    const int64_t a_step = a_in_place() ? height * g.a.row : Format::kRows * depth;
    const View b = b_in_place(width) ? b_source(b_panel) : View{packed_b(b_panel), round_up(width, kLanes), 1};
    const float beta = from == 0 ? g.beta : 1.0f;
    const bool prefetch = g.m * g.n >= kPrefetchFloats;
    multiply_tile<Format>(
        height, {depth, a, b, g.alpha, beta, g.c + i * g.ldc + j, g.ldc, width, prefetch, a_end - a_panel, a_step});
    if (from + terms == g.k) finish_block(g, i, j, (a_end - a_panel) * height, width);
  }
};

// Calls f(chunk) for every chunk of the product, those of one part of C in the order of k.
template <class Format, class Function>
inline void for_each_chunk(const Gemm& g, float* workspace, const Function& f) {
  const int64_t terms = depth_of_block<Format>(g.k) * Format::kTerms;
  for (int64_t j = 0; j < g.n; j += kChunk)
    for (int64_t i = 0; i < g.m; i += kChunk)
      for (int64_t p = 0; p == 0 || p < g.k; p += terms) f(Chunk<Format>(g, i, j, p, terms, workspace));
}

// Floats that the packed operands take, and those of every product that is no larger in m, n and k: since blocks are
// equal, those of a smaller k may be deeper.
template <class Format>
inline int64_t panels_size(int64_t m, int64_t n, int64_t k) {
  const int64_t rows = round_up(smaller(m, kChunk), Format::kRows);
  const int64_t columns = round_up(smaller(n, kBlockWidth), kLanes);
  const int64_t depth = smaller(depth_of<Format>(k), kDepthBlock);
  return whole_lines(rows * depth) + columns * depth;
}

// Floats of all panels of B.
template <class Format>
inline int64_t kept_size(int64_t n, int64_t k) {
  return round_up(n, kLanes) * depth_of<Format>(k);
}

// Packs all of B into g.kept_b, for products with any number of rows.
template <class Format>
inline void keep_panels(const Gemm& g) {
  const int64_t terms = depth_of_block<Format>(g.k) * Format::kTerms;
  for (int64_t j = 0; j < g.n; j += kChunk)
    for (int64_t p = 0; p < g.k; p += terms) {
      const Chunk<Format> chunk(g, 0, j, p, terms, nullptr);
      parallel_for(chunk.column_panels.count, divide_up(kElementGrain, chunk.terms * Format::kVectors * kLanes),
                   [&](int64_t begin, int64_t end, int) { chunk.pack_columns(begin, end); });
    }
}
