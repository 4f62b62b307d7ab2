// SPDX-License-Identifier: Apache-2.0
// Thin products of few rows and a B that is contiguous along its rows: each row of C is a sum of rows of B. Nothing is
// packed, since each element of B is used only a few times, and B, float32 or bf16, is read in the order of memory.

// Adds to element (i, j) of C the sums over p of alpha * a(i, p) * b(p, j). A step takes a row of B from each of
// several streams that are `apart` rows from one another; the next step takes the next row of each.
template <class Number>
struct RowSums {
  int64_t steps, apart;
  View a;           // from the first row of the first stream on, as b
  const Number* b;  // rows that are `stride` apart
  int64_t stride;
  float alpha;
  float* c;
  int64_t ldc, columns;
};

// What a step adds is summed in the order of the streams before it goes to C, whose rows wait in the L1 cache.
template <int kFew, int kStreams, class Number>
[[gnu::noinline, gnu::flatten]] void sum_rows(const RowSums<Number> r) {
  constexpr int64_t kAhead = kPrefetchBytes / static_cast<int64_t>(sizeof(Number));
  const int64_t ahead = smaller(kAhead, r.columns), turn = r.columns - ahead;
  const float* a = r.a.data;
  const Number* b = r.b;
  for (int64_t t = 0; t < r.steps; ++t, a += r.a.column, b += r.stride) {
    F32 factors[kFew][kStreams];
    unrolled<kFew>([&](int i) {
      unrolled<kStreams>([&](int s) { factors[i][s] = splat(r.alpha * a[i * r.a.row + s * r.apart * r.a.column]); });
    });
    for_vectors(0, r.columns, [&](int64_t j, int lanes) {
      const int64_t next = j < turn ? j + ahead : j - turn + r.stride;  // over the end of a row into the next one
      F32 sums[kFew];
      unrolled<kStreams>([&](int s) {
        const Number* row = b + s * r.apart * r.stride;
        __builtin_prefetch(row + next);
        const F32 many = load_lanes(row + j, lanes);
        unrolled<kFew>(
            [&](int i) { sums[i] = s == 0 ? mul(factors[i][s], many) : mul_add(factors[i][s], many, sums[i]); });
      });
      unrolled<kFew>([&](int i) {
        float* to = r.c + i * r.ldc + j;
        store_lanes(to, add(load_lanes(to, lanes), sums[i]), lanes);
      });
    });
  }
}

// Runs the largest instance that `few` allows.
template <int kStreams, int kFew = kRowFew, class Number>
inline void run_sum_rows(int64_t few, const RowSums<Number>& r) {
  if constexpr (kFew > 1) {
    if (few < kFew) return run_sum_rows<kStreams, kFew - 1>(few, r);
  }
  sum_rows<kFew, kStreams>(r);
}

inline bool is_thin_in_rows(const Gemm& g) {
  if (g.b.halves != nullptr) return g.b.column == 1 && g.m <= kBf16FewRows;
  return g.b.column == 1 && g.n >= kThinColumns && g.k >= kThinDepth &&
         g.m <= (g.k * g.n > kLargeFloats ? kThinRows : kFewRows);
}

// The parts that k is cut into, whatever the number of threads: each is a piece of B in the order of memory.
inline int64_t parts_of_depth(const Gemm& g) {
  const int64_t worth = g.k * g.n / kElementGrain;
  return worth < 1 ? 1 : smaller(worth, kDepthParts);
}

// sums[i * stride + j] = alpha * the products of row i of A and column `column` + j of B, added up over a part of k;
// `b` is all of B.
template <class Number>
inline void sum_part_of(const Gemm& g, const Number* b, int64_t part, int64_t column, int64_t columns, float* sums,
                        int64_t stride) {
  const int64_t parts = parts_of_depth(g), from = g.k * part / parts, depth = g.k * (part + 1) / parts - from;
  const int64_t apart = depth / kRowStreams, together = g.m <= kRowFew ? apart : 1;  // else B waits for the other rows
  const auto rows = [&](int64_t i, int64_t p, int64_t steps) {
    const View a{g.a.data + i * g.a.row + p * g.a.column, g.a.row, g.a.column};
    return RowSums<Number>{steps,  apart,  a, b + p * g.b.row + column, g.b.row, g.alpha, sums + i * stride,
                           stride, columns};
  };
  for (int64_t i = 0; i < g.m; ++i) memset(sums + i * stride, 0, static_cast<size_t>(columns) * sizeof(float));
  for (int64_t p = 0; p < apart; p += together)
    for (int64_t i = 0; i < g.m; i += kRowFew) run_sum_rows<kRowStreams>(g.m - i, rows(i, from + p, together));
  const int64_t rest = depth % kRowStreams;
  for (int64_t i = 0; i < g.m; i += kRowFew) run_sum_rows<1>(g.m - i, rows(i, from + depth - rest, rest));
}

inline void sum_part(const Gemm& g, int64_t part, int64_t column, int64_t columns, float* sums, int64_t stride) {
  if (g.b.halves != nullptr) return sum_part_of(g, g.b.halves, part, column, columns, sums, stride);
  sum_part_of(g, g.b.data, part, column, columns, sums, stride);
}

// Adds the sums of a part to some columns of C, to beta * C those of the first part.
inline void add_part(const Gemm& g, int64_t part, int64_t column, int64_t columns, const float* sums, int64_t stride) {
  const float beta = part == 0 ? g.beta : 1.0f;
  for (int64_t i = 0; i < g.m; ++i) {
    float* c = g.c + i * g.ldc + column;
    for_vectors(0, columns, [&](int64_t j, int lanes) {
      const F32 sum = load_lanes(sums + i * stride + j, lanes);
      store_lanes(c + j, beta == 0 ? sum : mul_add(splat(beta), load_lanes(c + j, lanes), sum), lanes);
    });
  }
}

// Calls f(column, columns) for blocks of columns whose sums stay in the L1 cache.
template <class Function>
inline void for_column_blocks(const Gemm& g, const Function& f) {
  const int64_t most = g.m < 1 ? kRowColumns : kRowColumns / g.m;
  for (int64_t j = 0; j < g.n; j += most) f(j, smaller(g.n - j, most));
}

// The product on the calling thread.
inline void thin_rows_product(const Gemm& g) {
  float sums[kRowColumns];
  for_column_blocks(g, [&](int64_t column, int64_t columns) {
    for (int64_t part = 0; part < parts_of_depth(g); ++part) {
      sum_part(g, part, column, columns, sums, columns);
      add_part(g, part, column, columns, sums, columns);
    }
    finish_block(g, 0, column, g.m, columns);
  });
}

// The product on all threads.
inline void thin_rows_parallel(const Gemm& g) {
  const int64_t parts = parts_of_depth(g), size = g.m * g.n;
  if (parts == 1 || thread_count() == 1) return thin_rows_product(g);
  const Scratch scratch(static_cast<size_t>(parts * size) * sizeof(float));
  float* sums = scratch.floats();  // [parts, m, n]
  parallel_for(parts, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t part = begin; part < end; ++part)
      for_column_blocks(g, [&](int64_t column, int64_t columns) {
        sum_part(g, part, column, columns, sums + part * size + column, g.n);
      });
  });
  parallel_for(g.n, divide_up(kElementGrain, parts * g.m), [&](int64_t begin, int64_t end, int) {
    for (int64_t part = 0; part < parts; ++part) add_part(g, part, begin, end - begin, sums + part * size + begin, g.n);
    finish_block(g, 0, begin, g.m, end - begin);
  });
}
