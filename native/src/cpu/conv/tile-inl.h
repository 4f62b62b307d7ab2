// SPDX-License-Identifier: Apache-2.0
// The microkernels of convolution: a tile of targets x channels in registers, summed over segments, runs of floats that
// are adjacent in the source. Each target has a pointer to each of its segments, so patches are read where they are.

// Vectors of channels in a tile at most, and its rows beside so many vectors. With 32 registers 6 x 4 and 8 x 3 vectors
// of sums leave room for a row of weights; with 16, 6 x 2; the baseline needs a register for the product.
constexpr int kConvVectors = kRegisters == 32 ? 4 : 2;
constexpr int kConvManyRows = kRegisters == 32 ? 8 : (kLanes == 8 ? 6 : 4);
constexpr int conv_tile_rows(int64_t vectors) { return vectors == 4 ? 6 : kConvManyRows; }

struct ConvTile {
  const float* const* segments;  // [row of the tile, all segments]
  const int64_t* used;           // the segments that some row has in the source, or nullptr: all of them
  int64_t count;                 // of them
  int64_t length, depth;         // floats of a segment, and of all, used or not
  int64_t all;                   // segments, used or not
  int64_t offset;                // to the first float that is read, in all segments
  const float* weights;          // [depth, vectors of the tile]
  float* target;
  const int64_t* rows_at;  // [row]: where in `target` the row begins
  int64_t rows, columns;   // that exist; pointers of rows beyond may point to anything readable
  bool accumulate;
};

template <int kRows, int kVectors>
[[gnu::noinline, gnu::flatten]] void conv_tile(const ConvTile& t) {
  F32 sums[kRows][kVectors];
  unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int v) { sums[r][v] = zero(); }); });
  for (int64_t i = 0; i < t.count; ++i) {
    const int64_t s = t.used == nullptr ? i : t.used[i];
    const float* source[kRows];
    unrolled<kRows>([&](int r) { source[r] = t.segments[r * t.all + s] + t.offset; });
    const float* weights = t.weights + s * t.length * (kVectors * kLanes);
    for (int64_t p = 0; p < t.length; ++p, weights += kVectors * kLanes) {
      F32 row[kVectors];
      unrolled<kVectors>([&](int v) { row[v] = load(weights + v * kLanes); });
      unrolled<kRows>([&](int r) {
        const F32 element = splat(source[r][p]);
        unrolled<kVectors>([&](int v) { sums[r][v] = mul_add(element, row[v], sums[r][v]); });
      });
    }
  }
  const bool whole = t.columns == kVectors * kLanes;  // partial vectors are stored more slowly
  unrolled<kRows>([&](int r) {
    if (r >= t.rows) return;
    float* to = t.target + t.rows_at[r];
    unrolled<kVectors>([&](int v) {
      const int64_t lanes = whole ? kLanes : t.columns - v * kLanes;
      F32 sum = sums[r][v];
      if (t.accumulate) sum = add(whole ? load(to + v * kLanes) : load_partial(to + v * kLanes, lanes), sum);
      if (whole)
        store(to + v * kLanes, sum);
      else
        store_partial(to + v * kLanes, sum, lanes);
    });
  });
}

// Runs the instance of so many vectors, in tiles of as many rows as `panel_vectors` vectors allow.
template <int kRows, int kVectors>
inline void run_conv_tile(int64_t vectors, const ConvTile& t) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return run_conv_tile<kRows, kVectors - 1>(vectors, t);
  }
  conv_tile<kRows, kVectors>(t);
}

inline void run_conv_tile(int64_t panel_vectors, int64_t vectors, const ConvTile& t) {
  if (panel_vectors == kConvVectors) return run_conv_tile<conv_tile_rows(kConvVectors), kConvVectors>(vectors, t);
  run_conv_tile<kConvManyRows, kConvVectors - 1>(vectors, t);
}

// The same for so few channels that they would leave most lanes empty: the lanes are floats of a segment, and each sum
// is added up over them at the end. `weights` is [kChannels, depth].
template <int kRows, int kChannels>
[[gnu::noinline, gnu::flatten]] void conv_dot_tile(const ConvTile& t) {
  F32 sums[kRows][kChannels];
  unrolled<kRows>([&](int r) { unrolled<kChannels>([&](int c) { sums[r][c] = zero(); }); });
  for (int64_t i = 0; i < t.count; ++i) {
    const int64_t s = t.used == nullptr ? i : t.used[i];
    const float* source[kRows];
    unrolled<kRows>([&](int r) { source[r] = t.segments[r * t.all + s] + t.offset; });
    const float* weights = t.weights + s * t.length;
    int64_t p = 0;
    for (; p + kLanes <= t.length; p += kLanes) {
      F32 row[kChannels];
      unrolled<kChannels>([&](int c) { row[c] = load(weights + c * t.depth + p); });
      unrolled<kRows>([&](int r) {
        const F32 floats = load(source[r] + p);
        unrolled<kChannels>([&](int c) { sums[r][c] = mul_add(floats, row[c], sums[r][c]); });
      });
    }
    if (p == t.length) continue;
    F32 row[kChannels];
    unrolled<kChannels>([&](int c) { row[c] = load_partial(weights + c * t.depth + p, t.length - p); });
    unrolled<kRows>([&](int r) {
      const F32 floats = load_partial(source[r] + p, t.length - p);
      unrolled<kChannels>([&](int c) { sums[r][c] = mul_add(floats, row[c], sums[r][c]); });
    });
  }
  unrolled<kRows>([&](int r) {
    if (r >= t.rows) return;
    unrolled<kChannels>([&](int c) { t.target[t.rows_at[r] + c] = reduce_add(sums[r][c]); });
  });
}

template <int kChannels = kConvVectors>
inline void run_conv_dot_tile(const ConvTile& t) {
  if constexpr (kChannels > 1) {
    if (t.columns < kChannels) return run_conv_dot_tile<kChannels - 1>(t);
  }
  conv_dot_tile<conv_tile_rows(kChannels), kChannels>(t);
}
