// SPDX-License-Identifier: Apache-2.0
// Convolutions as products of windows that are never laid out in memory (implicit GEMM). The terms of a window are in
// the order of memory, position of the kernel and then channel, for which weights are brought into that order first.
#include <cstdlib>
#include <numeric>
#include <vector>

#include "cuda/conv_ways.h"
#include "cuda/device/factors.cuh"
#include "cuda/device/product_plan.cuh"
#include "cuda/device/weight_order.cuh"
#include "cuda/device/window_tiles.cuh"
#include "cuda/device/windows.cuh"
#include "cuda/matmul.h"
#include "cuda/runtime/cublas.h"

namespace nabla::cuda {
namespace {

// The channels of one group, and the positions of the kernel.
struct Sizes {
  int64_t ins, outs, kernel;
  explicit Sizes(const ConvParams& p)
      : ins(p.in_channels / p.groups), outs(p.out_channels / p.groups), kernel(product(p.kernel).value()) {}
};

// The windows of a tensor along one axis, as WindowGrid has them.
struct GridAxis {
  int64_t size, windows, kernel, stride, first, step;
};

// The windows of the input that elements of the output are made of.
GridAxis axis_of_input(const ConvParams& p, int a) {
  return {p.in_size.size[a], p.out_size.size[a], p.kernel.size[a],
          p.stride.size[a],  -p.padding.size[a], p.dilation.size[a]};
}

// Every stride-th element of the input along an axis, from `residue` on. They meet windows in the same positions of the
// kernel, so that their gradient is a convolution of grad_out with those positions alone, and without stride.
struct Phase {
  int64_t residue;
  GridAxis axis;
  KernelPart kernel;

  Phase(const ConvParams& p, int a, int64_t residue) : residue(residue) {
    const int64_t stride = p.stride.size[a], dilation = p.dilation.size[a], size = p.kernel.size[a];
    const int64_t reach = residue + p.padding.size[a];  // from where window 0 begins
    kernel = {0, stride / std::gcd(stride, dilation), 0};
    while (kernel.first < kernel.step && (reach - kernel.first * dilation) % stride != 0) ++kernel.first;
    if (kernel.first < kernel.step && kernel.first < size) kernel.count = divide_up(size - kernel.first, kernel.step);
    axis = {p.out_size.size[a],
            divide_up(p.in_size.size[a] - residue, stride),
            kernel.count,
            1,
            (reach - kernel.first * dilation) / stride,
            -(kernel.step * dilation / stride)};
  }
};

// Whether WindowGrid can hold the windows of `batch` tensors, and loaders count them.
bool are_countable(const GridAxis (&axes)[3], int64_t batch) {
  constexpr int64_t kMost = int64_t{1} << 30, kMostReach = kMost / 2;  // phases reach up to twice as far
  Extent read = batch, windows = batch;
  int64_t positions = 0;
  for (const GridAxis& axis : axes) {
    const int64_t reach = axis.windows * axis.stride + std::abs(axis.first) + axis.kernel * std::abs(axis.step);
    if (axis.size + reach > kMostReach) return false;
    read = read * axis.size, windows = windows * axis.windows, positions += axis.kernel;
  }
  return read.valid() && read.value() <= kMost && windows.valid() && windows.value() <= kMost &&
         positions <= kMostKernelPositions;
}

WindowGrid grid_of(const GridAxis (&axes)[3], int64_t channels, int64_t groups) {
  WindowGrid grid{};
  for (int a = 0; a < 3; ++a) {
    grid.size[a] = static_cast<int>(axes[a].size);
    grid.windows[a] = Divisor(axes[a].windows), grid.kernel[a] = Divisor(axes[a].kernel);
    grid.stride[a] = static_cast<int>(axes[a].stride);
    grid.first[a] = static_cast<int>(axes[a].first), grid.step[a] = static_cast<int>(axes[a].step);
  }
  grid.channels = Divisor(channels);
  grid.row = channels * groups;
  return grid;
}

// Of products of what is stored as T, calls run(In()) with what its factors are multiplied as: where bf16 may be, but
// its pieces do not fit the channels, tf32. False, as run() may say too: they may not be rounded.
template <class T, class Run>
bool with_factor_type(const Run& run) {
  if constexpr (std::is_same_v<T, Bf16>)
    return run(Bf16());
  else if (precision() == Precision::kFloat32)
    return false;
  else
    return (precision() == Precision::kBf16 && run(Bf16())) || run(float());
}

template <class In>
bool are_whole_pieces(int64_t channels) {
  return channels % (kPieceBytes / static_cast<int64_t>(sizeof(In))) == 0;
}

// All channels of so many positions.
Factor whole(int64_t positions, int64_t channels) { return {1, positions, channels, channels, 0}; }

// c [groups, windows, rows] of windows of data, with channels as the weights have them, and weights in that order.
template <class In>
void multiply_windows(const In* data, const GridAxis (&axes)[3], const float* weight, const WeightOrder& order,
                      const ProductSize& size, const ProductEnd& end) {
  const Scratch ordered(static_cast<size_t>(size.batch * size.n * size.k) * sizeof(In));
  for_each("conv order of the weight", size.batch * size.n * size.k, OrderWeight<In>{weight, order, ordered.as<In>()});
  const WindowRows<In> windows{data, grid_of(axes, order.channels, size.batch)};
  const Matrices<In, true, true> weights{ordered.as<In>(), size.k, size.n * size.k};
  multiply_in_tiles<In>(size, end, [&](auto tile, const Work& work, const ProductEnd& of_work) {
    launch_product<decltype(tile)>("conv on tensor cores", windows, weights, work, of_work);
  });
}

// Elements of a phase, without gaps, to their places in grad_in, a piece of so many neighbours at a time.
template <class T, int kCount>
struct Spread {
  const Lanes<T, kCount>* from;  // nullptr: zeros
  Lanes<T, kCount>* to;
  int64_t pieces;  // of all channels
  int64_t count[3], residue[3], stride[3], size[3];
  __device__ void operator()(int64_t i) const {
    const Spatial piece(i, pieces, count);
    int64_t at = piece.batch;
    for (int a = 0; a < 3; ++a) at = at * size[a] + residue[a] + piece.at[a] * stride[a];
    to[at * pieces + piece.channel] = from == nullptr ? Lanes<T, kCount>{} : from[i];
  }
};

template <int kCount, class T>
void spread(const T* from, const Phase* const (&phases)[3], T* grad_in, const ConvParams& p) {
  using Piece = Lanes<T, kCount>;
  Spread<T, kCount> f{
      reinterpret_cast<const Piece*>(from), reinterpret_cast<Piece*>(grad_in), p.in_channels / kCount, {}, {}, {}, {}};
  int64_t elements = p.batch * f.pieces;
  for (int a = 0; a < 3; ++a) {
    f.count[a] = phases[a]->axis.windows, f.residue[a] = phases[a]->residue;
    f.stride[a] = p.stride.size[a], f.size[a] = p.in_size.size[a];
    elements *= f.count[a];
  }
  for_each("conv_grad_in", elements, f);
}

// The elements of grad_in that are in one phase of each axis.
template <class In, class T>
void multiply_phase(const In* grad_out, const float* weight, const Phase* const (&phases)[3], T* grad_in,
                    const ConvParams& p) {
  const Sizes s(p);
  const GridAxis axes[3] = {phases[0]->axis, phases[1]->axis, phases[2]->axis};
  const KernelPart parts[3] = {phases[0]->kernel, phases[1]->kernel, phases[2]->kernel};
  const ProductSize size{p.groups, p.batch * axes[0].windows * axes[1].windows * axes[2].windows, s.ins,
                         parts[0].count * parts[1].count * parts[2].count * s.outs};
  const bool is_all = product(p.stride).value() == 1;
  const Scratch scratch(is_all || size.k == 0 ? 0 : static_cast<size_t>(size.m * p.in_channels) * sizeof(T));
  T *const c = is_all ? grad_in : scratch.as<T>(), *const none = nullptr;
  if (size.k > 0)
    multiply_windows(grad_out, axes, weight, WeightOrder::by_input(p, parts), size,
                     end_of_product(nullptr, 0, c, none, p.in_channels, s.ins, s.ins, kNone));
  if (is_all) return;
  constexpr int kTogether = kLoadBytes / static_cast<int>(sizeof(T));
  if (p.in_channels % kTogether == 0)
    spread<kTogether>(c, phases, grad_in, p);
  else
    spread<1>(c, phases, grad_in, p);
}

}  // namespace

template <class T>
bool ImplicitConv<T>::forward(const Operand& in, const float* weight, const float* bias, T* out, T* pre,
                              const ConvForwardParams& p) {
  return with_factor_type<T>([&](auto type) {
    using In = decltype(type);
    const Sizes s(p);
    const GridAxis axes[3] = {axis_of_input(p, 0), axis_of_input(p, 1), axis_of_input(p, 2)};
    if (!are_whole_pieces<In>(s.ins) || !are_countable(axes, p.batch)) return false;
    const ProductSize size{p.groups, p.batch * product(p.out_size).value(), s.outs, s.kernel * s.ins};
    if (!is_countable(size)) return false;
    if (size.m == 0) return true;
    const FactorAs<In> tensor(in, whole(p.batch * product(p.in_size).value(), p.in_channels));
    multiply_windows(tensor.data, axes, weight, WeightOrder::by_output(p), size,
                     end_of_product(p.has_bias ? bias : nullptr, s.outs, out, p.has_pre ? pre : nullptr, p.out_channels,
                                    s.outs, s.outs, p.activation));
    return true;
  });
}

template <class T>
bool ImplicitConv<T>::grad_in(const T* grad_out, const float* weight, T* grad_in, const ConvParams& p) {
  return with_factor_type<T>([&](auto type) {
    using In = decltype(type);
    const Sizes s(p);
    const GridAxis axes[3] = {axis_of_input(p, 0), axis_of_input(p, 1), axis_of_input(p, 2)};
    if (!are_whole_pieces<In>(s.outs) || !are_countable(axes, p.batch)) return false;
    constexpr int64_t kMostPhases = 16;  // each is three launches, of which the product alone would fill the GPU
    const int64_t all_phases = product(p.stride).value();
    // Patches take kernel / stride times the memory of grad_in: of windows that do not overlap, no more.
    if (all_phases > kMostPhases || (all_phases > 1 && s.kernel <= all_phases)) return false;
    std::vector<Phase> phases[3];
    for (int a = 0; a < 3; ++a) {
      for (int64_t residue = 0; residue < p.stride.size[a] && residue < p.in_size.size[a]; ++residue)
        phases[a].emplace_back(p, a, residue);
    }
    const auto size = [&](int64_t kernel) {
      return ProductSize{p.groups, p.batch * product(p.in_size).value(), s.ins, kernel * s.outs};
    };
    if (!is_countable(size(s.kernel))) return false;
    if (p.batch == 0) return true;
    const FactorAs<In> tensor(as_stored(grad_out), whole(p.batch * product(p.out_size).value(), p.out_channels));
    for (const Phase& z : phases[0])
      for (const Phase& y : phases[1])
        for (const Phase& x : phases[2]) multiply_phase(tensor.data, weight, {&z, &y, &x}, grad_in, p);
    return true;
  });
}

template <class T>
bool ImplicitConv<T>::grad_weight(const Operand& in, const T* grad_out, float* grad_weight, const ConvParams& p) {
  return with_factor_type<T>([&](auto type) {
    using In = decltype(type);
    const Sizes s(p);
    const GridAxis axes[3] = {axis_of_input(p, 0), axis_of_input(p, 1), axis_of_input(p, 2)};
    if (!are_whole_pieces<In>(s.ins) || !are_countable(axes, p.batch)) return false;
    const int64_t rows = p.batch * product(p.out_size).value();
    const ProductSize size{p.groups, s.outs, s.kernel * s.ins, rows};
    if (!is_countable(size)) return false;
    const Factor factor(p.groups, rows, s.outs, p.out_channels, p.groups == 1 ? 0 : s.outs);
    if (std::is_same_v<In, float> && !has_aligned_rows(grad_out, factor)) return false;
    const FactorAs<In> tensor(in, whole(p.batch * product(p.in_size).value(), p.in_channels));
    const FactorAs<In> gradient(as_stored(grad_out), factor);
    const WindowColumns<In> windows{tensor.data, grid_of(axes, s.ins, p.groups)};
    const Matrices<In, false, true> left{gradient.data, gradient.factor.row, gradient.factor.matrix};
    const int64_t count = size.batch * size.m * size.n;
    const Scratch ordered(static_cast<size_t>(count) * sizeof(float));
    float *const c = ordered.as<float>(), *const none = nullptr;
    const ProductEnd end = end_of_product(nullptr, 0, c, none, size.n, size.m * size.n, size.n, kNone);
    multiply_in_tiles<In>(size, end, [&](auto tile, const Work& work, const ProductEnd& of_work) {
      launch_product<decltype(tile)>("conv_grad_weight on tensor cores", left, windows, work, of_work);
    });
    for_each("conv_grad_weight", count, RestoreWeight{c, WeightOrder::by_output(p), grad_weight});
    return true;
  });
}

template struct ImplicitConv<float>;
template struct ImplicitConv<Bf16>;

}  // namespace nabla::cuda
