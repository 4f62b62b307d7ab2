// SPDX-License-Identifier: Apache-2.0
// The microkernel of the gradient of a convolution's weights: a tile of input channels x output channels in registers,
// summed over runs of positions. Both operands are read where adjacent channels are adjacent floats.

// Adjacent positions of one line: where the first one's row of `in` is, and the number of its row of gradients.
struct ConvRun {
  const float* in;
  int64_t position, length;
};

struct ConvGradTile {
  const ConvRun* runs;
  int64_t count;
  const float* gradients;
  int64_t in_step, step;  // floats from one position to the next
  int64_t in_offset;      // to the first channel that is read
  float* sums;            // [rows, width]
  int64_t width;
  bool accumulate;
};

template <int kRows, int kVectors>
[[gnu::noinline, gnu::flatten]] void conv_grad_tile(const ConvGradTile& t) {
  F32 sums[kRows][kVectors];
  unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int v) { sums[r][v] = zero(); }); });
  const int64_t in_step = t.in_step, step = t.step;
  for (const ConvRun *run = t.runs, *end = run + t.count; run < end; ++run) {
    const float *in = run->in + t.in_offset, *gradients = t.gradients + run->position * step;
    for (int64_t p = run->length; p > 0; --p, in += in_step, gradients += step) {
      F32 row[kVectors];
      unrolled<kVectors>([&](int v) { row[v] = load(gradients + v * kLanes); });
      unrolled<kRows>([&](int r) {
        const F32 element = splat(in[r]);
        unrolled<kVectors>([&](int v) { sums[r][v] = mul_add(element, row[v], sums[r][v]); });
      });
    }
  }
  unrolled<kRows>([&](int r) {
    unrolled<kVectors>([&](int v) {
      float* to = t.sums + r * t.width + v * kLanes;
      store(to, t.accumulate ? add(load(to), sums[r][v]) : sums[r][v]);
    });
  });
}

// The same for rows that need not be neighbours, each with runs of its own: rows of few channels, from several heads.
struct ConvGradRows {
  const ConvRun* runs;  // [head, stride]
  int64_t stride, count;
  int64_t head_rows, first;  // rows of a head, and the first row of the tile, counted through the heads
};

template <int kRows, int kVectors>
[[gnu::noinline, gnu::flatten]] void conv_grad_rows(const ConvGradRows& rows, const ConvGradTile& t) {
  F32 sums[kRows][kVectors];
  unrolled<kRows>([&](int r) { unrolled<kVectors>([&](int v) { sums[r][v] = zero(); }); });
  const ConvRun* runs[kRows];
  int64_t offsets[kRows];
  for (int r = 0; r < kRows; ++r) {
    runs[r] = rows.runs + (rows.first + r) / rows.head_rows * rows.stride;
    offsets[r] = (rows.first + r) % rows.head_rows;
  }
  const int64_t in_step = t.in_step, step = t.step;
  for (int64_t i = 0; i < rows.count; ++i) {
    const float* in[kRows];
    unrolled<kRows>([&](int r) { in[r] = runs[r][i].in + offsets[r]; });
    const float* gradients = t.gradients + runs[0][i].position * step;
    const int64_t end = runs[0][i].length * in_step;
    for (int64_t at = 0; at < end; at += in_step, gradients += step) {
      F32 row[kVectors];
      unrolled<kVectors>([&](int v) { row[v] = load(gradients + v * kLanes); });
      unrolled<kRows>([&](int r) {
        const F32 element = splat(in[r][at]);
        unrolled<kVectors>([&](int v) { sums[r][v] = mul_add(element, row[v], sums[r][v]); });
      });
    }
  }
  unrolled<kRows>([&](int r) {
    unrolled<kVectors>([&](int v) {
      float* to = t.sums + r * t.width + v * kLanes;
      store(to, t.accumulate ? add(load(to), sums[r][v]) : sums[r][v]);
    });
  });
}

// Runs the instance of so many rows and vectors.
template <int kVectors = kConvVectors, int kRows = conv_line_rows(kVectors)>
inline void run_conv_grad_rows(int64_t rows, int64_t vectors, const ConvGradRows& of, const ConvGradTile& t) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return run_conv_grad_rows<kVectors - 1>(rows, vectors, of, t);
  }
  if constexpr (kRows > 1) {
    if (rows < kRows) return run_conv_grad_rows<kVectors, kRows - 1>(rows, vectors, of, t);
  }
  conv_grad_rows<kRows, kVectors>(of, t);
}

// Runs the smallest instance that covers the rows and vectors.
template <int kRows = kConvManyRows, int kVectors = kConvVectors>
inline void run_conv_grad_tile(int64_t rows, int64_t vectors, const ConvGradTile& t) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return run_conv_grad_tile<kRows, kVectors - 1>(rows, vectors, t);
  }
  if constexpr (kRows > 1) {
    if (rows < kRows || kRows > conv_tile_rows(kVectors))
      return run_conv_grad_tile<kRows - 1, kVectors>(rows, vectors, t);
  }
  if constexpr (kRows <= conv_tile_rows(kVectors)) conv_grad_tile<kRows, kVectors>(t);
}
