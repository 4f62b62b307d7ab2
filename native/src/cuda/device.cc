// SPDX-License-Identifier: Apache-2.0
// The GPU as a device of the addon.
#include "kernels/device.h"

#include <atomic>
#include <stdexcept>

#include "cuda/device/indices.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/cublas.h"
#include "cuda/runtime/stream.h"
#include "cuda/table.h"

namespace nabla::device {

const KernelTable& active_table() { return cuda::table(); }

std::string problem() { return cuda::gpu().problem; }

std::string target() {
  const cuda::Gpu& gpu = cuda::gpu();
  return gpu.name + " (compute capability " + std::to_string(gpu.major) + "." + std::to_string(gpu.minor) + ", " +
         std::to_string(gpu.memory >> 30) + " GiB)";
}

std::vector<std::string> targets() {
  if (!problem().empty()) return {};
  return {target()};
}

bool set_target(const std::string& name) { return problem().empty() && name == target(); }

std::string matmul_library() { return problem().empty() ? cuda::cublas_description() : problem(); }

std::vector<std::string> matmul_precisions() { return {"float32", "tf32", "bf16"}; }
bool set_matmul_precision(const std::string& precision) { return cuda::set_precision(precision); }
std::string matmul_precision() { return cuda::precision_name(); }

namespace {
std::atomic<bool> stores{false};
}
bool stores_bf16() { return stores; }
bool store_bf16(bool wanted) {
  stores = wanted;
  return true;
}

int64_t index_looks() { return cuda::index_looks(); }

void clear(void* data, size_t bytes) {
  if (bytes != 0) cuda::check(cudaMemsetAsync(data, 0, bytes, cuda::stream()), "clear");
}

void copy_from_host(void* to, const void* from, size_t bytes) {
  if (cuda::is_noting()) throw std::runtime_error("write: of host memory, which is gone when noted work is done");
  // Returns when `from` may change again: ordinary memory is copied first, unless the GPU reads it where it is.
  cuda::check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, cuda::stream()), "write");
  if (cuda::gpu().reads_host) cuda::synchronize();
}

void copy_to_host(void* to, const void* from, size_t bytes) {
  cuda::check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, cuda::stream()), "read");
  cuda::synchronize();
}

}  // namespace nabla::device
