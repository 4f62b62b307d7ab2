// SPDX-License-Identifier: Apache-2.0
// The matrix product, for kernels that are made of products.
#pragma once
#include "kernels/matmul.h"

namespace nabla::cuda {

// As kernels/matmul.h says.
void multiply(const float* a, const float* b, const float* bias, float* c, float* pre, const MatmulParams& p);

}  // namespace nabla::cuda
