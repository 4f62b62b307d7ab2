// SPDX-License-Identifier: Apache-2.0
// Thin products, few rows times many columns or the reverse, of operands that are both contiguous along k: every
// element of C is a dot product. Nothing is packed, since each element of the larger operand is used only a few times;
// it is float32, or bf16 that is widened as it is read: half as many bytes, which is where most of the time goes.

// Tiles of dot products: element (i, j) of one is alpha * few[i] . many[j] + beta * C. The next tile has the next row
// of `many` in place of each.
template <class Number>
struct Dots {
  int64_t tiles;
  int64_t depth;
  const float* few;
  int64_t few_stride;
  const Number* many;
  int64_t many_row, many_stride;  // from one row to the next, and to the next one of a tile
  float alpha, beta;              // beta == 0 does not read C
  float* c;
  int64_t c_row, c_few, c_many;  // from one tile to the next; element (i, j) of one is c[i * c_few + j * c_many]
};

// Goes from tile to tile itself: a call for each would cost a tile of 4 x 768 products a fifth of its time.
template <int kFew, int kMany, class Number>
[[gnu::noinline, gnu::flatten]] void dot_tiles(const Dots<Number> d) {
  constexpr int64_t kAhead = kPrefetchBytes / static_cast<int64_t>(sizeof(Number));
  constexpr int kSums = (kFew * kMany + kLanes - 1) / kLanes;  // vectors of dot products
  const Number* first = d.many;
  float* c = d.c;
  for (int64_t t = 0; t < d.tiles; ++t, first += d.many_row, c += d.c_row) {
    F32 sums[kSums * kLanes];  // of i and j at i * kMany + j
    unrolled<kSums * kLanes>([&](int i) { sums[i] = zero(); });
    const auto step = [&](auto read, auto ahead) {
      F32 few[kFew];
      unrolled<kFew>([&](int i) { few[i] = read(d.few + i * d.few_stride); });
      unrolled<kMany>([&](int j) {
        const Number* row = first + j * d.many_stride;
        ahead(row);
        const F32 many = read(row);
        unrolled<kFew>([&](int i) { sums[i * kMany + j] = mul_add(few[i], many, sums[i * kMany + j]); });
      });
    };
    int64_t p = 0;
    for (; p + kLanes <= d.depth; p += kLanes)
      step([=](const auto* row) { return load_lanes(row + p, kLanes); },
           [=](const Number* row) { __builtin_prefetch(row + p + kAhead); });
    const int rest = static_cast<int>(d.depth - p);
    if (rest > 0) step([=](const auto* row) { return load_lanes(row + p, rest); }, [](const Number*) {});

    float dots[kSums * kLanes];
    for (int group = 0; group < kSums; ++group) {
      F32 rows[kLanes];
      unrolled<kLanes>([&](int i) { rows[i] = sums[group * kLanes + i]; });
      store(dots + group * kLanes, mul(splat(d.alpha), sum_lanes(rows)));
    }
    for (int i = 0; i < kFew; ++i)
      for (int j = 0; j < kMany; ++j) {
        float* to = c + i * d.c_few + j * d.c_many;
        *to = d.beta == 0 ? dots[i * kMany + j] : dots[i * kMany + j] + d.beta * *to;
      }
  }
}

// Runs the largest instance that `few` and `many` allow.
template <int kFew = kDotFew, int kMany = kDotMany, class Number>
inline void run_dot_tiles(int64_t few, int64_t many, const Dots<Number>& d) {
  if constexpr (kFew > 1) {
    if (few < kFew) return run_dot_tiles<kFew - 1, kMany>(few, many, d);
  }
  if constexpr (kMany > 1) {
    if (many < kMany) return run_dot_tiles<kFew, kMany - 1>(few, many, d);
  }
  dot_tiles<kFew, kMany>(d);
}

// A B that is stored as bf16 must be the larger operand: the smaller one is read as float32.
inline bool is_thin(const Gemm& g) {
  const int64_t few = smaller(g.m, g.n);
  return g.a.column == 1 && g.b.row == 1 && (g.b.halves == nullptr || g.m <= g.n) &&
         (few <= kThinRows || (few * kThinDepthPerRow <= g.k && few * g.k <= kThinFloats));
}

// The columns [begin, end) of C, or its rows if those are the many; `many_data` are all of the larger operand.
template <class Number>
inline void thin_product_of(const Gemm& g, const Number* many_data, int64_t begin, int64_t end) {
  const bool few_rows = g.m <= g.n;
  const int64_t few = few_rows ? g.m : g.n;
  const float* few_data = few_rows ? g.a.data : g.b.data;
  const int64_t few_stride = few_rows ? g.a.row : g.b.column, many_stride = few_rows ? g.b.column : g.a.row;
  const int64_t c_few = few_rows ? g.ldc : 1, c_many = few_rows ? 1 : g.ldc;
  const auto run = [&](int64_t count, int64_t j, int64_t many, int64_t apart) {
    for (int64_t i = 0; i < few; i += kDotFew)
      run_dot_tiles(few - i, many,
                    Dots<Number>{count, g.k, few_data + i * few_stride, few_stride, many_data + j * many_stride,
                                 many_stride, apart * many_stride, g.alpha, g.beta, g.c + i * c_few + j * c_many,
                                 c_many, c_few, apart * c_many});
  };
  // The rows of a tile are far apart: kDotMany streams, each of which goes through memory in order.
  const int64_t apart = (end - begin) / kDotMany, rest = (end - begin) % kDotMany;
  const int64_t count = few <= kDotFew ? apart : 1;  // tiles in a row; else they wait in the cache for the other rows
  for (int64_t j = 0; j < apart; j += count) run(count, begin + j, kDotMany, apart);
  if (rest > 0) run(1, end - rest, rest, 1);
  if (few_rows) {
    finish_block(g, 0, begin, g.m, end - begin);
  } else {
    finish_block(g, begin, 0, end - begin, g.n);
  }
}

inline void thin_product(const Gemm& g, int64_t begin, int64_t end) {
  if (g.b.halves != nullptr) return thin_product_of(g, g.b.halves, begin, end);
  thin_product_of(g, g.m <= g.n ? g.b.data : g.a.data, begin, end);
}
