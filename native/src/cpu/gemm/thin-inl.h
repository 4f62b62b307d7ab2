// SPDX-License-Identifier: Apache-2.0
// Thin products, few rows times many columns or the reverse, of operands that are both contiguous along k: every
// element of C is a dot product. Nothing is packed, since each element of the larger operand is used only a few times.

// A tile of dot products: element (i, j) of C is alpha * few[i] . many[j] + beta * C.
struct Dots {
  int64_t depth;
  const float* few;
  int64_t few_stride;
  const float* many;
  int64_t many_stride;
  float alpha, beta;  // beta == 0 does not read C
  float* c;
  int64_t c_few, c_many;  // element (i, j) of C is c[i * c_few + j * c_many]
};

template <int kFew, int kMany>
[[gnu::noinline, gnu::flatten]] void dot_tile(const Dots d) {
  constexpr int kSums = (kFew * kMany + kLanes - 1) / kLanes;  // vectors of dot products
  F32 sums[kSums * kLanes];                                    // of i and j at i * kMany + j
  unrolled<kSums * kLanes>([&](int i) { sums[i] = zero(); });
  const auto step = [&](auto read) {
    F32 few[kFew];
    unrolled<kFew>([&](int i) { few[i] = read(d.few + i * d.few_stride); });
    unrolled<kMany>([&](int j) {
      const F32 many = read(d.many + j * d.many_stride);
      unrolled<kFew>([&](int i) { sums[i * kMany + j] = mul_add(few[i], many, sums[i * kMany + j]); });
    });
  };
  int64_t p = 0;
  for (; p + kLanes <= d.depth; p += kLanes) step([=](const float* row) { return load(row + p); });
  if (p < d.depth) step([=](const float* row) { return load_partial(row + p, d.depth - p); });

  float dots[kSums * kLanes];
  for (int group = 0; group < kSums; ++group) {
    F32 rows[kLanes];
    unrolled<kLanes>([&](int i) { rows[i] = sums[group * kLanes + i]; });
    store(dots + group * kLanes, mul(splat(d.alpha), sum_lanes(rows)));
  }
  for (int i = 0; i < kFew; ++i)
    for (int j = 0; j < kMany; ++j) {
      float* c = d.c + i * d.c_few + j * d.c_many;
      *c = d.beta == 0 ? dots[i * kMany + j] : dots[i * kMany + j] + d.beta * *c;
    }
}

// Runs the largest instance that `few` and `many` allow.
template <int kFew = kDotFew, int kMany = kDotMany>
inline void run_dot_tile(int64_t few, int64_t many, const Dots& d) {
  if constexpr (kFew > 1) {
    if (few < kFew) return run_dot_tile<kFew - 1, kMany>(few, many, d);
  }
  if constexpr (kMany > 1) {
    if (many < kMany) return run_dot_tile<kFew, kMany - 1>(few, many, d);
  }
  dot_tile<kFew, kMany>(d);
}

inline bool is_thin(const Gemm& g) {
  const int64_t few = smaller(g.m, g.n);
  return g.a.column == 1 && g.b.row == 1 &&
         (few <= kThinRows || (few * kThinDepthPerRow <= g.k && few * g.k <= kThinFloats));
}

// The columns [begin, end) of C, or its rows if those are the many.
inline void thin_product(const Gemm& g, int64_t begin, int64_t end) {
  const bool few_rows = g.m <= g.n;
  const int64_t few = few_rows ? g.m : g.n;
  const float *few_data = few_rows ? g.a.data : g.b.data, *many_data = few_rows ? g.b.data : g.a.data;
  const int64_t few_stride = few_rows ? g.a.row : g.b.column, many_stride = few_rows ? g.b.column : g.a.row;
  const int64_t c_few = few_rows ? g.ldc : 1, c_many = few_rows ? 1 : g.ldc;
  for (int64_t j = begin; j < end; j += kDotMany)
    for (int64_t i = 0; i < few; i += kDotFew)
      run_dot_tile(few - i, end - j,
                   {g.k, few_data + i * few_stride, few_stride, many_data + j * many_stride, many_stride, g.alpha,
                    g.beta, g.c + i * c_few + j * c_many, c_few, c_many});
  if (few_rows) {
    finish_block(g, 0, begin, g.m, end - begin);
  } else {
    finish_block(g, begin, 0, end - begin, g.n);
  }
}
