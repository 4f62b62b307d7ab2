// SPDX-License-Identifier: Apache-2.0
// Normalization over groups of channels: sums of blocks of positions for each channel, a vector of channels at a time;
// then sums of the blocks for each group, in float64; then one pass over the elements.

// Elements of a block, and so the positions that are summed together. 16384: a block stays in the cache of a core
// between its two passes, and the blocks of a batch are many more than threads.
constexpr int64_t kNormBlockElements = 16384;

// How the positions of all examples are cut into blocks; no block has positions of two examples.
struct NormBlocks {
  int64_t positions, rows, per_example, count;  // rows: positions of a whole block

  explicit NormBlocks(const GroupNormParams& p) : positions(p.positions) {
    rows = p.channels < kNormBlockElements ? kNormBlockElements / p.channels : 1;
    per_example = (positions + rows - 1) / rows;
    count = p.batch * per_example;
  }
  int64_t rows_of(int64_t block) const {
    const int64_t left = positions - block % per_example * rows;
    return left < rows ? left : rows;
  }
  // The first row of a block, counted through all examples.
  int64_t first_row(int64_t block) const { return block / per_example * positions + block % per_example * rows; }
};

// sum of f(row) for row in [0, rows), in four sums so that additions do not wait for each other.
template <class Term>
inline F32 sum_rows(int64_t rows, const Term& f) {
  F32 sums[4] = {zero(), zero(), zero(), zero()};
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4)
    for (int k = 0; k < 4; ++k) sums[k] = add(sums[k], f(r + k));
  for (; r < rows; ++r) sums[0] = add(sums[0], f(r));
  return add(add(sums[0], sums[1]), add(sums[2], sums[3]));
}

// The mean of each channel over a block, and the sum of squared deviations from it: two passes, since E[x^2] - mean^2
// cancels.
inline void block_statistics(const float* x, int64_t rows, int64_t channels, float* means, float* squares) {
  for_vectors(0, channels, [&](int64_t c, int lanes) {
    const F32 sum = sum_rows(rows, [&](int64_t r) { return load_lanes(x + r * channels + c, lanes); });
    const F32 mean = div(sum, splat(static_cast<float>(rows)));
    store_lanes(means + c, mean, lanes);
    const F32 squared = sum_rows(rows, [&](int64_t r) {
      const F32 deviation = sub(load_lanes(x + r * channels + c, lanes), mean);
      return mul(deviation, deviation);
    });
    store_lanes(squares + c, squared, lanes);
  });
}

// out = (in - mean[c]) * scale[c] + bias[c], the tables of mean and scale being those of the row's example.
inline void scale_rows(const float* in, const float* means, const float* scales, const float* bias, float* out,
                       int64_t batch, int64_t positions, int64_t channels) {
  parallel_for(batch * positions, row_grain(channels), [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t table = row / positions * channels;
      for_vectors(0, channels, [&](int64_t c, int lanes) {
        const F32 centred = sub(load_lanes(in + row * channels + c, lanes), load_lanes(means + table + c, lanes));
        const F32 y = mul_add(centred, load_lanes(scales + table + c, lanes), load_lanes(bias + c, lanes));
        store_lanes(out + row * channels + c, y, lanes);
      });
    }
  });
}

inline void group_norm_f32(const float* in, const float* weight, const float* bias, float* out, float* mean,
                           float* variance, const GroupNormParams& p) {
  const int64_t channels = p.channels, size = channels / p.groups;
  const NormBlocks blocks(p);
  const int64_t tables = p.batch * channels;
  const Scratch scratch(static_cast<size_t>(2 * (blocks.count * channels + tables)) * sizeof(float));
  float* block_means = scratch.floats();
  float* block_squares = block_means + blocks.count * channels;
  float* means = block_squares + blocks.count * channels;  // of each channel of each example
  float* scales = means + tables;
  parallel_for(blocks.count, row_grain(blocks.rows * channels), [&](int64_t begin, int64_t end, int) {
    for (int64_t block = begin; block < end; ++block)
      block_statistics(in + blocks.first_row(block) * channels, blocks.rows_of(block), channels,
                       block_means + block * channels, block_squares + block * channels);
  });
  const double count = static_cast<double>(p.positions) * static_cast<double>(size);
  parallel_for(p.batch * p.groups, row_grain(blocks.per_example * size), [&](int64_t begin, int64_t end, int) {
    for (int64_t group = begin; group < end; ++group) {
      const int64_t example = group / p.groups, first = group % p.groups * size;
      double sum = 0, squares = 0;
      for (int64_t i = 0; i < blocks.per_example; ++i) {
        const int64_t block = example * blocks.per_example + i;
        const double rows = static_cast<double>(blocks.rows_of(block));
        for (int64_t c = first; c < first + size; ++c)
          sum += rows * static_cast<double>(block_means[block * channels + c]);
      }
      const double m = p.positions == 0 ? 0 : sum / count;
      for (int64_t i = 0; i < blocks.per_example; ++i) {
        const int64_t block = example * blocks.per_example + i;
        const double rows = static_cast<double>(blocks.rows_of(block));
        for (int64_t c = first; c < first + size; ++c) {
          const double deviation = static_cast<double>(block_means[block * channels + c]) - m;
          squares += static_cast<double>(block_squares[block * channels + c]) + rows * deviation * deviation;
        }
      }
      mean[group] = static_cast<float>(m);
      variance[group] = p.positions == 0 ? 0 : static_cast<float>(squares / count);
      const float inverse = 1 / sqrtf(variance[group] + p.epsilon);
      for (int64_t c = first; c < first + size; ++c) {
        means[example * channels + c] = mean[group];
        scales[example * channels + c] = inverse * weight[c];
      }
    }
  });
  scale_rows(in, means, scales, bias, out, p.batch, p.positions, channels);
}

inline void normalize_f32(const float* in, const float* weight, const float* bias, const float* mean,
                          const float* variance, float* out, const NormalizeParams& p) {
  const Scratch scratch(static_cast<size_t>(p.channels) * sizeof(float));
  float* scales = scratch.floats();
  for (int64_t c = 0; c < p.channels; ++c) scales[c] = weight[c] / sqrtf(variance[c] + p.epsilon);
  scale_rows(in, mean, scales, bias, out, 1, p.rows, p.channels);
}

// What grad_in is made of, for each channel of each example: grad_in = g * a + (in - mean) * b + c.
struct GroupNormGradTables {
  float *mean, *a, *b, *c;
};

inline void group_norm_grad_f32(const float* grad_out, const float* in, const float* weight, const float* mean,
                                const float* variance, float* grad_in, float* grad_weight, float* grad_bias,
                                const GroupNormGradParams& p) {
  const int64_t channels = p.channels, size = channels / p.groups;
  const NormBlocks blocks(p);
  const int64_t table = p.batch * channels;
  const Scratch scratch(static_cast<size_t>(2 * blocks.count * channels + 6 * table) * sizeof(float));
  float* block_sums = scratch.floats();                      // of g
  float* block_dots = block_sums + blocks.count * channels;  // of g * n
  float* sums = block_dots + blocks.count * channels;        // the same of a channel of an example
  float* dots = sums + table;
  const GroupNormGradTables tables = {dots + table, dots + 2 * table, dots + 3 * table, dots + 4 * table};
  for (int64_t i = 0; i < table; ++i) {
    const int64_t group = i / channels * p.groups + i % channels / size;
    tables.mean[i] = mean[group];
    tables.a[i] = 1 / sqrtf(variance[group] + p.epsilon);  // for now the inverse deviation alone
  }
  parallel_for(blocks.count, row_grain(blocks.rows * channels), [&](int64_t begin, int64_t end, int) {
    for (int64_t block = begin; block < end; ++block) {
      const float* g = grad_out + blocks.first_row(block) * channels;
      const float* x = in + blocks.first_row(block) * channels;
      const int64_t rows = blocks.rows_of(block), example = block / blocks.per_example;
      for_vectors(0, channels, [&](int64_t c, int lanes) {
        const F32 m = load_lanes(tables.mean + example * channels + c, lanes);
        const F32 sum = sum_rows(rows, [&](int64_t r) { return load_lanes(g + r * channels + c, lanes); });
        const F32 dot = sum_rows(rows, [&](int64_t r) {
          const F32 centred = sub(load_lanes(x + r * channels + c, lanes), m);
          return mul(load_lanes(g + r * channels + c, lanes), centred);
        });
        store_lanes(block_sums + block * channels + c, sum, lanes);
        store_lanes(block_dots + block * channels + c, mul(dot, load_lanes(tables.a + example * channels + c, lanes)),
                    lanes);
      });
    }
  });
  const double count = static_cast<double>(p.positions) * static_cast<double>(size);
  parallel_for(p.batch * p.groups, row_grain(blocks.per_example * size), [&](int64_t begin, int64_t end, int) {
    for (int64_t group = begin; group < end; ++group) {
      const int64_t example = group / p.groups, first = group % p.groups * size;
      double w_sum = 0, wn_sum = 0;
      for (int64_t c = first; c < first + size; ++c) {
        double sum = 0, dot = 0;
        for (int64_t i = 0; i < blocks.per_example; ++i) {
          const int64_t block = example * blocks.per_example + i;
          sum += static_cast<double>(block_sums[block * channels + c]);
          dot += static_cast<double>(block_dots[block * channels + c]);
        }
        sums[example * channels + c] = static_cast<float>(sum);
        dots[example * channels + c] = static_cast<float>(dot);
        w_sum += sum * static_cast<double>(weight[c]);
        wn_sum += dot * static_cast<double>(weight[c]);
      }
      const bool constant = p.constant != 0 || p.positions == 0;
      const float w_mean = constant ? 0 : static_cast<float>(w_sum / count);
      const float wn_mean = constant ? 0 : static_cast<float>(wn_sum / count);
      for (int64_t c = first; c < first + size; ++c) {
        const int64_t i = example * channels + c;
        const float inverse = tables.a[i];
        tables.a[i] = inverse * weight[c];
        tables.b[i] = -inverse * inverse * wn_mean;
        tables.c[i] = -inverse * w_mean;
      }
    }
  });
  memset(grad_weight, 0, static_cast<size_t>(channels) * sizeof(float));
  memset(grad_bias, 0, static_cast<size_t>(channels) * sizeof(float));
  for (int64_t example = 0; example < p.batch; ++example)
    for (int64_t c = 0; c < channels; ++c) {
      grad_weight[c] += dots[example * channels + c];
      grad_bias[c] += sums[example * channels + c];
    }
  parallel_for(p.batch * p.positions, row_grain(channels), [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t first = row / p.positions * channels;
      for_vectors(0, channels, [&](int64_t c, int lanes) {
        const int64_t i = first + c;
        const F32 centred = sub(load_lanes(in + row * channels + c, lanes), load_lanes(tables.mean + i, lanes));
        const F32 moved = mul_add(centred, load_lanes(tables.b + i, lanes), load_lanes(tables.c + i, lanes));
        const F32 g = load_lanes(grad_out + row * channels + c, lanes);
        store_lanes(grad_in + row * channels + c, mul_add(g, load_lanes(tables.a + i, lanes), moved), lanes);
      });
    }
  });
}
