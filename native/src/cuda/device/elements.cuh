// SPDX-License-Identifier: Apache-2.0
// Functions of elements: a thread takes four neighbours, so that memory is read and written 16 bytes at a time. Tensors
// begin at the start of a block of the allocator, which is aligned for that.
#pragma once
#include "cuda/device/stored.cuh"
#include "cuda/runtime/launch.cuh"

namespace nabla::cuda {

// a / b and a % b of numbers >= 0. A GPU divides 64 bits some ten times slower than 32, which nearly always do.
struct Division {
  int64_t quotient, remainder;
  __device__ Division(int64_t a, int64_t b) {
    if (((a | b) >> 32) == 0) {
      const uint32_t short_a = static_cast<uint32_t>(a), short_b = static_cast<uint32_t>(b), q = short_a / short_b;
      quotient = q;
      remainder = short_a - q * short_b;
    } else {
      quotient = a / b;
      remainder = a - quotient * b;
    }
  }
};

template <class T>
struct alignas(4 * sizeof(T)) Four {
  T at[4];
};

// The first of the four elements of a thread.
__device__ inline int64_t first_of_four() { return 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x); }

template <class In, class Out, class Function>
__global__ void map_kernel(const In* in, Out* out, int64_t count, Function f) {
  int64_t i = first_of_four();
  if (i + 4 <= count) {
    const Four<In> x = *reinterpret_cast<const Four<In>*>(in + i);
    Four<Out> y;
    for (int lane = 0; lane < 4; ++lane) y.at[lane] = stored<Out>(f(widened(x.at[lane])));
    *reinterpret_cast<Four<Out>*>(out + i) = y;
  } else {
    for (; i < count; ++i) out[i] = stored<Out>(f(widened(in[i])));
  }
}

// out[i] = f(in[i]), computed in float32 where elements are stored as bf16
template <class In, class Out, class Function>
void map(const char* name, const In* in, Out* out, int64_t count, Function f) {
  launch(name, map_kernel<In, Out, Function>, divide_up(count, 4 * kThreads), kThreads, in, out, count, f);
}

template <class A, class B, class Out, class Function>
__global__ void map_pairs_kernel(const A* a, const B* b, Out* out, int64_t count, Function f) {
  int64_t i = first_of_four();
  if (i + 4 <= count) {
    const Four<A> x = *reinterpret_cast<const Four<A>*>(a + i);
    const Four<B> y = *reinterpret_cast<const Four<B>*>(b + i);
    Four<Out> z;
    for (int lane = 0; lane < 4; ++lane) z.at[lane] = stored<Out>(f(widened(x.at[lane]), widened(y.at[lane])));
    *reinterpret_cast<Four<Out>*>(out + i) = z;
  } else {
    for (; i < count; ++i) out[i] = stored<Out>(f(widened(a[i]), widened(b[i])));
  }
}

// out[i] = f(a[i], b[i])
template <class A, class B, class Out, class Function>
void map_pairs(const char* name, const A* a, const B* b, Out* out, int64_t count, Function f) {
  launch(name, map_pairs_kernel<A, B, Out, Function>, divide_up(count, 4 * kThreads), kThreads, a, b, out, count, f);
}

template <class Function>
__global__ void for_each_kernel(int64_t count, Function f) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) f(i);
}

// f(i) for every i from 0 to count - 1, in a thread of its own.
template <class Function>
void for_each(const char* name, int64_t count, Function f) {
  launch(name, for_each_kernel<Function>, divide_up(count, kThreads), kThreads, count, f);
}

}  // namespace nabla::cuda
