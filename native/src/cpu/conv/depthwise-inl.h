// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution, one input channel for each output channel: a vector of channels at a time, no products of
// matrices.

inline bool is_depthwise(const ConvParams& p) { return p.groups == p.in_channels && p.groups == p.out_channels; }

// A target of a part: its place along each axis.
struct ConvTarget {
  int64_t example, z, y, x;

  ConvTarget(const ConvPart& part, int64_t target)
      : example(target / part.targets()),
        z(target / (part.width.targets * part.height.targets) % part.depth.targets),
        y(target / part.width.targets % part.height.targets),
        x(target % part.width.targets) {}
};

// Calls f(tap, position) for what the window of a target covers of the source; `position` counts through the batch.
template <class Function>
inline void for_each_conv_tap(const ConvPart& part, const ConvTarget& t, const Function& f) {
  const ConvAxis &depth = part.depth, &height = part.height, &width = part.width;
  int64_t tap = 0;
  for (int64_t kz = 0; kz < depth.taps; ++kz)
    for (int64_t ky = 0; ky < height.taps; ++ky)
      for (int64_t kx = 0; kx < width.taps; ++kx, ++tap) {
        const int64_t z = depth.at(t.z, kz), y = height.at(t.y, ky), x = width.at(t.x, kx);
        if (z < 0 || y < 0 || x < 0) continue;
        f(tap, ((t.example * depth.sources + z) * height.sources + y) * width.sources + x);
      }
}

// target[t, c] = activation(bias[c] + sum over taps of source[t', c] * weight[c, tap]), in either direction.
inline void depthwise(const ConvParts& parts, const float* source, const float* weight, float* target,
                      const Epilogue& epilogue) {
  const int64_t channels = parts.p.groups, taps = parts.taps();
  const Scratch scratch(static_cast<size_t>(taps * channels) * sizeof(float));
  for (int64_t i = 0; i < parts.count(); ++i) {
    const ConvPart part = parts.part(i);
    float* by_tap = scratch.floats();  // [taps of the part, channels]
    for_each_element(parts.p, part, [&](int64_t tap, int64_t element) {
      for (int64_t c = 0; c < channels; ++c) by_tap[tap * channels + c] = weight[c * taps + element];
    });
    parallel_for(parts.p.batch * part.targets(), row_grain(channels * taps), [&](int64_t begin, int64_t end, int) {
      for (int64_t at = begin; at < end; ++at) {
        const ConvTarget t(part, at);
        const int64_t row = parts.position(part, t.example, t.z, t.y, t.x) * channels;
        for_vectors(0, channels, [&](int64_t c, int lanes) {
          F32 sum = zero();
          for_each_conv_tap(part, t, [&](int64_t tap, int64_t position) {
            sum = mul_add(load_lanes(source + position * channels + c, lanes),
                          load_lanes(by_tap + tap * channels + c, lanes), sum);
          });
          store_lanes(target + row + c, sum, lanes);
        });
        if (!epilogue.empty())
          finish({epilogue.bias, epilogue.activation, epilogue.pre == nullptr ? nullptr : epilogue.pre + row}, 1,
                 channels, target + row, channels);
      }
    });
  }
}

// sums[tap, c] += sum over the targets [begin, end) of grad_out[t, c] * in[t', c].
inline void add_depthwise_grad(const ConvPart& part, const float* in, const float* grad_out, int64_t channels,
                               int64_t begin, int64_t end, float* sums) {
  for (int64_t t = begin; t < end; ++t)
    for_each_conv_tap(part, ConvTarget(part, t), [&](int64_t tap, int64_t position) {
      float* to = sums + tap * channels;
      for_vectors(0, channels, [&](int64_t c, int lanes) {
        const F32 product = mul_add(load_lanes(grad_out + t * channels + c, lanes),
                                    load_lanes(in + position * channels + c, lanes), load_lanes(to + c, lanes));
        store_lanes(to + c, product, lanes);
      });
    });
}

// The positions are divided into a number of shares that depends on the sizes alone, each with sums of its own.
constexpr int64_t kDepthwiseShares = 16, kDepthwiseShareRows = 256;

inline void depthwise_grad_weight(const ConvParts& parts, const float* in, const float* grad_out, float* grad_weight) {
  const ConvPart part = parts.part(0);
  const int64_t channels = parts.p.groups, taps = parts.taps(), size = taps * channels;
  const int64_t total = parts.p.batch * part.targets(), fewest = divide_up(total, kDepthwiseShareRows);
  const int64_t shares = fewest < 1 ? 1 : smaller(kDepthwiseShares, fewest), rows = divide_up(total, shares);
  const Scratch scratch(static_cast<size_t>(shares * size) * sizeof(float));
  float* sums = scratch.floats();  // [shares, taps, channels]
  parallel_for(shares, 1, [&](int64_t first, int64_t last, int) {
    for (int64_t share = first; share < last; ++share) {
      clear_floats(sums + share * size, size);
      add_depthwise_grad(part, in, grad_out, channels, share * rows, smaller(total, share * rows + rows),
                         sums + share * size);
    }
  });
  for (int64_t share = 1; share < shares; ++share)
    for_vectors(0, size, [=](int64_t i, int lanes) {
      store_lanes(sums + i, add(load_lanes(sums + i, lanes), load_lanes(sums + share * size + i, lanes)), lanes);
    });
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t tap = 0; tap < taps; ++tap) grad_weight[c * taps + tap] = sums[tap * channels + c];
}
