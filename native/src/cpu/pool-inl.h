// SPDX-License-Identifier: Apache-2.0
// Pooling, a vector of channels at a time. Windows are tabulated for each axis before the threads start, and gradients
// are gathered by the input element: no two threads write to one place, and sums have one order.

// The windows along one axis, and for each input position the windows that it may be in.
struct PoolAxis {
  int64_t in, out, step;       // lengths, and the step between the positions of a window
  int64_t *begin, *end;        // [out] positions of the window that are in the input; one after the last
  int64_t* count;              // [out] positions that an average divides by
  int64_t *first, *last_plus;  // [in] windows to look at; one after the last

  static int64_t numbers(const PoolParams& p, int axis) { return 3 * p.out_size.size[axis] + 2 * p.in_size.size[axis]; }

  PoolAxis(const PoolParams& p, int axis, bool count_padding, int64_t* memory)
      : in(p.in_size.size[axis]), out(p.out_size.size[axis]), step(p.adaptive ? 1 : p.dilation.size[axis]) {
    begin = memory;
    end = begin + out;
    count = end + out;
    first = count + out;
    last_plus = first + in;
    const int64_t padding = p.padding.size[axis], kernel = p.kernel.size[axis];
    for (int64_t o = 0; o < out; ++o) {
      const int64_t start = p.adaptive ? o * in / out : o * p.stride.size[axis] - padding;
      const int64_t stop = p.adaptive ? ((o + 1) * in + out - 1) / out : start + (kernel - 1) * step + 1;
      begin[o] = start < 0 ? start + (-start + step - 1) / step * step : start;
      end[o] = stop < in ? stop : in;
      const int64_t inside = end[o] - begin[o];
      count[o] = count_padding && !p.adaptive ? (stop < in + padding ? stop : in + padding) - start : inside;
    }
    // Windows move to the right: those that reach i are from the first whose end is beyond it to the last that begins
    // before it or in the padding.
    int64_t low = 0, high = 0;
    for (int64_t i = 0; i < in; ++i) {
      while (low < out && end[low] <= i) ++low;
      while (high < out && (p.adaptive ? begin[high] : high * p.stride.size[axis] - padding) <= i) ++high;
      first[i] = low;
      last_plus[i] = high;
    }
  }
};

// The three axes and the memory behind them.
struct PoolAxes {
  Scratch scratch;
  PoolAxis depth, height, width;
  int64_t channels;

  PoolAxes(const PoolParams& p, bool count_padding)
      : scratch(static_cast<size_t>(PoolAxis::numbers(p, 0) + PoolAxis::numbers(p, 1) + PoolAxis::numbers(p, 2)) *
                sizeof(int64_t)),
        depth(p, 0, count_padding, static_cast<int64_t*>(scratch.data())),
        height(p, 1, count_padding, static_cast<int64_t*>(scratch.data()) + PoolAxis::numbers(p, 0)),
        width(p, 2, count_padding,
              static_cast<int64_t*>(scratch.data()) + PoolAxis::numbers(p, 0) + PoolAxis::numbers(p, 1)),
        channels(p.channels) {}

  int64_t in_plane() const { return depth.in * height.in * width.in; }
  int64_t out_plane() const { return depth.out * height.out * width.out; }
};

// Elements that are looked at for one element of the result: what a thread's share is measured by.
inline int64_t pool_work(int64_t from, int64_t to) { return from < to ? 1 : (from + to - 1) / to; }

// Calls f(example, z, y, x) for the positions of [batch, depth, height, width], rows of `width` shared by threads.
template <class Function>
inline void for_each_pixel(int64_t batch, int64_t depth, int64_t height, int64_t width, int64_t pixel_work,
                           const Function& f) {
  parallel_for(batch * depth * height, row_grain(width * pixel_work), [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t y = row % height, z = row / height % depth, example = row / height / depth;
      for (int64_t x = 0; x < width; ++x) f(example, z, y, x);
    }
  });
}

// Calls f(position) for the positions of window (oz, oy, ox), in order.
template <class Function>
inline void for_each_tap(const PoolAxes& a, int64_t oz, int64_t oy, int64_t ox, const Function& f) {
  for (int64_t z = a.depth.begin[oz]; z < a.depth.end[oz]; z += a.depth.step)
    for (int64_t y = a.height.begin[oy]; y < a.height.end[oy]; y += a.height.step)
      for (int64_t x = a.width.begin[ox]; x < a.width.end[ox]; x += a.width.step)
        f((z * a.height.in + y) * a.width.in + x);
}

// Calls f(oz, oy, ox) for the windows that input (z, y, x) may be in, in order.
template <class Function>
inline void for_each_window(const PoolAxes& a, int64_t z, int64_t y, int64_t x, const Function& f) {
  for (int64_t oz = a.depth.first[z]; oz < a.depth.last_plus[z]; ++oz)
    for (int64_t oy = a.height.first[y]; oy < a.height.last_plus[y]; ++oy)
      for (int64_t ox = a.width.first[x]; ox < a.width.last_plus[x]; ++ox) f(oz, oy, ox);
}

template <bool kIgnoreNan>
inline void max_pool(const float* in, float* out, int32_t* argmax, const PoolAxes& a, int64_t batch) {
  const int64_t work = a.channels * pool_work(a.in_plane(), a.out_plane());
  for_each_pixel(batch, a.depth.out, a.height.out, a.width.out, work,
                 [&](int64_t example, int64_t oz, int64_t oy, int64_t ox) {
                   const float* plane = in + example * a.in_plane() * a.channels;
                   const int64_t o = ((example * a.depth.out + oz) * a.height.out + oy) * a.width.out + ox;
                   const int64_t z = a.depth.begin[oz], y = a.height.begin[oy], x = a.width.begin[ox];
                   const bool empty = z >= a.depth.end[oz] || y >= a.height.end[oy] || x >= a.width.end[ox];
                   const int64_t first = empty ? -1 : (z * a.height.in + y) * a.width.in + x;
                   for_vectors(0, a.channels, [&](int64_t c, int lanes) {
                     F32 best = splat(-INFINITY);
                     I32 index = splat_i32(static_cast<int32_t>(first));
                     for_each_tap(a, oz, oy, ox, [&](int64_t position) {
                       const F32 value = load_lanes(plane + position * a.channels + c, lanes);
                       // nothing is larger than a NaN: once found it stays
                       const Mask larger = kIgnoreNan ? gt(value, best) : mask_or(gt(value, best), is_nan(value));
                       best = select(larger, value, best);
                       index = select(larger, splat_i32(static_cast<int32_t>(position)), index);
                     });
                     store_lanes(out + o * a.channels + c, best, lanes);
                     store_lanes(argmax + o * a.channels + c, index, lanes);
                   });
                 });
}

inline void max_pool_f32(const float* in, float* out, int32_t* argmax, const MaxPoolParams& p) {
  if (p.batch == 0 || p.channels == 0) return;
  const PoolAxes axes(p, false);
  if (p.ignore_nan)
    max_pool<true>(in, out, argmax, axes, p.batch);
  else
    max_pool<false>(in, out, argmax, axes, p.batch);
}

inline void max_pool_grad_f32(const float* grad_out, const int32_t* argmax, float* grad_in, const PoolParams& p) {
  if (p.batch == 0 || p.channels == 0) return;
  const PoolAxes a(p, false);
  const int64_t channels = p.channels;
  for_each_pixel(p.batch, a.depth.in, a.height.in, a.width.in, channels * pool_work(a.out_plane(), a.in_plane()),
                 [&](int64_t example, int64_t z, int64_t y, int64_t x) {
                   const int64_t position = (z * a.height.in + y) * a.width.in + x;
                   const I32 here = splat_i32(static_cast<int32_t>(position));
                   const int64_t windows = example * a.out_plane();
                   float* to = grad_in + (example * a.in_plane() + position) * channels;
                   for_vectors(0, channels, [&](int64_t c, int lanes) {
                     F32 sum = zero();
                     for_each_window(a, z, y, x, [&](int64_t oz, int64_t oy, int64_t ox) {
                       const int64_t o = windows + (oz * a.height.out + oy) * a.width.out + ox;
                       const Mask chosen = eq(load_lanes(argmax + o * channels + c, lanes), here);
                       sum = add(sum, select(chosen, load_lanes(grad_out + o * channels + c, lanes), zero()));
                     });
                     store_lanes(to + c, sum, lanes);
                   });
                 });
}

inline void average_pool_f32(const float* in, float* out, const AveragePoolParams& p) {
  if (p.batch == 0 || p.channels == 0) return;
  const PoolAxes a(p, p.count_padding != 0);
  const int64_t channels = p.channels;
  for_each_pixel(
      p.batch, a.depth.out, a.height.out, a.width.out, channels * pool_work(a.in_plane(), a.out_plane()),
      [&](int64_t example, int64_t oz, int64_t oy, int64_t ox) {
        const float* plane = in + example * a.in_plane() * channels;
        const int64_t o = ((example * a.depth.out + oz) * a.height.out + oy) * a.width.out + ox;
        const F32 count = splat(static_cast<float>(a.depth.count[oz] * a.height.count[oy] * a.width.count[ox]));
        for_vectors(0, channels, [&](int64_t c, int lanes) {
          F32 sum = zero();
          for_each_tap(a, oz, oy, ox,
                       [&](int64_t position) { sum = add(sum, load_lanes(plane + position * channels + c, lanes)); });
          store_lanes(out + o * channels + c, div(sum, count), lanes);
        });
      });
}

inline void average_pool_grad_f32(const float* grad_out, float* grad_in, const AveragePoolParams& p) {
  if (p.batch == 0 || p.channels == 0) return;
  const PoolAxes a(p, p.count_padding != 0);
  const int64_t channels = p.channels;
  for_each_pixel(p.batch, a.depth.in, a.height.in, a.width.in, channels * pool_work(a.out_plane(), a.in_plane()),
                 [&](int64_t example, int64_t z, int64_t y, int64_t x) {
                   const int64_t windows = example * a.out_plane();
                   const int64_t position = (z * a.height.in + y) * a.width.in + x;
                   float* to = grad_in + (example * a.in_plane() + position) * channels;
                   for_vectors(0, channels, [&](int64_t c, int lanes) {
                     F32 sum = zero();
                     for_each_window(a, z, y, x, [&](int64_t oz, int64_t oy, int64_t ox) {
                       const int64_t o = windows + (oz * a.height.out + oy) * a.width.out + ox;
                       const float count =
                           static_cast<float>(a.depth.count[oz] * a.height.count[oy] * a.width.count[ox]);
                       sum = add(sum, mul(load_lanes(grad_out + o * channels + c, lanes), splat(1 / count)));
                     });
                     store_lanes(to + c, sum, lanes);
                   });
                 });
}
