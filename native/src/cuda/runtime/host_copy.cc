// SPDX-License-Identifier: Apache-2.0
// Copies to the host that the thread which asks for them does not wait for. What is asked for is copied within the GPU
// first, in the order of the one stream; a second stream takes that copy to the host, whatever is asked of the first.
#include "cuda/device/scratch.h"
#include "cuda/runtime/check.h"
#include "cuda/runtime/stream.h"
#include "kernels/device.h"

namespace nabla {
namespace cuda {
namespace {

cudaStream_t make_host_stream() {
  cudaStream_t made = nullptr;
  check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return made;
}

cudaStream_t host_stream() {
  static const cudaStream_t the_stream = make_host_stream();  // never destroyed: workers may still use it at exit
  return the_stream;
}

// A moment of the one stream.
class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreateWithFlags"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record() { check(cudaEventRecord(event_, stream()), "cudaEventRecord"); }
  void hold(cudaStream_t other) { check(cudaStreamWaitEvent(other, event_, 0), "cudaStreamWaitEvent"); }

 private:
  cudaEvent_t event_ = nullptr;
};

class CopyInGpu final : public device::HostCopy {
 public:
  CopyInGpu(const void* from, size_t bytes) : bytes_(bytes), copy_(bytes) {
    check(cudaMemcpyAsync(copy_.as<void>(), from, bytes, cudaMemcpyDeviceToDevice, stream()), "read");
    copied_.record();
  }
  void finish(void* to) override {
    copied_.hold(host_stream());
    check(cudaMemcpyAsync(to, copy_.as<void>(), bytes_, cudaMemcpyDeviceToHost, host_stream()), "read");
    check(cudaStreamSynchronize(host_stream()), "read");
  }

 private:
  size_t bytes_;
  Scratch copy_;
  Event copied_;
};

}  // namespace
}  // namespace cuda

namespace device {

std::unique_ptr<HostCopy> begin_copy_to_host(const void* from, size_t bytes) {
  if (bytes == 0) return nullptr;
  try {
    return std::make_unique<cuda::CopyInGpu>(from, bytes);
  } catch (const OutOfMemory&) {
    return nullptr;
  }
}

}  // namespace device
}  // namespace nabla
