// SPDX-License-Identifier: Apache-2.0
// Copies to the host that nobody waits for: through memory that the GPU can write by itself (pinned), which is slow to
// get, so that a few blocks of it are kept.
#include <cuda_runtime.h>

#include <mutex>
#include <vector>

#include "cuda/runtime/check.h"
#include "cuda/runtime/stream.h"
#include "kernels/device.h"

namespace nabla {
namespace cuda {
namespace {

constexpr size_t kSmallest = size_t{1} << 16;     // of a block; each is a power of two
constexpr size_t kMostCached = size_t{64} << 20;  // bytes of blocks that wait for their next use

struct Block {
  void* data;
  size_t bytes;
};

class PinnedPool {
 public:
  // A block of at least so many bytes; of nullptr where there is no memory.
  Block take(size_t bytes) {
    size_t size = kSmallest;
    while (size < bytes) size *= 2;
    {
      const std::lock_guard<std::mutex> guard(lock_);
      for (Block& block : cached_) {
        if (block.bytes != size) continue;
        const Block found = block;
        block = cached_.back();
        cached_.pop_back();
        cached_bytes_ -= size;
        return found;
      }
    }
    Block made{nullptr, size};
    if (cudaMallocHost(&made.data, size) != cudaSuccess) {
      cudaGetLastError();  // forgets the error
      made.data = nullptr;
    }
    return made;
  }

  void give_back(const Block& block) {
    {
      const std::lock_guard<std::mutex> guard(lock_);
      if (cached_bytes_ + block.bytes <= kMostCached) {
        cached_.push_back(block);
        cached_bytes_ += block.bytes;
        return;
      }
    }
    cudaFreeHost(block.data);
  }

 private:
  std::mutex lock_;
  std::vector<Block> cached_;
  size_t cached_bytes_ = 0;
};

PinnedPool& pinned_pool() {
  static PinnedPool* const the_pool = new PinnedPool;  // never destroyed: workers may still use it at exit
  return *the_pool;
}

class PinnedCopy final : public device::HostCopy {
 public:
  PinnedCopy(const Block& block, const void* from, size_t bytes) : block_(block) {
    check(cudaEventCreateWithFlags(&done_, cudaEventDisableTiming | cudaEventBlockingSync), "cudaEventCreateWithFlags");
    check(cudaMemcpyAsync(block_.data, from, bytes, cudaMemcpyDeviceToHost, stream()), "read");
    check(cudaEventRecord(done_, stream()), "cudaEventRecord");
  }
  ~PinnedCopy() override {
    cudaEventSynchronize(done_);  // nobody may have waited
    cudaEventDestroy(done_);
    pinned_pool().give_back(block_);
  }
  void wait() override { check(cudaEventSynchronize(done_), "read"); }
  const void* data() const override { return block_.data; }

 private:
  Block block_;
  cudaEvent_t done_ = nullptr;
};

}  // namespace
}  // namespace cuda

namespace device {

std::unique_ptr<HostCopy> begin_copy_to_host(const void* from, size_t bytes) {
  if (bytes == 0) return nullptr;
  const cuda::Block block = cuda::pinned_pool().take(bytes);
  if (block.data == nullptr) return nullptr;
  return std::make_unique<cuda::PinnedCopy>(block, from, bytes);
}

}  // namespace device
}  // namespace nabla
