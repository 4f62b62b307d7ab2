// SPDX-License-Identifier: Apache-2.0
// cuBLAS where this machine has it, found at run time: nothing is linked against it.
#pragma once
#include <string>

#include "kernels/matmul.h"

namespace nabla::cuda {

// What the factors of a product are: float32, or bf16, the upper halves of float32.
enum class Factors { kFloat32, kBf16 };

// The product of every batch, without what follows it. False: there is no cuBLAS here, or it cannot multiply these.
bool cublas_multiply(const void* a, const void* b, float* c, const MatmulParams& p,
                     Factors factors = Factors::kFloat32);

// Which cuBLAS multiplies, or why none does; looked for once.
std::string cublas_description();
bool has_cublas();

// To what float32 factors may be rounded so that tensor cores multiply them: not at all, as at first, to 10 bits of
// fraction (tf32) or to 7 (bf16).
enum class Precision { kFloat32, kTf32, kBf16 };
Precision precision();
bool set_precision(const std::string& name);  // float32, tf32 or bf16; false: no such precision
std::string precision_name();

}  // namespace nabla::cuda
