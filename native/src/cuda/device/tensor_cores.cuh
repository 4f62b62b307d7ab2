// SPDX-License-Identifier: Apache-2.0
// What the tensor cores and their feeding need, one instruction each. A warp multiplies together: with g = lane / 4 and
// t = lane % 4, a thread holds of a fragment
// - c [16, 8] float32: rows g and g + 8, columns 2t and 2t + 1: (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)
// - a [16, 16] bf16: pairs along k: (g, 2t), (g + 8, 2t), (g, 2t + 8), (g + 8, 2t + 8), each with its right neighbour
// - b [16, 8] bf16: pairs along k: (2t, g), (2t + 8, g), each with the one below it
// - a [16, 8] tf32: (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)
// - b [8, 8] tf32: (t, g), (t + 4, g)
// so that two neighbouring c, rounded in pairs, are an a.
// PTX ISA, "Matrix fragments for mma.m16n8k16" and ".m16n8k8", "ldmatrix", "cp.async".
#pragma once
#include <cstdint>

#include "cuda/runtime/launch.cuh"

namespace nabla::cuda {

// c += a b, of factors in bf16, two in each register, the lower k in the lower half.
__device__ inline void multiply_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulated_cuda::multiply_bf16(c, a, b);
#endif
}

// c += a b, of float32 of which the 13 lowest bits do not count.
__device__ inline void multiply_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulated_cuda::multiply_tf32(c, a, b);
#endif
}

// Two numbers, rounded to the nearest bf16, of two the even one, in one register: `low` in its lower half.
__device__ inline uint32_t pair_of_bf16(float low, float high) {
#ifdef __CUDACC__
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
#else
  return emulated_cuda::pair_of_bf16(low, high);
#endif
}

// The nearest tf32, of two the one farther from 0.
__device__ inline uint32_t tf32(float x) {
#ifdef __CUDACC__
  uint32_t rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(x));
  return rounded;
#else
  return emulated_cuda::tf32(x);
#endif
}

// Four matrices [8, 8] of 16 bits from shared memory. Lane i names the row i % 8 of matrix i / 8, 8 neighbours that
// begin at a multiple of 16 bytes. It gets of matrix j in register j (g, 2t) and (g, 2t + 1).
__device__ inline void load_matrices(uint32_t (&to)[4], const void* row) {
#ifdef __CUDACC__
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address));
#else
  emulated_cuda::load_matrices(to, row, false);
#endif
}

// The same of their transposes: (2t, g) and (2t + 1, g).
__device__ inline void load_matrices_transposed(uint32_t (&to)[4], const void* row) {
#ifdef __CUDACC__
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address));
#else
  emulated_cuda::load_matrices(to, row, true);
#endif
}

// Begins to copy 16 bytes, both aligned for that, from global to shared memory; zeros where not `inside`, and then
// nothing is read.
__device__ inline void begin_copy(void* shared, const void* global, bool inside) {
#ifdef __CUDACC__
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  const uint32_t bytes = inside ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(global), "r"(bytes) : "memory");
#else
  emulated_cuda::begin_copy(shared, global, 16, inside ? 16 : 0);
#endif
}

// The same of the first `bytes` of the 16, the others become zeros; the cache is told to get the 128 around them, of
// which the next copy along a row will be.
__device__ inline void begin_partial_copy(void* shared, const void* global, int bytes) {
#ifdef __CUDACC__
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(address), "l"(global), "r"(bytes)
               : "memory");
#else
  emulated_cuda::begin_copy(shared, global, 16, bytes);
#endif
}

// Begins to copy 4 bytes, both aligned for that; zeros where not `inside`, and then nothing is read.
__device__ inline void begin_copy_of_4(void* shared, const void* global, bool inside) {
#ifdef __CUDACC__
  const auto address = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  const uint32_t bytes = inside ? 4 : 0;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(address), "l"(global), "r"(bytes) : "memory");
#else
  emulated_cuda::begin_copy(shared, global, 4, inside ? 4 : 0);
#endif
}

// What this thread has begun since the last group is one group of copies.
__device__ inline void end_group() {
#ifdef __CUDACC__
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  emulated_cuda::end_group();
#endif
}

// Waits until of this thread's groups all but the last kLeft are there; a barrier makes them those of the block.
template <int kLeft>
__device__ inline void wait_for_groups() {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_group %0;" ::"n"(kLeft) : "memory");
#else
  emulated_cuda::wait_for_groups(kLeft);
#endif
}

}  // namespace nabla::cuda
