// SPDX-License-Identifier: Apache-2.0
// The microkernel of a convolution with few channels, whose taps along the width are one segment of the source: a line
// of targets, a tile after the other. Neighbouring targets have neighbouring segments, so one pointer serves a whole
// line.

// Most rows of a tile. A short sum is soon over: where registers allow it, tiles are higher than those of long sums.
constexpr int conv_line_rows(int64_t vectors) {
  return kRegisters == 32 && vectors <= 2 ? 14 : conv_tile_rows(vectors);
}
// Fewest, a line that is shorter leaves the processor waiting for its own sums.
constexpr int conv_line_least(int64_t vectors) { return conv_tile_rows(vectors) / 2 + 1; }

struct ConvLine {
  const float* const* segments;  // [segment]: of the first target
  const float* const* weights;   // [segment]: [length, vectors of the tile]
  int64_t count, length;         // segments, and floats of each
  int64_t source_step;           // floats from a target's segment to that of the next
  float* target;
  int64_t target_step;       // floats from a target to the next
  int64_t targets, columns;  // of the line; that exist
};

template <int kRows, int kVectors>
[[gnu::noinline, gnu::flatten]] void conv_line(const ConvLine& t) {
  const bool whole = t.columns == kVectors * kLanes;  // partial vectors are stored more slowly
  for (int64_t i = 0; i < t.targets; i += kRows) {
    const int64_t first = smaller(i, t.targets - kRows);  // the last tile may compute again what the one before it has
    F32 sums[kRows][kVectors];
    unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int v) { sums[r][v] = zero(); }); });
    for (int64_t s = 0; s < t.count; ++s) {
      const float* source[kRows];
      unrolled<kRows>([&](int r) { source[r] = t.segments[s] + (first + r) * t.source_step; });
      const float* weights = t.weights[s];
      for (int64_t p = 0; p < t.length; ++p, weights += kVectors * kLanes) {
        F32 row[kVectors];
        unrolled<kVectors>([&](int v) { row[v] = load(weights + v * kLanes); });
        unrolled<kRows>([&](int r) {
          const F32 element = splat(source[r][p]);
          unrolled<kVectors>([&](int v) { sums[r][v] = mul_add(element, row[v], sums[r][v]); });
        });
      }
    }
    float* target = t.target + first * t.target_step;
    unrolled<kRows>([&](int r) {
      unrolled<kVectors>([&](int v) {
        float* to = target + r * t.target_step + v * kLanes;
        if (whole)
          store(to, sums[r][v]);
        else
          store_partial(to, sums[r][v], t.columns - v * kLanes);
      });
    });
  }
}

// Runs the instance of so many vectors and rows.
template <int kVectors = kConvVectors, int kRows = conv_line_rows(kVectors)>
inline void run_conv_line(int64_t vectors, int64_t rows, const ConvLine& t) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return run_conv_line<kVectors - 1>(vectors, rows, t);
  }
  if constexpr (kRows > conv_line_least(kVectors)) {
    if (rows < kRows) return run_conv_line<kVectors, kRows - 1>(vectors, rows, t);
  }
  conv_line<kRows, kVectors>(t);
}

// The rows of the tiles are chosen such that the last one computes little again.
inline void run_conv_line(int64_t vectors, const ConvLine& t) {
  run_conv_line(vectors, divide_up(t.targets, divide_up(t.targets, conv_line_rows(vectors))), t);
}
