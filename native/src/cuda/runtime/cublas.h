// SPDX-License-Identifier: Apache-2.0
// cuBLAS where this machine has it, found at run time: nothing is linked against it.
#pragma once
#include <string>

#include "kernels/matmul.h"

namespace nabla::cuda {

// The product of every batch, without what follows it. False: there is no cuBLAS here, or it cannot multiply these.
bool cublas_multiply(const float* a, const float* b, float* c, const MatmulParams& p);

// Which cuBLAS multiplies, or why none does; looked for once.
std::string cublas_description();

// Whether products of float32 may be rounded to tf32 first (10 bits of fraction), as tensor cores multiply them. Off at
// first.
void allow_tf32(bool allowed);

}  // namespace nabla::cuda
