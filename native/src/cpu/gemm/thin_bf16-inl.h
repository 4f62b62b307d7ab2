// SPDX-License-Identifier: Apache-2.0
// Thin products, a few rows times a B that is stored as bf16, which is read once and where it is: most of the time goes
// into bringing it from memory, and half as many bytes take half as long. Sums are float32, in an order that does not
// depend on the number of threads.

// Rows [begin, end) of B's transpose, contiguous along k: every element of C is a dot product. Tiles of kFew rows of A
// and kMany columns of C, as in thin-inl.h; the columns of a tile are `apart` from one another.
template <int kFew, int kMany>
[[gnu::noinline, gnu::flatten]] void bf16_dots(const Gemm& g, int64_t row, int64_t begin, int64_t tiles,
                                               int64_t apart) {
  constexpr int kSums = (kFew * kMany + kLanes - 1) / kLanes;  // vectors of dot products
  const int64_t k = g.k, a_stride = g.a.row, b_stride = apart * g.b.column;
  const float* const a = g.a.data + row * a_stride;
  for (int64_t t = 0; t < tiles; ++t) {
    const uint16_t* const first = g.b.halves + (begin + t) * g.b.column;
    F32 sums[kSums * kLanes];  // of i and j at i * kMany + j
    unrolled<kSums * kLanes>([&](int i) { sums[i] = zero(); });
    const auto step = [&](auto read_a, auto read_b) {
      F32 few[kFew];
      unrolled<kFew>([&](int i) { few[i] = read_a(a + i * a_stride); });
      unrolled<kMany>([&](int j) {
        const F32 many = read_b(first + j * b_stride);
        unrolled<kFew>([&](int i) { sums[i * kMany + j] = mul_add(few[i], many, sums[i * kMany + j]); });
      });
    };
    int64_t p = 0;
    for (; p + kLanes <= k; p += kLanes)
      step([=](const float* from) { return load(from + p); },
           [=](const uint16_t* from) {
             __builtin_prefetch(from + p + kBf16Prefetch);
             return load_bf16(from + p);
           });
    if (p < k)
      step([=](const float* from) { return load_partial(from + p, k - p); },
           [=](const uint16_t* from) { return load_bf16_partial(from + p, k - p); });

    float dots[kSums * kLanes];
    for (int group = 0; group < kSums; ++group) {
      F32 rows[kLanes];
      unrolled<kLanes>([&](int i) { rows[i] = sums[group * kLanes + i]; });
      store(dots + group * kLanes, sum_lanes(rows));
    }
    for (int i = 0; i < kFew; ++i)
      for (int j = 0; j < kMany; ++j) g.c[(row + i) * g.ldc + begin + t + j * apart] = dots[i * kMany + j];
  }
}

// Runs the largest instance that `few` and `many` allow.
template <int kFew = kDotFew, int kMany = kDotMany>
inline void run_bf16_dots(int64_t few, int64_t many, const Gemm& g, int64_t row, int64_t begin, int64_t tiles,
                          int64_t apart) {
  if constexpr (kFew > 1) {
    if (few < kFew) return run_bf16_dots<kFew - 1, kMany>(few, many, g, row, begin, tiles, apart);
  }
  if constexpr (kMany > 1) {
    if (many < kMany) return run_bf16_dots<kFew, kMany - 1>(few, many, g, row, begin, tiles, apart);
  }
  bf16_dots<kFew, kMany>(g, row, begin, tiles, apart);
}

// The columns [begin, end) of C as dot products.
inline void bf16_dot_product(const Gemm& g, int64_t begin, int64_t end) {
  const auto run = [&](int64_t first, int64_t tiles, int64_t many, int64_t apart) {
    for (int64_t i = 0; i < g.m; i += kDotFew) run_bf16_dots(g.m - i, many, g, i, first, tiles, apart);
  };
  // The rows of a tile are far apart: kDotMany streams, each of which goes through memory in order.
  const int64_t apart = (end - begin) / kDotMany, rest = (end - begin) % kDotMany;
  const int64_t tiles = g.m <= kDotFew ? apart : 1;  // in a row; else they wait in the cache for the other rows of A
  for (int64_t j = 0; j < apart; j += tiles) run(begin + j, tiles, kDotMany, apart);
  if (rest > 0) run(end - rest, 1, rest, 1);
}

// kRows rows of C, columns [begin, end): adds kDepth rows of B, times their elements of A, at a time. Where `first`, C
// holds nothing yet.
template <int kRows, int kDepth>
[[gnu::noinline, gnu::flatten]] void add_bf16_rows(const Gemm& g, int64_t row, int64_t from, int64_t begin, int64_t end,
                                                   bool first) {
  const int64_t stride = g.b.row, ldc = g.ldc;
  const uint16_t* const b = g.b.halves + from * stride;
  float* const c = g.c + row * ldc;
  F32 a[kRows][kDepth];
  unrolled<kRows>([&](int i) {
    unrolled<kDepth>([&](int p) { a[i][p] = splat(g.a.data[(row + i) * g.a.row + (from + p) * g.a.column]); });
  });
  const auto add = [&](int64_t j, auto lanes) {
    F32 sums[kRows];
    unrolled<kRows>([&](int i) { sums[i] = first ? zero() : load_lanes(c + i * ldc + j, lanes); });
    unrolled<kDepth>([&](int p) {
      const uint16_t* const at = b + p * stride + j;
      const F32 many = lanes == kLanes ? load_bf16(at) : load_bf16_partial(at, lanes);
      unrolled<kRows>([&](int i) { sums[i] = mul_add(a[i][p], many, sums[i]); });
    });
    unrolled<kRows>([&](int i) { store_lanes(c + i * ldc + j, sums[i], lanes); });
  };
  int64_t j = begin;
  for (; j + kBf16Line <= end; j += kBf16Line) {
    unrolled<kDepth>([&](int p) { __builtin_prefetch(b + (p + kBf16RowsAhead) * stride + j); });
    unrolled<kBf16Line / kLanes>([&](int v) { add(j + v * kLanes, kLanes); });
  }
  for (; j + kLanes <= end; j += kLanes) add(j, kLanes);
  if (j < end) add(j, static_cast<int>(end - j));
}

template <int kRows = kThinRows, int kDepth = kBf16Rows>
inline void run_add_bf16_rows(int64_t rows, int64_t depth, const Gemm& g, int64_t row, int64_t from, int64_t begin,
                              int64_t end) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return run_add_bf16_rows<kRows - 1, kDepth>(rows, depth, g, row, from, begin, end);
  }
  if constexpr (kDepth > 1) {
    if (depth < kDepth) return run_add_bf16_rows<kRows, kDepth / 2>(rows, depth, g, row, from, begin, end);
  }
  add_bf16_rows<kRows, kDepth>(g, row, from, begin, end, from == 0);
}

// The columns [begin, end) of C for a row-major B: its rows are added up, kBf16Rows at a time.
inline void bf16_row_product(const Gemm& g, int64_t begin, int64_t end) {
  for (int64_t j = begin; j < end; j += kBf16Columns) {
    const int64_t j_end = smaller(end, j + kBf16Columns);
    for (int64_t p = 0, step = kBf16Rows; p < g.k; p += step) {
      while (step > g.k - p) step /= 2;
      for (int64_t i = 0; i < g.m; i += kThinRows)  // meanwhile the rows of B wait in the cache
        run_add_bf16_rows(g.m - i, step, g, i, p, j, j_end);
    }
  }
}

// Whether a product is one of these: B contiguous along k as A is, so that a few rows more may wait for it in the
// cache; or row-major.
inline bool is_thin_bf16(const Gemm& g) {
  if (g.k == 0) return false;
  if (g.b.column == 1 && g.b.row != 1) return g.m <= kBf16MostRows;
  return g.m <= g.n && is_thin(g);
}

// The product on all threads.
inline void thin_bf16_product(const Gemm& g) {
  const bool dots = g.a.column == 1 && g.b.row == 1;
  const int64_t columns = dots ? 1 : kLineFloats, units = divide_up(g.n, columns);
  parallel_for(units, divide_up(kElementGrain, g.m * g.k * columns + 1), [&](int64_t begin, int64_t end, int) {
    const int64_t first = begin * columns, last = smaller(g.n, end * columns);
    if (dots) {
      bf16_dot_product(g, first, last);
    } else {
      bf16_row_product(g, first, last);
    }
    finish_block(g, 0, first, g.m, last - first);
  });
}
