// SPDX-License-Identifier: Apache-2.0
// Products of numbers rounded to bf16 whose tiles the processor multiplies as such (AMX-BF16): 16 rows of 16 pairs by
// 16 pairs of 16 columns at a time, summed in float32. Panels are those of Bf16, but of full tiles: zeros fill them up.

constexpr int kAmxRows = 16, kAmxPairs = 16, kAmxColumns = 16;

struct Amx : Bf16 {
  static constexpr int64_t kDepthUnit = kAmxPairs;
  static constexpr int kRows = 2 * kAmxRows, kVectors = 2;  // four tiles of C: each tile that is loaded is used twice
  static constexpr int64_t kKeptLayout = 2;

  // While it lives, the calling thread has eight full tiles.
  struct Session {
    Session() {
      alignas(64) struct {
        uint8_t palette = 1, start_row = 0, reserved[14] = {};
        uint16_t row_bytes[16] = {};
        uint8_t rows[16] = {};
      } shape;
      for (int i = 0; i < 8; ++i) shape.row_bytes[i] = kAmxPairs * sizeof(float), shape.rows[i] = kAmxRows;
      _tile_loadconfig(&shape);
    }
    ~Session() { _tile_release(); }
  };

  static View packed_a(const View&, const float* panel, int64_t depth) { return {panel, depth, 1}; }

  // Rows of pairs: [kRows, depth].
  static void pack_a(const View& a, int64_t terms, int64_t height, float* panel) {
    const int64_t depth = depth_of<Amx>(terms), filled = divide_up(terms, kTerms);
    if (a.column == 1) {
      for (int64_t i = 0; i < height; ++i) {
        pair_row(a.data + i * a.row, terms, panel + i * depth);
        clear(panel + i * depth + filled, depth - filled);
      }
    } else {
      transpose_rows(a.data, a.column, terms, height, panel, depth);
    }
    clear(panel + height * depth, (kRows - height) * depth);
  }

  static void pack_b(const View& b, int64_t terms, int64_t width, float* panel) {
    const int64_t padded = round_up(width, kLanes), filled = divide_up(terms, kTerms);
    if (b.column != 1)
      pair_columns(b.data, b.column, terms, width, panel, padded);
    else if (padded == kVectors * kLanes)
      pair_rows<kVectors>(b.data, b.row, terms, width, panel, padded);
    else
      pair_rows<1>(b.data, b.row, terms, width, panel, padded);
    clear(panel + filled * padded, (depth_of<Amx>(terms) - filled) * padded);
  }

 private:
  static void clear(float* to, int64_t count) { memset(to, 0, static_cast<size_t>(count) * sizeof(float)); }

  // to[i, p] = (from[2 * p, i], from[2 * p + 1, i]) for i < height, and zeros up to `depth`; rows of `from` are `row`
  // floats apart. Transposes blocks of kLanes x kLanes pairs in registers.
  static void transpose_rows(const float* from, int64_t row, int64_t terms, int64_t height, float* to, int64_t depth) {
    for (int64_t i = 0; i < height; i += kLanes)
      for (int64_t p = 0; p < depth; p += kLanes) {
        const int64_t lanes = smaller(kLanes, height - i);
        const auto load_term = [&](int64_t term) {
          return term < terms ? load_partial(from + term * row + i, lanes) : zero();
        };
        F32 rows[kLanes];
        for (int64_t s = 0; s < kLanes; ++s) rows[s] = pair_bf16(load_term(2 * (p + s)), load_term(2 * (p + s) + 1));
        transpose(rows);
        for (int64_t lane = 0; lane < lanes; ++lane) store(to + (i + lane) * depth + p, rows[lane]);
      }
  }
};

// sums[i, j] of up to two by two tiles: tiles 0 to 3 hold them, 4 and 5 rows of A, 6 and 7 columns of B.
template <bool kTwoRows, bool kTwoColumns>
inline void sum_tiles(const Tile& t, const float* a, float* sums, int64_t stride) {
  const auto bytes = [](int64_t floats) { return static_cast<size_t>(floats) * sizeof(float); };
  const size_t row_a = bytes(t.a.row), row_b = bytes(t.b.row), row_sums = bytes(stride);
  const float* b = t.b.data;
  _tile_zero(0);
  if (kTwoColumns) _tile_zero(1);
  if (kTwoRows) _tile_zero(2);
  if (kTwoRows && kTwoColumns) _tile_zero(3);
  for (int64_t p = 0; p < t.depth; p += kAmxPairs, a += kAmxPairs, b += kAmxPairs * t.b.row) {
    _tile_loadd(4, a, row_a);
    _tile_loadd(6, b, row_b);
    if (kTwoRows) _tile_loadd(5, a + kAmxRows * t.a.row, row_a);
    if (kTwoColumns) _tile_loadd(7, b + kAmxColumns, row_b);
    _tile_dpbf16ps(0, 4, 6);
    if (kTwoColumns) _tile_dpbf16ps(1, 4, 7);
    if (kTwoRows) _tile_dpbf16ps(2, 5, 6);
    if (kTwoRows && kTwoColumns) _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, sums, row_sums);
  if (kTwoColumns) _tile_stored(1, sums + kAmxColumns, row_sums);
  if (kTwoRows) _tile_stored(2, sums + kAmxRows * stride, row_sums);
  if (kTwoRows && kTwoColumns) _tile_stored(3, sums + kAmxRows * stride + kAmxColumns, row_sums);
}

template <>
inline void multiply_tile<Amx>(int64_t rows, const Tile& t) {
  constexpr int64_t kStride = Amx::kVectors * kLanes;
  const bool two_rows = rows > kAmxRows, two_columns = t.columns > kAmxColumns;
  const auto sum = two_rows ? (two_columns ? sum_tiles<true, true> : sum_tiles<true, false>)
                            : (two_columns ? sum_tiles<false, true> : sum_tiles<false, false>);
  const F32 alpha = splat(t.alpha), beta = splat(t.beta);
  alignas(64) float sums[Amx::kRows * kStride];
  const float* a = t.a.data;
  float* c = t.c;
  for (int64_t panel = 0; panel < t.panels; ++panel, a += t.a_step, c += rows * t.ldc) {
    sum(t, a, sums, kStride);
    for (int64_t r = 0; r < rows; ++r)
      for_vectors(0, t.columns, [&](int64_t j, int lanes) {
        const F32 product = mul(alpha, load(sums + r * kStride + j));
        float* to = c + r * t.ldc + j;
        store_lanes(to, t.beta == 0 ? product : mul_add(beta, load_lanes(to, lanes), product), lanes);
      });
  }
}
