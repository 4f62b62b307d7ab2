// SPDX-License-Identifier: Apache-2.0
// What becomes of the sums of a product: bias, activation, and how they are written.
#pragma once
#include "cuda/device/activations.cuh"
#include "cuda/device/bf16.cuh"
#include "cuda/device/tensor_cores.cuh"

namespace nabla::cuda {

template <class T>
using Pair = Lanes<T, 2>;

// Where sums go: c = activation(sum + bias), and pre = sum + bias, in matrices with rows like c's.
struct ProductEnd {
  const float* bias;    // nullptr: none
  int64_t bias_matrix;  // elements from the bias of one matrix to that of the next
  void *c, *pre;        // float, or bf16 where is_bf16; pre may be nullptr
  int64_t row, matrix, activation;
  bool is_bf16, in_fours;  // in_fours: four neighbours can be written at once

  template <int kCount>
  __device__ void load_bias(int64_t of_matrix, int64_t column, float (&add)[kCount]) const {
#pragma unroll
    for (int i = 0; i < kCount; ++i) add[i] = bias == nullptr ? 0.0f : bias[of_matrix * bias_matrix + column + i];
  }
  template <int kCount>
  __device__ void write(int64_t at, float (&x)[kCount], const float (&add)[kCount]) const {
    if (bias != nullptr) {
#pragma unroll
      for (int i = 0; i < kCount; ++i) x[i] += add[i];
    }
    if (pre != nullptr) store(pre, at, x);
    if (activation != kNone) {
#pragma unroll
      for (int i = 0; i < kCount; ++i) x[i] = activated(activation, x[i]);
    }
    store(c, at, x);
  }

 private:
  __device__ void store(void* to, int64_t at, const float (&x)[1]) const {
    if (is_bf16)
      static_cast<uint16_t*>(to)[at] = to_bf16(x[0]);
    else
      static_cast<float*>(to)[at] = x[0];
  }
  __device__ void store(void* to, int64_t at, const float (&x)[4]) const {
    if (is_bf16)
      *reinterpret_cast<Pair<uint32_t>*>(static_cast<uint16_t*>(to) +
                                         at) = {{pair_of_bf16(x[0], x[1]), pair_of_bf16(x[2], x[3])}};
    else
      *reinterpret_cast<Four<float>*>(static_cast<float*>(to) + at) = {{x[0], x[1], x[2], x[3]}};
  }
};

// c and pre as they are written; `step` elements lead from the c of one matrix, and `bias_step` from its bias, to the
// next.
template <class Out>
ProductEnd end_of_product(const float* bias, int64_t bias_step, Out* c, Out* pre, int64_t row, int64_t step, int64_t n,
                          int64_t activation) {
  const bool in_fours = n % 4 == 0 && row % 4 == 0 && step % 4 == 0 && is_aligned(c) && is_aligned(pre);
  return {bias, bias_step, c, pre, row, step, activation, sizeof(Out) == 2, in_fours};
}

// Adds up the parts into which k was divided, always in the same order.
template <int kCount>
struct AddParts {
  const float* data;
  int64_t parts, m, n, count;  // count: of the elements of c
  ProductEnd end;
  __device__ void operator()(int64_t i) const {
    float sums[kCount] = {};
    for (int64_t part = 0; part < parts; ++part) {
      const float* const from = data + part * count + i * kCount;
#pragma unroll
      for (int lane = 0; lane < kCount; ++lane) sums[lane] += from[lane];
    }
    const Division line(i * kCount, n), matrix(line.quotient, m);
    float add[kCount];
    end.load_bias(matrix.quotient, line.remainder, add);
    end.write(matrix.quotient * end.matrix + matrix.remainder * end.row + line.remainder, sums, add);
  }
};

}  // namespace nabla::cuda
