// SPDX-License-Identifier: Apache-2.0
// Convolutions as matrix products: the windows of an input are laid out as the rows of a matrix, a block of the batch
// at a time.
#include "cuda/device/activations.cuh"
#include "cuda/device/scratch.h"
#include "cuda/device/windows.cuh"
#include "cuda/matmul.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

constexpr int64_t kPatchBytes = int64_t{1}
                                << 30;  // of patches that are in memory together, if one example needs no more

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

  // Examples of a block.
  int64_t together() const {
    const int64_t one = groups * windows * terms * static_cast<int64_t>(sizeof(float)), fit = kPatchBytes / one;
    return fit < 1 ? 1 : fit < batch ? fit : batch;
  }
};

struct Kernel {
  int64_t size[3];
  explicit Kernel(const ConvParams& p) : size{p.kernel.size[0], p.kernel.size[1], p.kernel.size[2]} {}
};

// patches[g, row, term] of an input.
struct LayOut {
  Windows windows;
  Kernel kernel;
  int64_t rows, terms, positions, groups, channels;  // positions: of a kernel; channels: of a group
  int64_t out_size[3];
  const float* in;
  float* patches;

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
    patches[i] = inside ? in[at * groups * channels + row.quotient * channels + channel.quotient] : 0.0f;
  }
};

// The transpose: an element of the input gathers what its windows have for it.
struct Collect {
  Windows windows;
  Kernel kernel;
  int64_t rows, terms, positions, groups, channels;
  int64_t in_size[3];
  const float* patches;
  float* grad_in;

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
          sum += patches[(group.quotient * rows + row) * terms + term * kernel.size[2] + kx];
        }
      }
    }
    grad_in[i] = sum;
  }
};

void lay_out(const ConvParams& p, const Sizes& s, const float* in, int64_t examples, float* patches) {
  const int64_t rows = examples * s.windows, *out = p.out_size.size;
  for_each("conv patches", s.groups * rows * s.terms,
           LayOut{Windows(p, false),
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

template <int64_t kActivation>
struct Finish {
  const float* bias;
  float *out, *pre;
  int64_t channels;
  __device__ void operator()(int64_t i) const {
    const float x = bias == nullptr ? out[i] : out[i] + bias[Division(i, channels).remainder];
    if (pre != nullptr) pre[i] = x;
    out[i] = activate<kActivation>(x);
  }
};

void conv_f32(const float* in, const float* weight, const float* bias, float* out, float* pre,
              const ConvForwardParams& p) {
  const Sizes s(p);
  const int64_t step = s.together(), in_example = conv_in(p).value() / (p.batch < 1 ? 1 : p.batch);
  const Scratch scratch(static_cast<size_t>(step * s.groups * s.windows * s.terms) * sizeof(float));
  for (int64_t first = 0; first < p.batch; first += step) {
    const int64_t examples = p.batch - first < step ? p.batch - first : step;
    lay_out(p, s, in + first * in_example, examples, scratch.as<float>());
    MatmulParams product{};  // out[row, co] = patches[row, term] weight[co, term]^T
    product.batch = s.groups, product.m = examples * s.windows, product.n = s.out_channels, product.k = s.terms;
    product.transpose_b = 1;
    product.row_a = s.terms, product.row_b = s.terms, product.row_c = p.out_channels;
    product.batch_a = product.m * s.terms, product.batch_b = s.out_channels * s.terms, product.batch_c = s.out_channels;
    multiply(scratch.as<float>(), weight, nullptr, out + first * s.windows * p.out_channels, nullptr, product);
  }
  if (p.activation == kNone && p.has_bias == 0 && p.has_pre == 0) return;
  with_activation(p.activation, [&](auto activation) {
    for_each("conv bias and activation", conv_out(p).value(),
             Finish<decltype(activation)::kValue>{p.has_bias ? bias : nullptr, out, p.has_pre ? pre : nullptr,
                                                  p.out_channels});
  });
}

void conv_grad_in_f32(const float* grad_out, const float* weight, float* grad_in, const ConvParams& p) {
  const Sizes s(p);
  const int64_t step = s.together(), in_example = conv_in(p).value() / (p.batch < 1 ? 1 : p.batch);
  const Scratch scratch(static_cast<size_t>(step * s.groups * s.windows * s.terms) * sizeof(float));
  for (int64_t first = 0; first < p.batch; first += step) {
    const int64_t examples = p.batch - first < step ? p.batch - first : step, *size = p.in_size.size;
    MatmulParams product{};  // patches[row, term] = grad_out[row, co] weight[co, term]
    product.batch = s.groups, product.m = examples * s.windows, product.n = s.terms, product.k = s.out_channels;
    product.row_a = p.out_channels, product.row_b = s.terms, product.row_c = s.terms;
    product.batch_a = s.out_channels, product.batch_b = s.out_channels * s.terms, product.batch_c = product.m * s.terms;
    multiply(grad_out + first * s.windows * p.out_channels, weight, nullptr, scratch.as<float>(), nullptr, product);
    for_each("conv_grad_in", examples * in_example,
             Collect{Windows(p, false),
                     Kernel(p),
                     product.m,
                     s.terms,
                     s.kernel,
                     s.groups,
                     s.in_channels,
                     {size[0], size[1], size[2]},
                     scratch.as<float>(),
                     grad_in + first * in_example});
  }
}

struct AddTo {
  const float* part;
  float* sum;
  __device__ void operator()(int64_t i) const { sum[i] += part[i]; }
};

void conv_grad_weight_f32(const float* in, const float* grad_out, float* grad_weight, const ConvParams& p) {
  const Sizes s(p);
  const int64_t weights = conv_weight(p).value();
  if (p.batch == 0) {
    check(cudaMemsetAsync(grad_weight, 0, static_cast<size_t>(weights) * sizeof(float), stream()), "conv_grad_weight");
    return;
  }
  const int64_t step = s.together(), in_example = conv_in(p).value() / p.batch;
  const int64_t patches = step * s.groups * s.windows * s.terms;
  const Scratch scratch(static_cast<size_t>(patches + weights) * sizeof(float));
  float* const part = scratch.as<float>() + patches;
  for (int64_t first = 0; first < p.batch; first += step) {
    const int64_t examples = p.batch - first < step ? p.batch - first : step;
    lay_out(p, s, in + first * in_example, examples, scratch.as<float>());
    MatmulParams product{};  // weight[co, term] = grad_out[row, co]^T patches[row, term]
    product.batch = s.groups, product.m = s.out_channels, product.n = s.terms, product.k = examples * s.windows;
    product.transpose_a = 1;
    product.row_a = p.out_channels, product.row_b = s.terms, product.row_c = s.terms;
    product.batch_a = s.out_channels, product.batch_b = product.k * s.terms, product.batch_c = s.out_channels * s.terms;
    multiply(grad_out + first * s.windows * p.out_channels, scratch.as<float>(), nullptr,
             first == 0 ? grad_weight : part, nullptr, product);
    if (first > 0) for_each("conv_grad_weight", weights, AddTo{part, grad_weight});
  }
}

}  // namespace

void add_conv(KernelTable& table) {
  table.conv_f32 = conv_f32;
  table.conv_grad_in_f32 = conv_grad_in_f32;
  table.conv_grad_weight_f32 = conv_grad_weight_f32;
}

}  // namespace nabla::cuda
