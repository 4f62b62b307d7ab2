// SPDX-License-Identifier: Apache-2.0
// Looks for a GPU once and says what is missing.
#include "cuda/runtime/stream.h"

#include <cstdio>
#include <stdexcept>

#include "cuda/runtime/check.h"

namespace nabla::cuda {
namespace {

constexpr int kOldest = 80;  // compute capability times ten: the oldest for which kernels are compiled

std::string version(int number) {
  char text[32];
  std::snprintf(text, sizeof text, "%d.%d", number / 1000, number % 1000 / 10);
  return text;
}

Gpu look() {
  Gpu found;
  int runtime = 0, count = 0;
  cudaDriverGetVersion(&found.driver);  // 0 without a driver
  cudaRuntimeGetVersion(&runtime);
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (found.driver == 0) {
    found.problem = "no NVIDIA driver was found (libcuda.so.1); Nabla was built with CUDA " + version(runtime);
    return found;
  }
  if (status == cudaErrorInsufficientDriver) {
    found.problem = "the NVIDIA driver is too old: it runs CUDA " + version(found.driver) + ", Nabla was built with " +
                    version(runtime);
    return found;
  }
  if (status != cudaSuccess || count == 0) {
    const char* words = status == cudaSuccess ? "none is visible (CUDA_VISIBLE_DEVICES?)" : cudaGetErrorString(status);
    found.problem = std::string("the driver, for CUDA ") + version(found.driver) + ", shows no GPU: " + words;
    return found;
  }
  cudaDeviceProp properties{};
  const cudaError_t asked = cudaGetDeviceProperties(&properties, 0);
  if (asked != cudaSuccess) {
    found.problem = std::string("the GPU does not answer: ") + cudaGetErrorString(asked);
    return found;
  }
  found.name = properties.name;
  found.major = properties.major;
  found.minor = properties.minor;
  found.multiprocessors = properties.multiProcessorCount;
  found.memory = properties.totalGlobalMem;
  found.reads_host = properties.pageableMemoryAccessUsesHostPageTables != 0;
  if (10 * found.major + found.minor < kOldest)
    found.problem = "the GPU " + found.name + " is too old: its compute capability is " + std::to_string(found.major) +
                    "." + std::to_string(found.minor) + ", the oldest supported is 8.0";
  return found;
}

cudaStream_t make_stream() {
  if (!gpu().problem.empty()) throw std::runtime_error(gpu().problem);
  cudaStream_t made = nullptr;
  check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return made;
}

}  // namespace

const Gpu& gpu() {
  static const Gpu* const the_gpu = new Gpu(look());
  return *the_gpu;
}

namespace {
thread_local cudaStream_t other_stream = nullptr;
}

OtherStream::OtherStream(cudaStream_t other) { other_stream = other; }
OtherStream::~OtherStream() { other_stream = nullptr; }
bool is_noting() { return other_stream != nullptr; }

cudaStream_t stream() {
  if (other_stream != nullptr) return other_stream;
  static const cudaStream_t the_stream = make_stream();  // never destroyed: workers may still use it at exit
  return the_stream;
}

void synchronize() { check(cudaStreamSynchronize(stream()), "cudaStreamSynchronize"); }

}  // namespace nabla::cuda
