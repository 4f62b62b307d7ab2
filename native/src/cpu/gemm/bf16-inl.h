// SPDX-License-Identifier: Apache-2.0
// Products of numbers rounded to bf16, summed in float32, as a Format (see float32-inl.h). Every element of a panel is
// a pair of terms that follow one another along k; where k is odd, the last one is paired with 0. Operands are rounded
// while they are packed, so none is read where it is.

struct Bf16 : Float32 {
  static constexpr int64_t kTerms = 2;
  static constexpr bool kThin = false;
  static constexpr int64_t kKeptLayout = 1;  // tells the copies that are kept in this layout from others

  // Whether a product is large enough for rounding and packing to pay. Measured against Float32: below, it is as fast
  // or faster; above, this gains 1.2 times and more. A transposed A is the dearest to pack, B the dearest to leave
  // unpacked.
  static bool pays(const MatmulParams& p) {
    return p.m >= (p.transpose_b ? 16 : 24) && p.n >= (p.transpose_a ? 48 : 24) && p.k >= 16;
  }

  // Whether it gains from a packed B that was kept: nearly always, but little where there are many rows to pack it for.
  static bool gains_from_kept(const MatmulParams& p) {
    return p.batch == 1 && p.m <= kMostKeptRows && p.n >= kTileColumns && p.k >= kTileColumns;
  }

  static F32 step(F32 a, F32 b, F32 sum) { return dot_bf16(a, b, sum); }

  static bool a_in_place(const View&, int64_t) { return false; }
  static bool b_in_place(const View&, int64_t, int64_t) { return false; }

  // Rows where A is contiguous along k: [height, depth]; else as wide as a tile is high: [depth, kTileRows].
  static View packed_a(const View& a, const float* panel, int64_t depth) {
    return a.column == 1 ? View{panel, depth, 1} : View{panel, 1, kTileRows};
  }
  static void pack_a(const View& a, int64_t terms, int64_t height, float* panel) {
    if (a.column == 1) {
      const int64_t depth = divide_up(terms, kTerms);
      for (int64_t i = 0; i < height; ++i) pair_row(a.data + i * a.row, terms, panel + i * depth);
    } else {
      pair_rows<1>(a.data, a.column, terms, height, panel, kTileRows);
    }
  }

  static void pack_b(const View& b, int64_t terms, int64_t width, float* panel) {
    const int64_t padded = divide_up(width, kLanes) * kLanes;
    if (b.column != 1) return pair_columns(b.data, b.column, terms, width, panel, padded);
    if (padded == kTileColumns) return pair_rows<kTileVectors>(b.data, b.row, terms, width, panel, padded);
    for (int64_t j = 0; j < width; j += kLanes) pair_rows<1>(b.data + j, b.row, terms, width - j, panel + j, padded);
  }

 protected:
  // to[p] = (from[2 * p], from[2 * p + 1])
  static void pair_row(const float* from, int64_t terms, float* to) {
    int64_t p = 0;
    for (; p + 2 * kLanes <= terms; p += 2 * kLanes) store(to + p / 2, load_pairs(from + p));
    if (p < terms) store_partial(to + p / 2, load_pairs(from + p, terms - p), divide_up(terms - p, kTerms));
  }

  static F32 load_pairs(const float* from) { return neighbours_bf16(load(from), load(from + kLanes)); }
  static F32 load_pairs(const float* from, int64_t terms) {
    const F32 second = terms > kLanes ? load_partial(from + kLanes, terms - kLanes) : zero();
    return neighbours_bf16(load_partial(from, terms), second);
  }

  // to[p, i] = (from[2 * p, i], from[2 * p + 1, i]) for i < width <= kVectors * kLanes; rows of `from` are `row` floats
  // apart, those of `to` as many as they have lanes to be written: width, and zeros up to `padded`.
  template <int kVectors>
  static void pair_rows(const float* from, int64_t row, int64_t terms, int64_t width, float* to, int64_t padded) {
    const int64_t written = smaller(padded, kVectors * kLanes);
    for (int64_t p = 0; p < terms; p += 2, from += 2 * row, to += padded)
      for (int v = 0; v < kVectors; ++v) {
        const int64_t left = width - v * kLanes;
        const F32 low = load_partial(from + v * kLanes, left);
        const F32 high = p + 1 < terms ? load_partial(from + row + v * kLanes, left) : zero();
        store_partial(to + v * kLanes, pair_bf16(low, high), written - v * kLanes);
      }
  }

  // to[p, j] = (from[j, 2 * p], from[j, 2 * p + 1]) for j < width, and zeros up to `padded`: transposes blocks of
  // kLanes x kLanes pairs in registers.
  static void pair_columns(const float* from, int64_t column, int64_t terms, int64_t width, float* to, int64_t padded) {
    for (int64_t j = 0; j < width; j += kLanes)
      for (int64_t p = 0; p < terms; p += 2 * kLanes) {
        F32 columns[kLanes];
        for (int64_t i = 0; i < kLanes; ++i) {
          const float* source = from + (j + i) * column + p;
          columns[i] = j + i >= width            ? zero()
                       : terms - p >= 2 * kLanes ? load_pairs(source)
                                                 : load_pairs(source, terms - p);
        }
        transpose(columns);
        const int64_t steps = smaller(kLanes, divide_up(terms - p, kTerms));
        for (int64_t i = 0; i < steps; ++i) store(to + (p / 2 + i) * padded + j, columns[i]);
      }
  }
};

// The panels of b, where they are kept for products to come; or nullptr.
template <class Format>
inline float* kept_panels(Operand b, const MatmulParams& p) {
  if (!Format::gains_from_kept(p)) return nullptr;
  Gemm g{1, p.n, p.k, {}, matrix(b.data, p.row_b, p.transpose_b != 0), nullptr, p.n};
  const size_t bytes = static_cast<size_t>(kept_size<Format>(p.n, p.k)) * sizeof(float);
  const auto make = [](void* product, float* copy) {
    Gemm& g = *static_cast<Gemm*>(product);
    g.kept_b = copy;
    keep_panels<Format>(g);
  };
  return kept_copy(b.keeper, {Format::kKeptLayout, p.k, p.n, p.row_b, p.transpose_b}, bytes, make, &g);
}

// The batched product in a Format of bf16, or in float32 where that takes no longer. A b that is stored as bf16 is read
// as it is: a packed copy of it would be as large as what was saved.
template <class Format>
inline void matmul_rounded(const float* a, Operand b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  float* const kept = b.halves == nullptr ? kept_panels<Format>(b, p) : nullptr;
  if (b.halves != nullptr || (kept == nullptr && !Format::pays(p)))
    return avx512::table().matmul_f32(a, b, bias, c, pre, p);
  matmul<Format>(a, b, bias, c, pre, p, kept);
}

// The kernels of avx512 with matrix products in a Format of bf16.
template <class Format>
inline KernelTable rounded_table() {
  KernelTable table = avx512::table();
  table.matmul_f32 = &matmul_rounded<Format>;
  return table;
}
