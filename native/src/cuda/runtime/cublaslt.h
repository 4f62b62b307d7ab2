// SPDX-License-Identifier: Apache-2.0
// Products of cuBLASLt, which comes with cuBLAS and adds the bias before the result is written: no second pass over it.
#pragma once
#include "kernels/matmul.h"

namespace nabla::cuda {

// One product as kernels/matmul.h has it, of factors in bf16. False: cuBLASLt is not here, or does not do this.
bool cublaslt_multiply(const Bf16* a, const Bf16* b, const float* bias, Bf16* c, Bf16* pre, const MatmulParams& p);

}  // namespace nabla::cuda
