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
[[gnu::noinline, gnu::flatten]] void dot_tile(const Dots& d) {
  F32 sums[kFew][kMany];
  unrolled<kFew>([&](int i) { unrolled<kMany>([&](int j) { sums[i][j] = zero(); }); });
  for (int64_t p = 0; p < d.depth; p += kLanes) {
    F32 few[kFew];
    unrolled<kFew>([&](int i) { few[i] = load_partial(d.few + i * d.few_stride + p, d.depth - p); });
    unrolled<kMany>([&](int j) {
      const F32 many = load_partial(d.many + j * d.many_stride + p, d.depth - p);
      unrolled<kFew>([&](int i) { sums[i][j] = mul_add(few[i], many, sums[i][j]); });
    });
  }
  unrolled<kFew>([&](int i) {
    unrolled<kMany>([&](int j) {
      float* c = d.c + i * d.c_few + j * d.c_many;
      const float sum = d.alpha * reduce_add(sums[i][j]);
      *c = d.beta == 0 ? sum : sum + d.beta * *c;
    });
  });
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

inline bool is_thin(const Gemm& g) { return g.a.column == 1 && g.b.row == 1 && smaller(g.m, g.n) <= kThinRows; }

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
