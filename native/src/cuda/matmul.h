// SPDX-License-Identifier: Apache-2.0
// The matrix product, for kernels that are made of products.
#pragma once
#include "kernels/matmul.h"

namespace nabla::cuda {

// As kernels/matmul.h says.
void multiply(const float* a, const float* b, const float* bias, float* c, float* pre, const MatmulParams& p);

// The same of few rows and one matrix b; false: it is none of those.
template <class T>  // float or Bf16
bool multiply_few_rows(const T* a, const Operand& b, const float* bias, T* c, T* pre, const MatmulParams& p);

}  // namespace nabla::cuda
