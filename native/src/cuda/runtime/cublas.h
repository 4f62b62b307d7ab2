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

// To what cuBLAS may round float32 factors before it multiplies them on tensor cores: not at all (float32), as at
// first, to 10 bits of fraction (tf32) or to 7 (bf16). Our own product never rounds. False: no such precision.
bool set_precision(const std::string& name);
std::string precision();

}  // namespace nabla::cuda
