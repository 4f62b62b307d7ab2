// SPDX-License-Identifier: Apache-2.0
// The ways of convolving, all of them products of matrices. Elements of T, float or Bf16, are what kernels/conv.h has
// variants in. The ways that are not for every convolution say false where they are not, and have done nothing then.
#pragma once
#include "kernels/conv.h"

namespace nabla::cuda {

// Of kernels of one position that meet every element in turn: the input's rows are what the weight is multiplied with.
template <class T>
struct PointwiseConv {
  static bool forward(const Operand& in, const float* weight, const float* bias, T* out, T* pre,
                      const ConvForwardParams& p);
  static bool grad_in(const T* grad_out, const float* weight, T* grad_in, const ConvParams& p);
  static bool grad_weight(const Operand& in, const T* grad_out, float* grad_weight, const ConvParams& p);
};

// On tensor cores, in tf32 or bf16, where precision or storage allows them: windows are taken from where they are in
// the tensor while they are multiplied (implicit GEMM).
template <class T>
struct ImplicitConv {
  static bool forward(const Operand& in, const float* weight, const float* bias, T* out, T* pre,
                      const ConvForwardParams& p);
  static bool grad_in(const T* grad_out, const float* weight, T* grad_in, const ConvParams& p);
  static bool grad_weight(const Operand& in, const T* grad_out, float* grad_weight, const ConvParams& p);
};

// Of every convolution: windows are laid out in memory as the rows of a matrix, a block of the batch at a time.
template <class T>
struct ConvOfPatches {
  static void forward(const Operand& in, const float* weight, const float* bias, T* out, T* pre,
                      const ConvForwardParams& p);
  static void grad_in(const T* grad_out, const float* weight, T* grad_in, const ConvParams& p);
  static void grad_weight(const Operand& in, const T* grad_out, float* grad_weight, const ConvParams& p);
};

}  // namespace nabla::cuda
