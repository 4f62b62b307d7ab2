// SPDX-License-Identifier: Apache-2.0
// Convolutions whose kernel is one position, without stride or padding: products of tensors as they are.
#include "cuda/conv_ways.h"
#include "cuda/matmul.h"

namespace nabla::cuda {
namespace {

bool is_pointwise(const ConvParams& p) {
  for (int a = 0; a < 3; ++a)
    if (p.kernel.size[a] != 1 || p.stride.size[a] != 1 || p.padding.size[a] != 0 ||
        p.out_size.size[a] != p.in_size.size[a])
      return false;
  return true;
}

// The channels of one group, and the positions of all examples.
struct Sizes {
  int64_t in_channels, out_channels, rows;
  explicit Sizes(const ConvParams& p)
      : in_channels(p.in_channels / p.groups),
        out_channels(p.out_channels / p.groups),
        rows(p.batch * product(p.in_size).value()) {}
};

}  // namespace

template <class T>
bool PointwiseConv<T>::forward(const Operand& in, const float* weight, const float* bias, T* out, T* pre,
                               const ConvForwardParams& p) {
  // The bias of a product is the same for all its matrices.
  if (!is_pointwise(p) || (p.groups > 1 && p.has_bias)) return false;
  const Sizes s(p);
  MatmulParams product{};  // out[row, co] = in[row, ci] weight[co, ci]^T
  product.batch = p.groups, product.m = s.rows, product.n = s.out_channels, product.k = s.in_channels;
  product.transpose_b = 1;
  product.row_a = p.in_channels, product.row_b = s.in_channels, product.row_c = p.out_channels;
  product.batch_a = s.in_channels, product.batch_b = s.out_channels * s.in_channels, product.batch_c = s.out_channels;
  product.activation = p.activation, product.has_bias = p.has_bias, product.has_pre = p.has_pre;
  multiply_stored<T>(in, as_stored(weight), bias, out, pre, product);
  return true;
}

template <class T>
bool PointwiseConv<T>::grad_in(const T* grad_out, const float* weight, T* grad_in, const ConvParams& p) {
  if (!is_pointwise(p)) return false;
  const Sizes s(p);
  MatmulParams product{};  // grad_in[row, ci] = grad_out[row, co] weight[co, ci]
  product.batch = p.groups, product.m = s.rows, product.n = s.in_channels, product.k = s.out_channels;
  product.row_a = p.out_channels, product.row_b = s.in_channels, product.row_c = p.in_channels;
  product.batch_a = s.out_channels, product.batch_b = s.out_channels * s.in_channels, product.batch_c = s.in_channels;
  T* const none = nullptr;
  multiply_stored<T>(as_stored(grad_out), as_stored(weight), nullptr, grad_in, none, product);
  return true;
}

template <class T>
bool PointwiseConv<T>::grad_weight(const Operand& in, const T* grad_out, float* grad_weight, const ConvParams& p) {
  if (!is_pointwise(p)) return false;
  const Sizes s(p);
  MatmulParams product{};  // grad_weight[co, ci] = grad_out[row, co]^T in[row, ci]
  product.batch = p.groups, product.m = s.out_channels, product.n = s.in_channels, product.k = s.rows;
  product.transpose_a = 1;
  product.row_a = p.out_channels, product.row_b = p.in_channels, product.row_c = s.in_channels;
  product.batch_a = s.out_channels, product.batch_b = s.in_channels;
  product.batch_c = s.out_channels * s.in_channels;
  float* const none = nullptr;
  multiply_stored<T>(as_stored(grad_out), in, nullptr, grad_weight, none, product);
  return true;
}

template struct PointwiseConv<float>;
template struct PointwiseConv<Bf16>;

}  // namespace nabla::cuda
