// SPDX-License-Identifier: Apache-2.0
// What src/cuda uses of CUDA, on the CPU: its kernels, compiled by a C++ compiler against this header, run one thread
// after the other, so that they can be tested, and run under sanitizers, where there is no GPU. Threads of a block are
// fibers that change at barriers and shuffles; blocks run in order. Races are looked for where it is built for that
// (races.h), and addresses that are not aligned where it is built with UndefinedBehaviorSanitizer. What it cannot show:
// speed.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(...)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInsufficientDriver = 35,
  cudaErrorStreamCaptureUnsupported = 900
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2;
// What is asked of a stream is done at once, or noted while it is captured.
struct CudaStream {
  bool is_captured = false, was_waited_for = false;
  std::vector<std::function<void()>> noted;
  void ask(std::function<void()> work) {
    if (is_captured)
      noted.push_back(std::move(work));
    else
      work();
  }
};
using cudaStream_t = CudaStream*;
using cudaGraph_t = struct CudaGraph*;
using cudaGraphExec_t = struct CudaGraph*;
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed = 2 };
using cudaEvent_t = struct CudaEvent*;
struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor, multiProcessorCount, pageableMemoryAccessUsesHostPageTables;
};

const char* cudaGetErrorString(cudaError_t status);
const char* cudaGetErrorName(cudaError_t status);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaGetLastError();
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaMalloc(void** block, size_t bytes);
cudaError_t cudaFree(void* block);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream);

namespace emulated_cuda {

struct Index {
  unsigned x, y, z;
};
struct Thread {  // which one runs
  Index thread, block;
  dim3 threads, blocks;
};
extern Thread current;

// Whether a GPU of any kind from 8.0 on would: enough threads and blocks, not too many, and no more dynamic shared
// memory than a kernel may have, which is 48 KiB unless it was allowed more.
bool can_launch(const void* kernel, dim3 blocks, dim3 threads, size_t shared);
void allow_shared(const void* kernel, size_t bytes);

// Runs body(data) in every thread of every block. `kernel`: what it calls, for reports; `shared`: bytes of dynamic
// shared memory.
void run(const void* kernel, dim3 blocks, dim3 threads, size_t shared, void (*body)(void* data), void* data);

void wait_for_block();  // every thread of the block must call it, or have ended
void wait_for_warp();
// Gives `value` to the warp, and takes what the lane `lane ^ distance` gave.
uint64_t shuffle(uint64_t value, int distance);
void update_atomically(const void* at, size_t bytes);  // says that it is done

void* dynamic_shared();  // of the block that runs

// What cuda/device/tensor_cores.cuh describes. All 32 lanes of a warp must call the first three.
void multiply_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);
void multiply_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);
void load_matrices(uint32_t (&to)[4], const void* row, bool transposed);
uint32_t pair_of_bf16(float low, float high);
uint32_t tf32(float x);
void begin_copy(void* shared, const void* global, size_t bytes, size_t inside);  // inside: of them, what is read
void end_group();
void wait_for_groups(size_t left);

}  // namespace emulated_cuda

#define threadIdx (::emulated_cuda::current.thread)
#define blockIdx (::emulated_cuda::current.block)
#define blockDim (::emulated_cuda::current.threads)
#define gridDim (::emulated_cuda::current.blocks)

inline void __syncthreads() { emulated_cuda::wait_for_block(); }
inline void __syncwarp(unsigned = 0xffffffffu) { emulated_cuda::wait_for_warp(); }

template <class T>
T __shfl_xor_sync(unsigned, T value, int distance, int = 32) {
  static_assert(sizeof(T) <= sizeof(uint64_t), "registers are shuffled in one piece");
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = emulated_cuda::shuffle(bits, distance);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Whether any lane of the warp says so.
inline int __any_sync(unsigned mask, int said) {
  for (int distance = 16; distance > 0; distance /= 2) said |= __shfl_xor_sync(mask, said, distance);
  return said;
}

inline uint32_t __umulhi(uint32_t a, uint32_t b) { return static_cast<uint32_t>(uint64_t{a} * b >> 32); }

template <class T>
__attribute__((no_sanitize("thread"))) T atomicMin(T* at, T value) {
  emulated_cuda::update_atomically(at, sizeof *at);
  const T before = *at;
  if (value < before) *at = value;
  return before;
}

template <class... Parameters>
struct KernelCall {
  void (*kernel)(Parameters...);
  std::tuple<Parameters...> arguments;

  template <size_t... I>
  KernelCall(void (*kernel)(Parameters...), void** pointers, std::index_sequence<I...>)
      : kernel(kernel), arguments(*static_cast<Parameters*>(pointers[I])...) {}
  static void run_thread(void* data) {
    const KernelCall& call = *static_cast<KernelCall*>(data);
    std::apply(call.kernel, call.arguments);
  }
};

enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
template <class... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), cudaFuncAttribute, int bytes) {
  constexpr int kMost = 99 << 10;  // what every kind from 8.0 on has
  if (bytes > kMost) return cudaErrorInvalidValue;
  emulated_cuda::allow_shared(reinterpret_cast<const void*>(kernel), static_cast<size_t>(bytes));
  return cudaSuccess;
}

template <class... Parameters>
cudaError_t cudaLaunchKernel(void (*kernel)(Parameters...), dim3 blocks, dim3 threads, void** arguments, size_t shared,
                             cudaStream_t stream) {
  const auto* const function = reinterpret_cast<const void*>(kernel);
  if (!emulated_cuda::can_launch(function, blocks, threads, shared)) return cudaErrorInvalidValue;
  const KernelCall<Parameters...> call(kernel, arguments, std::index_sequence_for<Parameters...>{});
  stream->ask([=] {
    KernelCall<Parameters...> own = call;
    emulated_cuda::run(function, blocks, threads, shared, KernelCall<Parameters...>::run_thread, &own);
  });
  return cudaSuccess;
}
