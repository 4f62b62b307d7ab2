// SPDX-License-Identifier: Apache-2.0
// Maxima and means over windows: a thread takes one element of the result. Gradients are gathered, not scattered: every
// sum has its order.
#include <cmath>

#include "cuda/device/stored.cuh"
#include "cuda/device/windows.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// Calls visit(z, y, x) for the positions of window `o` that lie in the input, in order.
template <class Visit>
__device__ void visit_window(const Windows& w, const Spatial& o, Visit visit) {
  int64_t first[3], count[3];
  for (int a = 0; a < 3; ++a) first[a] = w.axes[a].first(o.at[a]), count[a] = w.axes[a].count(o.at[a]);
  for (int64_t i = 0; i < count[0]; ++i) {
    const int64_t z = first[0] + i * w.axes[0].step();
    if (z < 0 || z >= w.axes[0].in) continue;
    for (int64_t j = 0; j < count[1]; ++j) {
      const int64_t y = first[1] + j * w.axes[1].step();
      if (y < 0 || y >= w.axes[1].in) continue;
      for (int64_t k = 0; k < count[2]; ++k) {
        const int64_t x = first[2] + k * w.axes[2].step();
        if (x >= 0 && x < w.axes[2].in) visit((z * w.axes[1].in + y) * w.axes[2].in + x);
      }
    }
  }
}

// Calls visit(o) for the windows that position `i` is in, in order; o counts through the windows of a channel.
template <class Visit>
__device__ void visit_windows(const Windows& w, const Spatial& i, Visit visit) {
  for (int64_t z = w.axes[0].first_window(i.at[0]); z < w.axes[0].end_window(i.at[0]); ++z) {
    if (w.axes[0].position_in(z, i.at[0]) < 0) continue;
    for (int64_t y = w.axes[1].first_window(i.at[1]); y < w.axes[1].end_window(i.at[1]); ++y) {
      if (w.axes[1].position_in(y, i.at[1]) < 0) continue;
      for (int64_t x = w.axes[2].first_window(i.at[2]); x < w.axes[2].end_window(i.at[2]); ++x)
        if (w.axes[2].position_in(x, i.at[2]) >= 0) visit(z, y, x);
    }
  }
}

template <class T>
struct Search {
  const T* in;
  float best;
  int32_t found;
  bool ignore_nan;
  int64_t first, channels;

  __device__ void operator()(int64_t position) {
    const float x = widened(in[first + position * channels]);
    const bool is_nan = x != x;
    if (is_nan && ignore_nan) return;
    if (found >= 0 && (best != best || !(x > best || is_nan))) return;
    best = x;
    found = static_cast<int32_t>(position);
  }
};

template <class T>
struct FindMaximum {
  Windows windows;
  int64_t channels, out_size[3];
  bool ignore_nan;
  const T* in;
  T* out;
  int32_t* argmax;

  __device__ void operator()(int64_t i) const {
    const Spatial o(i, channels, out_size);
    Search<T> search{in, -INFINITY, -1, ignore_nan, o.batch * windows.in_positions() * channels + o.channel, channels};
    visit_window(windows, o, [&](int64_t position) { search(position); });
    out[i] = stored<T>(search.best);
    argmax[i] = search.found;
  }
};

template <class T>
void max_pool(const T* in, T* out, int32_t* argmax, const MaxPoolParams& p) {
  const int64_t* size = p.out_size.size;
  for_each(
      "max_pool", p.batch * p.channels * product(p.out_size).value(),
      FindMaximum<T>{
          Windows(p, p.adaptive != 0), p.channels, {size[0], size[1], size[2]}, p.ignore_nan != 0, in, out, argmax});
}

template <class T>
struct MaximumGrad {
  Windows windows;
  int64_t channels, in_size[3];
  const T* grad_out;
  const int32_t* argmax;
  T* grad_in;

  __device__ void operator()(int64_t i) const {
    const Spatial at(i, channels, in_size);
    const int64_t position = (at.at[0] * in_size[1] + at.at[1]) * in_size[2] + at.at[2];
    const int64_t first = at.batch * windows.out_positions() * channels + at.channel;
    float sum = 0;
    visit_windows(windows, at, [&](int64_t z, int64_t y, int64_t x) {
      const int64_t o = first + ((z * windows.axes[1].out + y) * windows.axes[2].out + x) * channels;
      if (argmax[o] == position) sum += widened(grad_out[o]);
    });
    grad_in[i] = stored<T>(sum);
  }
};

template <class T>
void max_pool_grad(const T* grad_out, const int32_t* argmax, T* grad_in, const PoolParams& p) {
  const int64_t* size = p.in_size.size;
  for_each(
      "max_pool_grad", p.batch * p.channels * product(p.in_size).value(),
      MaximumGrad<T>{Windows(p, p.adaptive != 0), p.channels, {size[0], size[1], size[2]}, grad_out, argmax, grad_in});
}

// What a sum over window (z, y, x) is divided by.
struct WindowCount {
  Windows windows;
  bool count_padding;

  __device__ int64_t along(int axis, int64_t o) const {
    const WindowAxis& w = windows.axes[axis];
    const int64_t margin = count_padding ? w.padding : 0, first = w.first(o), end = first + w.count(o);
    const int64_t from = first > -margin ? first : -margin, to = end < w.in + margin ? end : w.in + margin;
    return to > from ? to - from : 0;
  }
  __device__ float operator()(int64_t z, int64_t y, int64_t x) const {
    return static_cast<float>(along(0, z) * along(1, y) * along(2, x));
  }
};

template <class T>
struct Average {
  WindowCount count;
  int64_t channels, out_size[3];
  const T* in;
  T* out;

  __device__ void operator()(int64_t i) const {
    const Spatial o(i, channels, out_size);
    const int64_t first = o.batch * count.windows.in_positions() * channels + o.channel;
    float sum = 0;
    visit_window(count.windows, o, [&](int64_t position) { sum += widened(in[first + position * channels]); });
    out[i] = stored<T>(sum / count(o.at[0], o.at[1], o.at[2]));
  }
};

template <class T>
void average_pool(const T* in, T* out, const AveragePoolParams& p) {
  const int64_t* size = p.out_size.size;
  for_each("average_pool", p.batch * p.channels * product(p.out_size).value(),
           Average<T>{
               {Windows(p, p.adaptive != 0), p.count_padding != 0}, p.channels, {size[0], size[1], size[2]}, in, out});
}

template <class T>
struct AverageGrad {
  WindowCount count;
  int64_t channels, in_size[3];
  const T* grad_out;
  T* grad_in;

  __device__ void operator()(int64_t i) const {
    const Spatial at(i, channels, in_size);
    const Windows& windows = count.windows;
    const int64_t first = at.batch * windows.out_positions() * channels + at.channel;
    float sum = 0;
    visit_windows(windows, at, [&](int64_t z, int64_t y, int64_t x) {
      const int64_t o = (z * windows.axes[1].out + y) * windows.axes[2].out + x;
      sum += widened(grad_out[first + o * channels]) / count(z, y, x);
    });
    grad_in[i] = stored<T>(sum);
  }
};

template <class T>
void average_pool_grad(const T* grad_out, T* grad_in, const AveragePoolParams& p) {
  const int64_t* size = p.in_size.size;
  for_each("average_pool_grad", p.batch * p.channels * product(p.in_size).value(),
           AverageGrad<T>{{Windows(p, p.adaptive != 0), p.count_padding != 0},
                          p.channels,
                          {size[0], size[1], size[2]},
                          grad_out,
                          grad_in});
}

}  // namespace

void add_pool(KernelTable& table) {
  table.max_pool_f32 = max_pool<float>;
  table.variants.max_pool_f32 = {max_pool<Bf16>};
  table.max_pool_grad_f32 = max_pool_grad<float>;
  table.variants.max_pool_grad_f32 = {max_pool_grad<Bf16>};
  table.average_pool_f32 = average_pool<float>;
  table.variants.average_pool_f32 = {average_pool<Bf16>};
  table.average_pool_grad_f32 = average_pool_grad<float>;
  table.variants.average_pool_grad_f32 = {average_pool_grad<Bf16>};
}

}  // namespace nabla::cuda
