// SPDX-License-Identifier: Apache-2.0
// Patches: for one position of a convolution's result, all that its window covers of the source, one after the other.
// A block of patches is a matrix, and the convolution of the block its product with the weights.

// For each position along one axis and each element of the kernel: the position of the source, or -1 outside it.
struct ConvAxis {
  int64_t targets, sources, kernel;
  int32_t* table;  // [targets, kernel]

  int32_t at(int64_t target, int64_t k) const { return table[target * kernel + k]; }
};

// The three axes, seen from the output (the source is the input: forward) or from the input (the source is the output:
// the gradient of the input, or a transposed convolution).
struct ConvAxes {
  enum Side { kFromOutput, kFromInput };

  Scratch scratch;
  ConvAxis axis[3];

  ConvAxes(const ConvParams& p, Side side) : scratch(numbers(p, side) * sizeof(int32_t)) {
    int32_t* memory = static_cast<int32_t*>(scratch.data());
    for (int i = 0; i < 3; ++i) {
      const int64_t in = p.in_size.size[i], out = p.out_size.size[i], kernel = p.kernel.size[i];
      axis[i] = side == kFromOutput ? ConvAxis{out, in, kernel, memory} : ConvAxis{in, out, kernel, memory};
      for (int64_t target = 0; target < axis[i].targets; ++target)
        for (int64_t k = 0; k < kernel; ++k) {
          const int64_t shift = k * p.dilation.size[i] - p.padding.size[i], stride = p.stride.size[i];
          int64_t source = side == kFromOutput ? target * stride + shift : target - shift;
          if (side == kFromInput) source = source % stride == 0 ? source / stride : -1;
          *memory++ = source >= 0 && source < axis[i].sources ? static_cast<int32_t>(source) : -1;
        }
    }
  }

  int64_t targets() const { return axis[0].targets * axis[1].targets * axis[2].targets; }
  int64_t taps() const { return axis[0].kernel * axis[1].kernel * axis[2].kernel; }

  // Whether every patch is the source position of the same number.
  bool pointwise() const {
    for (const ConvAxis& a : axis)
      if (a.kernel != 1 || a.targets != a.sources || a.at(0, 0) != 0 || a.at(a.targets - 1, 0) != a.targets - 1)
        return false;
    return true;
  }

 private:
  static size_t numbers(const ConvParams& p, Side side) {
    int64_t total = 0;
    for (int i = 0; i < 3; ++i)
      total += (side == kFromOutput ? p.out_size.size[i] : p.in_size.size[i]) * p.kernel.size[i];
    return static_cast<size_t>(total);
  }
};

inline void copy_floats(const float* from, float* to, int64_t count) {
  for_vectors(0, count, [=](int64_t i, int lanes) { store_lanes(to + i, load_lanes(from + i, lanes), lanes); });
}

inline void clear_floats(float* to, int64_t count) {
  for_vectors(0, count, [=](int64_t i, int lanes) { store_lanes(to + i, zero(), lanes); });
}

// What the patches are taken from: [batch, depth, height, width, all_channels], of which `channels` from
// `first_channel` on.
struct ConvSource {
  const float* data;
  int64_t all_channels, first_channel, channels;
};

// Writes the patches of the targets [begin, end), counted through the batch, to the rows of `patches`: for each element
// of the kernel its channels, zero outside the source. Rows are `stride` floats apart.
inline void fill_patches(const ConvAxes& a, const ConvSource& s, int64_t begin, int64_t end, float* patches,
                         int64_t stride) {
  const ConvAxis &depth = a.axis[0], &height = a.axis[1], &width = a.axis[2];
  const bool whole = s.channels == s.all_channels;  // neighbouring positions are then neighbours in memory
  for (int64_t target = begin; target < end; ++target, patches += stride) {
    const int64_t x = target % width.targets, rows = target / width.targets;
    const int64_t y = rows % height.targets, planes = rows / height.targets;
    const int64_t z = planes % depth.targets, example = planes / depth.targets;
    float* to = patches;
    for (int64_t kz = 0; kz < depth.kernel; ++kz)
      for (int64_t ky = 0; ky < height.kernel; ++ky) {
        const int64_t source_z = depth.at(z, kz), source_y = height.at(y, ky);
        if (source_z < 0 || source_y < 0) {
          clear_floats(to, width.kernel * s.channels);
          to += width.kernel * s.channels;
          continue;
        }
        const int64_t row = (example * depth.sources + source_z) * height.sources + source_y;
        const float* line = s.data + row * width.sources * s.all_channels + s.first_channel;
        const int32_t* source_x = width.table + x * width.kernel;
        for (int64_t kx = 0; kx < width.kernel;) {
          int64_t run = 1;
          if (source_x[kx] < 0) {
            clear_floats(to, s.channels);
          } else {
            while (whole && kx + run < width.kernel && source_x[kx + run] == source_x[kx] + run) ++run;
            copy_floats(line + source_x[kx] * s.all_channels, to, run * s.channels);
          }
          to += run * s.channels;
          kx += run;
        }
      }
  }
}
