// SPDX-License-Identifier: Apache-2.0
// The matrix product for kernels: on one thread, on all threads, or many products side by side.
//
// k == 0 gives activation(beta * C + bias); m == 0 or n == 0 does nothing; beta == 0 does not read C. No product is
// skipped: 0 * NaN is NaN. C may overlap no operand. Every element of C sums its products in an order that depends only
// on the sizes and strides, so the result does not depend on the number of threads.

// Floats of working memory that a product on one thread takes.
template <class Format = Float32>
inline int64_t gemm_workspace(int64_t m, int64_t n, int64_t k) {
  return panels_size<Format>(m, n, k);
}

template <class Format>
inline void blocked_product(const Gemm& g, float* workspace) {
  for_each_chunk<Format>(g, workspace, [](const Chunk<Format>& chunk) { chunk.run(); });
}

// The product on the calling thread; `workspace` has gemm_workspace(m, n, k) floats.
template <class Format = Float32>
inline void gemm_block(const Gemm& g, float* workspace) {
  if (Format::kThin && is_thin(g)) return thin_product(g, 0, g.m > g.n ? g.m : g.n);
  if (Format::kThin && is_thin_in_rows(g)) return thin_rows_product(g);
  blocked_product<Format>(g, workspace);
}

// C cut into rows x columns parts of nearly equal size, one for each thread. Each is a product of its own, which packs
// what it reads: panels that another core packed come from that core's cache, which costs more than packing again.
// Measured for two cores, GFLOP/s with shared and with own panels: 265 and 377 at 512 x 512 x 512, 275 and 360 at
// 1024 x 1024 x 1024.
struct Grid {
  Panels rows, columns;

  Grid(const Gemm& g, int64_t height, int64_t across_rows, int64_t across_columns)
      : rows(Panels::equal(g.m, height, across_rows)), columns(Panels::equal(g.n, kLanes, across_columns)) {}

  int64_t count() const { return rows.count * columns.count; }
  int64_t height() const { return rows.end(0); }  // of the largest part
  int64_t width() const { return columns.end(0); }

  Gemm part(const Gemm& g, int64_t i) const {
    const int64_t row = i / columns.count, column = i % columns.count;
    return part_of(g, rows.begin(row), columns.begin(column), rows.end(row), columns.end(column));
  }
};

// Of all grids of so many parts, which are multiples of a panel's height high, the one whose largest part is smallest,
// and of those the one that reads least.
inline Grid grid_of(const Gemm& g, int64_t height, int64_t parts) {
  Grid best(g, height, parts, 1);
  for (int64_t across_rows = parts - 1; across_rows >= 1; --across_rows) {
    if (parts % across_rows != 0) continue;
    const Grid grid(g, height, across_rows, parts / across_rows);
    const int64_t work = grid.height() * grid.width(), least = best.height() * best.width();
    if (work < least || (work == least && grid.height() + grid.width() < best.height() + best.width())) best = grid;
  }
  return best;
}

// The product on all threads where the panels of B are packed already: they are shared out as they are.
template <class Format>
inline void kept_product(const Gemm& g) {
  const Scratch scratch(static_cast<size_t>(gemm_workspace<Format>(g.m, 0, g.k)) * sizeof(float));
  for_each_chunk<Format>(g, scratch.floats(), [](const Chunk<Format>& chunk) {
    chunk.pack_rows(0, chunk.row_panels.count);
    parallel_for(chunk.column_panels.count,
                 divide_up(kParallelWork, 2 * chunk.row_panels.length * Format::kVectors * kLanes * chunk.terms),
                 [&](int64_t begin, int64_t end, int) { chunk.multiply(begin, end); });
  });
}

// The product on all threads.
template <class Format = Float32>
inline void gemm_parallel(const Gemm& g) {
  if (g.m == 0 || g.n == 0) return;
  if (g.kept_b != nullptr) return kept_product<Format>(g);
  if (Format::kThin && is_thin(g)) {
    const int64_t few = smaller(g.m, g.n), many = g.m > g.n ? g.m : g.n;
    parallel_for(many, divide_up(kElementGrain, few * g.k + 1),
                 [&](int64_t begin, int64_t end, int) { thin_product(g, begin, end); });
    return;
  }
  if (Format::kThin && is_thin_in_rows(g)) return thin_rows_parallel(g);
  const int64_t worth = 2 * g.m * g.n * g.k / kParallelWork, threads = thread_count();
  const Grid grid = grid_of(g, Format::kRows, worth < 1 ? 1 : smaller(worth, threads));
  const int64_t workspace = gemm_workspace<Format>(grid.height(), grid.width(), g.k);
  // Any thread may take a part, also where there are fewer parts than threads.
  const Scratch scratch(static_cast<size_t>((grid.count() > 1 ? threads : 1) * workspace) * sizeof(float));
  parallel_for(grid.count(), 1, [&](int64_t begin, int64_t end, int worker) {
    for (int64_t i = begin; i < end; ++i)
      blocked_product<Format>(grid.part(g, i), scratch.floats() + worker * workspace);
  });
}

// The products product(0) .. product(batch - 1), all of the same m, n and k: many at once, each on one thread, or one
// after the other on all threads. `is_kept`: they have their panels of B.
template <class Format = Float32, class Product>
inline void gemm_batch(int64_t batch, int64_t m, int64_t n, int64_t k, const Product& product, bool is_kept = false) {
  if (batch == 0 || m == 0 || n == 0) return;
  const int64_t threads = thread_count(), work = 2 * m * n * k + 1;
  if (batch < threads && work >= kParallelWork) {
    for (int64_t i = 0; i < batch; ++i) gemm_parallel<Format>(product(i));
    return;
  }
  const int64_t workspace = gemm_workspace<Format>(m, is_kept ? 0 : n, k);
  const Scratch scratch(static_cast<size_t>((batch > 1 ? threads : 1) * workspace) * sizeof(float));
  parallel_for(batch, divide_up(kParallelWork, work), [&](int64_t begin, int64_t end, int worker) {
    for (int64_t i = begin; i < end; ++i) gemm_block<Format>(product(i), scratch.floats() + worker * workspace);
  });
}
