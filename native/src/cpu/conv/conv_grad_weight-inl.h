// SPDX-License-Identifier: Apache-2.0
// The gradient of a convolution's weights: transposed patches times the gradient of the output, summed over blocks of
// positions. The positions are divided into a number of parts that depends on the sizes alone, each with sums of its
// own, and the parts are added in order: the result does not depend on the number of threads.

// Patches in a block. 256: the sums are read and written once for each block, so longer than conv_rows.
constexpr int64_t kConvGradRows = 256;
// Parts: 16 keeps many threads busy; fewer where the sums of all parts would take more than 64 MiB.
constexpr int64_t kConvGradParts = 16, kConvGradFloats = 1 << 24;

// Output channels that are put in order together: 16 floats are a cache line of the sums.
constexpr int64_t kConvGradLine = 16;

inline void add_conv_grad(const ConvParams& p, const ConvAxes& axes, const float* in, const float* grad_out,
                          int64_t begin, int64_t end, float* sums, float* own) {
  const int64_t ins = p.in_channels / p.groups, outs = p.out_channels / p.groups;
  const int64_t patch = axes.taps() * ins, stride = patch_stride(patch);
  const bool in_place = axes.pointwise();
  for (int64_t row = begin; row < end; row += kConvGradRows) {
    const int64_t rows = smaller(kConvGradRows, end - row);
    for (int64_t g = 0; g < p.groups; ++g) {
      View patches{in + row * p.in_channels + g * ins, 1, p.in_channels};  // transposed
      if (!in_place) {
        fill_patches(axes, {in, p.in_channels, g * ins, ins}, row, row + rows, own, stride);
        patches = {own, 1, stride};
      }
      Gemm product{patch,
                   outs,
                   rows,
                   patches,
                   matrix(grad_out + row * p.out_channels + g * outs, p.out_channels, false),
                   sums + g * patch * outs,
                   outs};
      product.beta = 1;
      gemm_block(product, own + (in_place ? 0 : kConvGradRows * stride));
    }
  }
}

inline void conv_grad_weight_f32(const float* in, const float* grad_out, float* grad_weight, const ConvParams& p) {
  const ConvAxes axes(p, ConvAxes::kFromOutput);
  const int64_t ins = p.in_channels / p.groups, outs = p.out_channels / p.groups, taps = axes.taps();
  const int64_t patch = taps * ins, size = p.groups * patch * outs, total = p.batch * axes.targets();
  const int64_t most = kConvGradFloats / size < 1 ? 1 : smaller(kConvGradParts, kConvGradFloats / size);
  const int64_t parts = smaller(most, divide_up(total, kConvGradRows) < 1 ? 1 : divide_up(total, kConvGradRows));
  const int64_t part_rows = divide_up(total, parts);
  const bool depthwise = is_depthwise(p);
  const int64_t patches = depthwise || axes.pointwise() ? 0 : kConvGradRows * patch_stride(patch);
  const int64_t own = depthwise ? 0 : patches + gemm_workspace(patch, outs, kConvGradRows);
  const Scratch scratch(static_cast<size_t>(parts * size + own * thread_count()) * sizeof(float));
  float* sums = scratch.floats();  // [parts, groups, taps, ins, outs]
  parallel_for(parts, 1, [&](int64_t first, int64_t last, int worker) {
    for (int64_t part = first; part < last; ++part) {
      float* mine = sums + part * size;
      clear_floats(mine, size);
      const int64_t begin = part * part_rows, end = smaller(total, begin + part_rows);
      if (depthwise) {
        add_depthwise_grad(axes, in, grad_out, p.groups, begin, end, mine);
      } else {
        add_conv_grad(p, axes, in, grad_out, begin, end, mine, sums + parts * size + worker * own);
      }
    }
  });
  parallel_for(size, kElementGrain, [=](int64_t begin, int64_t end, int) {
    for (int64_t part = 1; part < parts; ++part)
      for_vectors(begin, end, [=](int64_t i, int lanes) {
        store_lanes(sums + i, add(load_lanes(sums + i, lanes), load_lanes(sums + part * size + i, lanes)), lanes);
      });
  });
  // Depthwise sums are [taps, groups]; the others [groups, taps, ins, outs].
  const int64_t tap_step = depthwise ? p.groups : ins * outs, group_step = depthwise ? 1 : patch * outs;
  const int64_t blocks = divide_up(outs, kConvGradLine);
  parallel_for(p.groups * blocks, row_grain(patch * kConvGradLine), [=](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t group = i / blocks, first = i % blocks * kConvGradLine;
      const int64_t last = smaller(outs, first + kConvGradLine);
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t ci = 0; ci < ins; ++ci) {
          const float* from = sums + group * group_step + tap * tap_step + ci * outs;
          for (int64_t co = first; co < last; ++co)
            grad_weight[((group * outs + co) * ins + ci) * taps + tap] = from[co];
        }
    }
  });
}
