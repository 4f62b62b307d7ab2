// SPDX-License-Identifier: Apache-2.0
// The matrix product, for kernels that are made of products.
#pragma once
#include <type_traits>

#include "kernels/matmul.h"

namespace nabla::cuda {

inline Operand as_stored(const float* data) { return {data, nullptr, nullptr}; }
inline Operand as_stored(const Bf16* halves) { return {nullptr, halves, nullptr}; }
inline Operand as_stored(const Operand& given) { return given; }

// As kernels/matmul.h says.
void multiply(const float* a, const float* b, const float* bias, float* c, float* pre, const MatmulParams& p);

// The same of factors that are stored as bf16, or rounded to it. Out: float or Bf16.
template <class Out>
void multiply_in_bf16(const Operand& a, const Operand& b, const float* bias, Out* c, Out* pre, const MatmulParams& p);

// The same where the first factor, or both, are stored as T: float or Bf16.
template <class T, class Out>
void multiply_stored(const Operand& a, const Operand& b, const float* bias, Out* c, Out* pre, const MatmulParams& p) {
  if constexpr (std::is_same_v<T, float>)
    multiply(a.data, b.data, bias, c, pre, p);
  else
    multiply_in_bf16(a, b, bias, c, pre, p);
}

// The same of few rows and one matrix b; false: it is none of those.
template <class T>  // float or Bf16
bool multiply_few_rows(const T* a, const Operand& b, const float* bias, T* c, T* pre, const MatmulParams& p);

}  // namespace nabla::cuda
