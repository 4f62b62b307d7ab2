// SPDX-License-Identifier: Apache-2.0
// cuBLAS where this machine has it, found at run time: nothing is linked against it.
#pragma once
#include <string>

#include "kernels/matmul.h"

namespace nabla::cuda {

// The product of every batch, without what follows it, of factors in float32 or both in bf16. False: there is no cuBLAS
// here, or it cannot multiply these.
bool cublas_multiply(const float* a, const float* b, float* c, const MatmulParams& p);
bool cublas_multiply(const Bf16* a, const Bf16* b, float* c, const MatmulParams& p);
bool cublas_multiply(const Bf16* a, const Bf16* b, Bf16* c, const MatmulParams& p);

// Memory that every product may work in, one after the other on one stream: it is held as long as the process, so that
// a CUDA graph of many products needs no more, and multiplies by the same algorithms as the calls that it was made of.
struct Workspace {
  void* data = nullptr;
  size_t bytes = 0;
};
Workspace cublas_workspace();

// A function of cuBLAS, or of what it loads; nullptr: there is none.
void* cublas_symbol(const char* name);

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
