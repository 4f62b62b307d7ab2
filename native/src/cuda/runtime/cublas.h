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

// Whether kernels may round float32 factors to bf16: the precision is bf16.
bool rounds_to_bf16();

// Whether cuBLAS may be given factors that were: it is here, too.
bool may_round_to_bf16();

// Which cuBLAS multiplies, or why none does; looked for once.
std::string cublas_description();

// To what float32 factors may be rounded before cuBLAS, or fused attention, multiplies them on tensor cores: not at all
// (float32), as at first, to 10 bits of fraction (tf32, cuBLAS alone) or to 7 (bf16). Our own product never rounds.
// False: no such precision.
bool set_precision(const std::string& name);
std::string precision();

}  // namespace nabla::cuda
