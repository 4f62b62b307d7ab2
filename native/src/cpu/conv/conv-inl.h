// SPDX-License-Identifier: Apache-2.0
// Convolution and the gradient of its input: blocks of patches times the weights, which are put in the order of the
// patches first. Each block is one product on one thread.

// Patches in a block. 128: as many rows as the product takes without packing the weights again for each block; fewer
// where a block would leave the L2 cache, but never below 64, since every block reads all weights.
constexpr int64_t kConvRows = 128, kConvFewestRows = 64, kConvBlockFloats = 1 << 16;

inline int64_t conv_rows(int64_t patch) {
  const int64_t fitting = kConvBlockFloats / patch / kTileRows * kTileRows;
  return fitting < kConvFewestRows ? kConvFewestRows : fitting < kConvRows ? fitting : kConvRows;
}

// Floats from one patch to the next: never a multiple of 4 KiB, where rows would compete for the same cache lines.
inline int64_t patch_stride(int64_t patch) { return rows_collide(patch) ? patch + kLanes : patch; }

// ordered[g, tap, from, to]: the weights of group g as the right side of a product with patches. Of weight[co, ci,
// tap], `from` is ci and `to` is co on the way forward, and the reverse on the way back.
inline void order_weights(const ConvParams& p, int64_t taps, bool forward, const float* weight, float* ordered) {
  const int64_t ins = p.in_channels / p.groups, outs = p.out_channels / p.groups;
  const int64_t from = forward ? ins : outs, to = forward ? outs : ins;
  parallel_for(p.groups * taps, row_grain(from * to), [=](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t group = i / taps, tap = i % taps;
      float* target = ordered + i * from * to;
      for (int64_t f = 0; f < from; ++f)
        for (int64_t t = 0; t < to; ++t) {
          const int64_t co = group * outs + (forward ? t : f), ci = forward ? f : t;
          *target++ = weight[(co * ins + ci) * taps + tap];
        }
    }
  });
}

inline size_t weight_bytes(const ConvParams& p, const ConvAxes& axes) {
  return static_cast<size_t>(p.out_channels * (p.in_channels / p.groups) * axes.taps()) * sizeof(float);
}

// One convolution as products: the same for both directions.
struct ConvProduct {
  const ConvAxes& axes;
  const float* source;   // [batch, sources, groups * from]
  const float* weights;  // ordered
  float* target;         // [batch, targets, groups * to]
  int64_t batch, groups;
  int64_t from, to;  // channels of a group on either side
  Epilogue epilogue;
};

inline void run_conv_product(const ConvProduct& c) {
  const int64_t patch = c.axes.taps() * c.from, total = c.batch * c.axes.targets();
  const int64_t rows = conv_rows(patch), stride = patch_stride(patch), blocks = divide_up(total, rows);
  const bool in_place = c.axes.pointwise();
  const int64_t patches = in_place ? 0 : rows * stride, workspace = gemm_workspace(rows, c.to, patch);
  const int64_t all_from = c.groups * c.from, all_to = c.groups * c.to;
  const Scratch scratch(static_cast<size_t>((patches + workspace) * thread_count()) * sizeof(float));
  parallel_for(blocks, divide_up(kParallelWork, 2 * rows * patch * all_to + 1),
               [&](int64_t first, int64_t last, int w) {
                 float* own = scratch.floats() + w * (patches + workspace);
                 for (int64_t block = first; block < last; ++block) {
                   const int64_t begin = block * rows, end = smaller(total, begin + rows);
                   for (int64_t g = 0; g < c.groups; ++g) {
                     View left{c.source + begin * all_from + g * c.from, all_from, 1};
                     if (!in_place) {
                       fill_patches(c.axes, {c.source, all_from, g * c.from, c.from}, begin, end, own, stride);
                       left = {own, stride, 1};
                     }
                     const int64_t at = begin * all_to + g * c.to;
                     Gemm product{end - begin,   c.to,  patch, left, matrix(c.weights + g * patch * c.to, c.to, false),
                                  c.target + at, all_to};
                     const Epilogue& e = c.epilogue;
                     product.epilogue = {e.bias == nullptr ? nullptr : e.bias + g * c.to, e.activation,
                                         e.pre == nullptr ? nullptr : e.pre + at};
                     gemm_block(product, own + patches);
                   }
                 }
               });
}

inline void conv_f32(const float* in, const float* weight, const float* bias, float* out, float* pre,
                     const ConvForwardParams& p) {
  const Epilogue epilogue{p.has_bias ? bias : nullptr, static_cast<Activation>(p.activation),
                          p.has_pre ? pre : nullptr};
  const ConvAxes axes(p, ConvAxes::kFromOutput);
  if (is_depthwise(p)) return depthwise(p, axes, in, weight, out, epilogue);
  const Scratch ordered(weight_bytes(p, axes));
  order_weights(p, axes.taps(), true, weight, ordered.floats());
  run_conv_product({axes, in, ordered.floats(), out, p.batch, p.groups, p.in_channels / p.groups,
                    p.out_channels / p.groups, epilogue});
}

inline void conv_grad_in_f32(const float* grad_out, const float* weight, float* grad_in, const ConvParams& p) {
  const ConvAxes axes(p, ConvAxes::kFromInput);
  if (is_depthwise(p)) return depthwise(p, axes, grad_out, weight, grad_in, {});
  const Scratch ordered(weight_bytes(p, axes));
  order_weights(p, axes.taps(), false, weight, ordered.floats());
  run_conv_product({axes,
                    grad_out,
                    ordered.floats(),
                    grad_in,
                    p.batch,
                    p.groups,
                    p.out_channels / p.groups,
                    p.in_channels / p.groups,
                    {}});
}
