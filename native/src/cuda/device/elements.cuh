// SPDX-License-Identifier: Apache-2.0
// Functions of elements: a thread takes four neighbours, or eight of bf16, so that memory is read and written 16 bytes
// at a time. Tensors begin at the start of a block of the allocator, which is aligned for that.
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
using Four = Lanes<T, 4>;

// The first of the four elements of a thread.
__device__ inline int64_t first_of_four() { return 4 * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x); }

// How many neighbours a thread takes of elements of these types.
template <class... T>
constexpr int kTogether = ((sizeof(T) <= sizeof(Bf16)) && ...) ? 8 : 4;

template <class Out, class Function, class... In>
__global__ void map_kernel(Out* out, int64_t count, Function f, const In*... in) {
  constexpr int kLanes = kTogether<Out, In...>;
  int64_t i = kLanes * (int64_t{blockIdx.x} * blockDim.x + threadIdx.x);
  if (i + kLanes <= count) {
    const auto run = [&](const Lanes<In, kLanes>&... x) {
      Lanes<Out, kLanes> y;
#pragma unroll
      for (int lane = 0; lane < kLanes; ++lane) y.at[lane] = stored<Out>(f(widened(x.at[lane])...));
      *reinterpret_cast<Lanes<Out, kLanes>*>(out + i) = y;
    };
    run(load<kLanes>(in + i)...);
  } else {
    for (; i < count; ++i) out[i] = stored<Out>(f(widened(in[i])...));
  }
}

// out[i] = f(in[i]...), computed in float32 where elements are stored as bf16.
template <class Out, class Function, class... In>
void map_all(const char* name, Out* out, int64_t count, Function f, const In*... in) {
  launch(name, map_kernel<Out, Function, In...>, divide_up(count, kTogether<Out, In...> * kThreads), kThreads, out,
         count, f, in...);
}
template <class In, class Out, class Function>
void map(const char* name, const In* in, Out* out, int64_t count, Function f) {
  map_all(name, out, count, f, in);
}
template <class A, class B, class Out, class Function>
void map_pairs(const char* name, const A* a, const B* b, Out* out, int64_t count, Function f) {
  map_all(name, out, count, f, a, b);
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
