// SPDX-License-Identifier: Apache-2.0
// Convolutions by patches: the windows of an input, laid out as the rows of a matrix, a block of the batch at a time.
// This is the way that is always open, and what the others are held against.
#include "cuda/conv_ways.h"
#include "cuda/device/activations.cuh"
#include "cuda/device/scratch.h"
#include "cuda/device/windows.cuh"
#include "cuda/matmul.h"

namespace nabla::cuda {
namespace {

// Bytes of patches that are in memory together, if one example needs no more.
constexpr int64_t kPatchBytes = int64_t{1} << 30;

// The sizes of a convolution. Patches are [groups, rows, terms]: rows are batch and windows, terms what a window has
// for one output channel, in the order of its weights: channel of the group, then position.
struct Sizes {
  int64_t batch, groups, in_channels, out_channels;  // channels of one group
  int64_t windows, kernel, terms;

  explicit Sizes(const ConvParams& p)
      : batch(p.batch),
        groups(p.groups),
        in_channels(p.in_channels / p.groups),
        out_channels(p.out_channels / p.groups),
        windows(product(p.out_size).value()),
        kernel(product(p.kernel).value()),
        terms(in_channels * kernel) {}

  // Examples of a block, with patches of type T.
  template <class T>
  int64_t together() const {
    const int64_t one = groups * windows * terms * static_cast<int64_t>(sizeof(T)), fit = kPatchBytes / one;
    return fit < 1 ? 1 : fit < batch ? fit : batch;
  }
};

struct Kernel {
  int64_t size[3];
  explicit Kernel(const ConvParams& p) : size{p.kernel.size[0], p.kernel.size[1], p.kernel.size[2]} {}
};

// patches[g, row, term] of an input.
template <class In, class T>
struct LayOut {
  Windows windows;
  Kernel kernel;
  int64_t rows, terms, positions, groups, channels;  // positions: of a kernel; channels: of a group
  int64_t out_size[3];
  const In* in;
  T* patches;

  __device__ void operator()(int64_t i) const {
    const Division term(i, terms), row(term.quotient, rows), channel(term.remainder, positions);
    const Division x(channel.remainder, kernel.size[2]), y(x.quotient, kernel.size[1]);
    const Spatial o(row.remainder, 1, out_size);
    const int64_t step[3] = {y.quotient, y.remainder, x.remainder};
    int64_t at = o.batch;
    bool inside = true;
    for (int a = 0; a < 3; ++a) {
      const WindowAxis& axis = windows.axes[a];
      const int64_t position = axis.first(o.at[a]) + step[a] * axis.dilation;
      inside = inside && position >= 0 && position < axis.in;
      at = at * axis.in + position;
    }
    const int64_t from = at * groups * channels + row.quotient * channels + channel.quotient;
    patches[i] = stored<T>(inside ? widened(in[from]) : 0.0f);
  }
};

// The transpose: an element of the input gathers what its windows have for it.
template <class T>
struct Collect {
  Windows windows;
  Kernel kernel;
  int64_t rows, terms, positions, groups, channels;
  int64_t in_size[3];
  const T* patches;
  T* grad_in;

  __device__ void operator()(int64_t i) const {
    const Spatial at(i, groups * channels, in_size);
    const Division group(at.channel, channels);
    const WindowAxis *depth = windows.axes, *height = depth + 1, *width = depth + 2;
    float sum = 0;
    for (int64_t z = depth->first_window(at.at[0]); z < depth->end_window(at.at[0]); ++z) {
      const int64_t kz = depth->position_in(z, at.at[0]);
      if (kz < 0) continue;
      for (int64_t y = height->first_window(at.at[1]); y < height->end_window(at.at[1]); ++y) {
        const int64_t ky = height->position_in(y, at.at[1]);
        if (ky < 0) continue;
        for (int64_t x = width->first_window(at.at[2]); x < width->end_window(at.at[2]); ++x) {
          const int64_t kx = width->position_in(x, at.at[2]);
          if (kx < 0) continue;
          const int64_t row = ((at.batch * depth->out + z) * height->out + y) * width->out + x;
          const int64_t term = (group.remainder * kernel.size[0] + kz) * kernel.size[1] + ky;
          sum += widened(patches[(group.quotient * rows + row) * terms + term * kernel.size[2] + kx]);
        }
      }
    }
    grad_in[i] = stored<T>(sum);
  }
};

template <class In, class T>
void lay_out(const ConvParams& p, const Sizes& s, const In* in, int64_t examples, T* patches) {
  const int64_t rows = examples * s.windows, *out = p.out_size.size;
  for_each("conv patches", s.groups * rows * s.terms,
           LayOut<In, T>{Windows(p, false),
                         Kernel(p),
                         rows,
                         s.terms,
                         s.kernel,
                         s.groups,
                         s.in_channels,
                         {out[0], out[1], out[2]},
                         in,
                         patches});
}

// The patches of some examples, of an input that may be stored as bf16.
template <class T>
void lay_out(const ConvParams& p, const Sizes& s, const Operand& in, int64_t first, int64_t examples, T* patches) {
  const int64_t before = first * product(p.in_size).value() * p.in_channels;
  if (in.halves != nullptr)
    lay_out(p, s, in.halves + before, examples, patches);
  else
    lay_out(p, s, in.data + before, examples, patches);
}

template <int64_t kActivation, class T>
struct Finish {
  const float* bias;
  T *out, *pre;
  int64_t channels;
  __device__ void operator()(int64_t i) const {
    const float product = widened(out[i]);
    const float x = bias == nullptr ? product : product + bias[Division(i, channels).remainder];
    if (pre != nullptr) pre[i] = stored<T>(x);
    out[i] = stored<T>(activate<kActivation>(x));
  }
};

struct AddTo {
  const float* part;
  float* sum;
  __device__ void operator()(int64_t i) const { sum[i] += part[i]; }
};

}  // namespace

template <class T>
void ConvOfPatches<T>::forward(const Operand& in, const float* weight, const float* bias, T* out, T* pre,
                               const ConvForwardParams& p) {
  const Sizes s(p);
  const int64_t step = s.together<T>();
  const Scratch scratch(static_cast<size_t>(step * s.groups * s.windows * s.terms) * sizeof(T));
  for (int64_t first = 0; first < p.batch; first += step) {
    const int64_t examples = p.batch - first < step ? p.batch - first : step;
    const int64_t before = first * s.windows * p.out_channels;
    lay_out(p, s, in, first, examples, scratch.as<T>());
    MatmulParams product{};  // out[row, co] = patches[row, term] weight[co, term]^T
    product.batch = s.groups, product.m = examples * s.windows, product.n = s.out_channels, product.k = s.terms;
    product.transpose_b = 1;
    product.row_a = s.terms, product.row_b = s.terms, product.row_c = p.out_channels;
    product.batch_a = product.m * s.terms, product.batch_b = s.out_channels * s.terms, product.batch_c = s.out_channels;
    if (s.groups == 1) product.activation = p.activation, product.has_bias = p.has_bias, product.has_pre = p.has_pre;
    multiply_stored<T>(as_stored(scratch.as<T>()), as_stored(weight), bias, out + before,
                       p.has_pre ? pre + before : nullptr, product);
  }
  if (s.groups == 1 || (p.activation == kNone && p.has_bias == 0 && p.has_pre == 0)) return;
  with_activation(p.activation, [&](auto activation) {
    for_each("conv bias and activation", conv_out(p).value(),
             Finish<decltype(activation)::kValue, T>{p.has_bias ? bias : nullptr, out, p.has_pre ? pre : nullptr,
                                                     p.out_channels});
  });
}

template <class T>
void ConvOfPatches<T>::grad_in(const T* grad_out, const float* weight, T* grad_in, const ConvParams& p) {
  const Sizes s(p);
  const int64_t step = s.together<T>(), in_example = conv_in(p).value() / (p.batch < 1 ? 1 : p.batch);
  const Scratch scratch(static_cast<size_t>(step * s.groups * s.windows * s.terms) * sizeof(T));
  T* const none = nullptr;
  for (int64_t first = 0; first < p.batch; first += step) {
    const int64_t examples = p.batch - first < step ? p.batch - first : step, *size = p.in_size.size;
    MatmulParams product{};  // patches[row, term] = grad_out[row, co] weight[co, term]
    product.batch = s.groups, product.m = examples * s.windows, product.n = s.terms, product.k = s.out_channels;
    product.row_a = p.out_channels, product.row_b = s.terms, product.row_c = s.terms;
    product.batch_a = s.out_channels, product.batch_b = s.out_channels * s.terms, product.batch_c = product.m * s.terms;
    multiply_stored<T>(as_stored(grad_out + first * s.windows * p.out_channels), as_stored(weight), nullptr,
                       scratch.as<T>(), none, product);
    for_each("conv_grad_in", examples * in_example,
             Collect<T>{Windows(p, false),
                        Kernel(p),
                        product.m,
                        s.terms,
                        s.kernel,
                        s.groups,
                        s.in_channels,
                        {size[0], size[1], size[2]},
                        scratch.as<T>(),
                        grad_in + first * in_example});
  }
}

template <class T>
void ConvOfPatches<T>::grad_weight(const Operand& in, const T* grad_out, float* grad_weight, const ConvParams& p) {
  const Sizes s(p);
  const int64_t weights = conv_weight(p).value();
  const int64_t step = s.together<T>();
  const Scratch patches(static_cast<size_t>(step * s.groups * s.windows * s.terms) * sizeof(T));
  const Scratch part(static_cast<size_t>(step < p.batch ? weights : 0) * sizeof(float));
  float* const none = nullptr;
  for (int64_t first = 0; first < p.batch; first += step) {
    const int64_t examples = p.batch - first < step ? p.batch - first : step;
    lay_out(p, s, in, first, examples, patches.as<T>());
    MatmulParams product{};  // weight[co, term] = grad_out[row, co]^T patches[row, term]
    product.batch = s.groups, product.m = s.out_channels, product.n = s.terms, product.k = examples * s.windows;
    product.transpose_a = 1;
    product.row_a = p.out_channels, product.row_b = s.terms, product.row_c = s.terms;
    product.batch_a = s.out_channels, product.batch_b = product.k * s.terms, product.batch_c = s.out_channels * s.terms;
    multiply_stored<T>(as_stored(grad_out + first * s.windows * p.out_channels), as_stored(patches.as<T>()), nullptr,
                       first == 0 ? grad_weight : part.as<float>(), none, product);
    if (first > 0) for_each("conv_grad_weight", weights, AddTo{part.as<float>(), grad_weight});
  }
}

template struct ConvOfPatches<float>;
template struct ConvOfPatches<Bf16>;

}  // namespace nabla::cuda
