// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution, one input channel for each output channel: a vector of channels at a time, no products of
// matrices.

inline bool is_depthwise(const ConvParams& p) { return p.groups == p.in_channels && p.groups == p.out_channels; }

// Calls f(tap, position) for what the patch of a target covers of the source; `position` counts through the batch.
template <class Function>
inline void for_each_conv_tap(const ConvAxes& a, int64_t target, const Function& f) {
  const ConvAxis &depth = a.axis[0], &height = a.axis[1], &width = a.axis[2];
  const int64_t x = target % width.targets, rows = target / width.targets;
  const int64_t y = rows % height.targets, planes = rows / height.targets;
  const int64_t z = planes % depth.targets, example = planes / depth.targets;
  int64_t tap = 0;
  for (int64_t kz = 0; kz < depth.kernel; ++kz)
    for (int64_t ky = 0; ky < height.kernel; ++ky)
      for (int64_t kx = 0; kx < width.kernel; ++kx, ++tap) {
        const int64_t sz = depth.at(z, kz), sy = height.at(y, ky), sx = width.at(x, kx);
        if (sz < 0 || sy < 0 || sx < 0) continue;
        f(tap, ((example * depth.sources + sz) * height.sources + sy) * width.sources + sx);
      }
}

// target[t, c] = activation(bias[c] + sum over taps of source[t', c] * weight[c, tap]), in either direction.
inline void depthwise(const ConvParams& p, const ConvAxes& axes, const float* source, const float* weight,
                      float* target, const Epilogue& epilogue) {
  const int64_t channels = p.groups, taps = axes.taps();
  const Scratch scratch(static_cast<size_t>(taps * channels) * sizeof(float));
  float* by_tap = scratch.floats();  // [taps, channels]
  for (int64_t tap = 0; tap < taps; ++tap)
    for (int64_t c = 0; c < channels; ++c) by_tap[tap * channels + c] = weight[c * taps + tap];
  parallel_for(p.batch * axes.targets(), row_grain(channels * taps), [&](int64_t begin, int64_t end, int) {
    for (int64_t t = begin; t < end; ++t) {
      float* out = target + t * channels;
      for_vectors(0, channels, [&](int64_t c, int lanes) {
        F32 sum = zero();
        for_each_conv_tap(axes, t, [&](int64_t tap, int64_t position) {
          sum = mul_add(load_lanes(source + position * channels + c, lanes),
                        load_lanes(by_tap + tap * channels + c, lanes), sum);
        });
        store_lanes(out + c, sum, lanes);
      });
      if (!epilogue.empty())
        finish({epilogue.bias, epilogue.activation, epilogue.pre == nullptr ? nullptr : epilogue.pre + t * channels}, 1,
               channels, out, channels);
    }
  });
}

// sums[tap, c] += sum over the targets [begin, end) of grad_out[t, c] * in[t', c].
inline void add_depthwise_grad(const ConvAxes& axes, const float* in, const float* grad_out, int64_t channels,
                               int64_t begin, int64_t end, float* sums) {
  for (int64_t t = begin; t < end; ++t)
    for_each_conv_tap(axes, t, [&](int64_t tap, int64_t position) {
      float* to = sums + tap * channels;
      for_vectors(0, channels, [&](int64_t c, int lanes) {
        const F32 product = mul_add(load_lanes(grad_out + t * channels + c, lanes),
                                    load_lanes(in + position * channels + c, lanes), load_lanes(to + c, lanes));
        store_lanes(to + c, product, lanes);
      });
    });
}
