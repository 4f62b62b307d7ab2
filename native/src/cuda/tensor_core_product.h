// SPDX-License-Identifier: Apache-2.0
// The matrix product on tensor cores, our own: for machines without cuBLAS, and for tensors stored as bf16.
#pragma once
#include <cstdint>

#include "kernels/matmul.h"

namespace nabla::cuda {

// As kernels/matmul.h says, with bias, activation and `pre` in the same launch. Sums are float32, and so is what is
// made of them; c and pre are rounded at the end where they are bf16. Made for
//   In = uint16_t (bf16), Out = float or uint16_t (bf16)
//   In = float, Out = float: factors are rounded to tf32 as they are multiplied.
// Rows that all begin at multiples of 16 bytes are read much faster than others. The same bits come out every time.
// False, and nothing is done: k == 0, or m, n, k or the batch is beyond what a launch can count.
template <class In, class Out>
bool multiply_on_tensor_cores(const In* a, const In* b, const float* bias, Out* c, Out* pre, const MatmulParams& p);

}  // namespace nabla::cuda
