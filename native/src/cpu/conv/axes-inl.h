// SPDX-License-Identifier: Apache-2.0
// Where the windows of a convolution lie. Both directions are the same walk: each target gathers, tap by tap, from the
// source positions that its window covers. Forward, the targets are the output and the source is the input; for the
// gradient of the input, or a transposed convolution, it is the reverse. There, with a stride, the taps that meet a
// target depend on its remainder: such a convolution is made of parts, one for each remainder, none of which multiplies
// the zeros between strides.

// One axis of a part. Target i is position target_first + i * target_step of the result, tap k is element tap_first + k
// * tap_step of the kernel, and the two meet in position source_first + i * by_target + k * by_tap of the source.
struct ConvAxis {
  int64_t targets, target_first, target_step;
  int64_t taps, tap_first, tap_step;
  int64_t sources, source_first, by_target, by_tap;  // by_tap > 0

  // The position of the source, or -1 outside it.
  int64_t at(int64_t target, int64_t tap) const {
    const int64_t source = source_first + target * by_target + tap * by_tap;
    return source >= 0 && source < sources ? source : -1;
  }
  // The taps of a target that lie in the source are [first_inside, end_inside), unless that is empty.
  int64_t first_inside(int64_t target) const {
    const int64_t start = source_first + target * by_target;
    return start < 0 ? smaller(taps, divide_up(-start, by_tap)) : 0;
  }
  int64_t end_inside(int64_t target) const {
    const int64_t left = sources - 1 - source_first - target * by_target;
    return left < 0 ? 0 : smaller(taps, left / by_tap + 1);
  }
  int64_t position(int64_t target) const { return target_first + target * target_step; }
  int64_t lowest() const { return source_first; }
  int64_t highest() const { return source_first + (targets - 1) * by_target + (taps - 1) * by_tap; }
};

inline ConvAxis forward_axis(const ConvParams& p, int axis) {
  return {p.out_size.size[axis],
          0,
          1,
          p.kernel.size[axis],
          0,
          1,
          p.in_size.size[axis],
          -p.padding.size[axis],
          p.stride.size[axis],
          p.dilation.size[axis]};
}

inline int64_t greatest_divisor(int64_t a, int64_t b) { return b == 0 ? a : greatest_divisor(b, a % b); }

// Of the targets that leave `remainder` when divided by the stride: o * stride = target + padding - k * dilation. Taps
// run backwards through the kernel, so that they run forwards through the source.
inline ConvAxis backward_axis(const ConvParams& p, int axis, int64_t remainder) {
  const int64_t stride = p.stride.size[axis], dilation = p.dilation.size[axis], kernel = p.kernel.size[axis];
  const int64_t divisor = greatest_divisor(stride, dilation), step = stride / divisor;
  const int64_t start = remainder + p.padding.size[axis];
  ConvAxis a{(p.in_size.size[axis] - remainder + stride - 1) / stride,
             remainder,
             stride,
             0,
             0,
             -step,
             p.out_size.size[axis],
             0,
             1,
             dilation / divisor};
  int64_t first = 0;
  while (first < step && first < kernel && (start - first * dilation) % stride != 0) ++first;
  if (first >= step || first >= kernel) return a;
  a.taps = (kernel - 1 - first) / step + 1;
  a.tap_first = first + (a.taps - 1) * step;
  a.source_first = (start - a.tap_first * dilation) / stride;
  return a;
}

// A convolution, or the targets of one that share their taps.
struct ConvPart {
  ConvAxis depth, height, width;

  int64_t targets() const { return depth.targets * height.targets * width.targets; }
  int64_t taps() const { return depth.taps * height.taps * width.taps; }
};

struct ConvParts {
  enum Side { kFromOutput, kFromInput };

  const ConvParams& p;
  Side side;

  // Remainders along an axis that some target leaves.
  int64_t remainders(int axis) const {
    if (side == kFromOutput) return 1;
    const int64_t stride = p.stride.size[axis], size = p.in_size.size[axis];
    return stride < size ? stride : size;
  }
  int64_t count() const { return remainders(0) * remainders(1) * remainders(2); }

  ConvPart part(int64_t i) const {
    if (side == kFromOutput) return {forward_axis(p, 0), forward_axis(p, 1), forward_axis(p, 2)};
    const int64_t x = i % remainders(2), y = i / remainders(2) % remainders(1), z = i / remainders(2) / remainders(1);
    return {backward_axis(p, 0, z), backward_axis(p, 1, y), backward_axis(p, 2, x)};
  }

  // Elements of the whole kernel.
  int64_t taps() const { return p.kernel.size[0] * p.kernel.size[1] * p.kernel.size[2]; }
  const Dims& source_size() const { return side == kFromOutput ? p.in_size : p.out_size; }
  const Dims& target_size() const { return side == kFromOutput ? p.out_size : p.in_size; }

  // The position in the whole result, counted through the batch, of a target of a part.
  int64_t position(const ConvPart& part, int64_t example, int64_t z, int64_t y, int64_t x) const {
    const Dims& size = target_size();
    return ((example * size.size[0] + part.depth.position(z)) * size.size[1] + part.height.position(y)) * size.size[2] +
           part.width.position(x);
  }

  // Channels of a group on either side.
  int64_t from() const { return (side == kFromOutput ? p.in_channels : p.out_channels) / p.groups; }
  int64_t to() const { return (side == kFromOutput ? p.out_channels : p.in_channels) / p.groups; }
};

// Calls f(index, element) for the taps of a part in order, `element` being the element of the kernel.
template <class Function>
inline void for_each_element(const ConvParams& p, const ConvPart& part, const Function& f) {
  const int64_t height = p.kernel.size[1], width = p.kernel.size[2];
  int64_t index = 0;
  for (int64_t z = 0; z < part.depth.taps; ++z)
    for (int64_t y = 0; y < part.height.taps; ++y)
      for (int64_t x = 0; x < part.width.taps; ++x, ++index) {
        const int64_t kz = part.depth.tap_first + z * part.depth.tap_step;
        const int64_t ky = part.height.tap_first + y * part.height.tap_step;
        f(index, (kz * height + ky) * width + part.width.tap_first + x * part.width.tap_step);
      }
}

inline void copy_floats(const float* from, float* to, int64_t count) {
  for_vectors(0, count, [=](int64_t i, int lanes) { store_lanes(to + i, load_lanes(from + i, lanes), lanes); });
}

inline void clear_floats(float* to, int64_t count) {
  for_vectors(0, count, [=](int64_t i, int lanes) { store_lanes(to + i, zero(), lanes); });
}
