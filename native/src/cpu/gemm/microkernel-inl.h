// SPDX-License-Identifier: Apache-2.0
// The microkernel: one tile of C in registers, C = alpha * (a panel of A) * (a panel of B) + beta * C, in the numbers
// of a Format (see float32-inl.h).

struct Tile {
  int64_t depth;      // steps: elements of a panel along k
  View a;             // its columns are read one after the other
  View b;             // rows of adjacent elements, readable up to the next multiple of kLanes after `columns`
  float alpha, beta;  // beta == 0 does not read C
  float* c;
  int64_t ldc;
  int64_t columns;
  bool prefetch = false;  // whether C is not in the L1 cache
  int64_t panels = 1;     // panels of A, one below the other, which meet the same panel of B
  int64_t a_step = 0;     // elements from one to the next
};

// f(0), f(1), ..., f(kCount - 1) written out. With constant indices the compilers keep arrays of vectors in registers.
template <int kCount, class Function>
[[gnu::always_inline]] inline void unrolled(const Function& f) {
  if constexpr (kCount > 0) {
    unrolled<kCount - 1>(f);
    f(kCount - 1);
  }
}

// Flattened: a lambda that is not inlined would force the sums into memory, at a third of the speed (GCC 12). Takes a
// copy, so that the compiler need not fear that writing C changes the tile's fields.
template <class Format, int kRows, int kVectors>
[[gnu::noinline, gnu::flatten]] void tile(Tile t) {
  for (int64_t panel = 0; panel < t.panels; ++panel, t.a.data += t.a_step, t.c += kRows * t.ldc) {
    if (t.prefetch)  // the lines of C are here by the time the sums are
      for (int r = 0; r < kRows; ++r)
        for (int j = 0; j < kVectors * kLanes; j += kLineFloats) __builtin_prefetch(t.c + r * t.ldc + j, 1);
    F32 sums[kRows][kVectors];
    unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int v) { sums[r][v] = zero(); }); });

    const float *a = t.a.data, *b = t.b.data;
    for (int64_t p = 0; p < t.depth; ++p, a += t.a.column, b += t.b.row) {
      F32 b_row[kVectors];
      unrolled<kVectors>([&](int v) { b_row[v] = load(b + v * kLanes); });
      unrolled<kRows>([&](int r) {
        const F32 a_element = splat(a[r * t.a.row]);
        unrolled<kVectors>([&](int v) { sums[r][v] = Format::step(a_element, b_row[v], sums[r][v]); });
      });
    }

    const auto each = [&](auto f) {
      unrolled<kRows>([&](int r) {
        unrolled<kVectors>([&](int v) { f(t.c + r * t.ldc + v * kLanes, sums[r][v], t.columns - v * kLanes); });
      });
    };
    const F32 alpha = splat(t.alpha), beta = splat(t.beta);
    const bool whole = t.columns == kVectors * kLanes;  // then no vector needs a mask
    if (t.beta == 0 && whole) {
      each([&](float* c, F32 sum, int64_t) { store(c, mul(alpha, sum)); });
    } else if (t.beta == 0) {
      each([&](float* c, F32 sum, int64_t columns) { store_partial(c, mul(alpha, sum), columns); });
    } else if (whole) {
      each([&](float* c, F32 sum, int64_t) { store(c, mul_add(beta, load(c), mul(alpha, sum))); });
    } else {
      each([&](float* c, F32 sum, int64_t columns) {
        store_partial(c, mul_add(beta, load_partial(c, columns), mul(alpha, sum)), columns);
      });
    }
  }
}

// Runs the smallest instance that covers `rows` <= kRows rows and t.columns <= kVectors * kLanes columns.
template <class Format = Float32, int kRows = kTileRows, int kVectors = kTileVectors>
inline void run_tile(int64_t rows, const Tile& t) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return run_tile<Format, kRows - 1, kVectors>(rows, t);
  }
  if constexpr (kVectors > 1) {
    if (t.columns <= (kVectors - 1) * kLanes) return run_tile<Format, kRows, kVectors - 1>(rows, t);
  }
  tile<Format, kRows, kVectors>(t);
}

// What multiplies the panels of a Format; a Format whose processor multiplies tiles as such has its own.
template <class Format>
inline void multiply_tile(int64_t rows, const Tile& t) {
  run_tile<Format>(rows, t);
}
