// SPDX-License-Identifier: Apache-2.0
// Work as a CUDA graph: the GPU does all of it after one call, where each kernel would have to be launched by the host.
#include <cuda_runtime.h>

#include "cuda/runtime/check.h"
#include "cuda/runtime/stream.h"
#include "kernels/device.h"
#include "system/held_blocks.h"

namespace nabla {
namespace cuda {
namespace {

class CudaGraph final : public device::Graph {
 public:
  CudaGraph(cudaGraphExec_t work, std::unique_ptr<HeldBlocks> scratch) : work_(work), scratch_(std::move(scratch)) {}
  ~CudaGraph() override { cudaGraphExecDestroy(work_); }
  void launch() override { check(cudaGraphLaunch(work_, stream()), "graph"); }

 private:
  cudaGraphExec_t work_;
  std::unique_ptr<HeldBlocks> scratch_;  // which its kernels use
};

// What `work` asks of this thread's stream; nullptr where a part of it cannot be noted, such as waiting for the GPU.
cudaGraph_t note(const std::function<void()>& work) {
  cudaStream_t noted = nullptr;
  if (cudaStreamCreateWithFlags(&noted, cudaStreamNonBlocking) != cudaSuccess) return nullptr;
  cudaGraph_t graph = nullptr;
  bool is_whole = false;
  // Relaxed: the allocator may ask for memory meanwhile. Other threads go on with the stream of the process.
  if (cudaStreamBeginCapture(noted, cudaStreamCaptureModeRelaxed) == cudaSuccess) {
    try {
      const OtherStream instead(noted);
      work();
      is_whole = true;
    } catch (const std::exception&) {  // the same error comes where the work is done, if it was not the noting
    }
    is_whole = cudaStreamEndCapture(noted, &graph) == cudaSuccess && is_whole;
  }
  cudaStreamDestroy(noted);
  cudaGetLastError();  // of a capture that failed
  if (is_whole || graph == nullptr) return graph;
  cudaGraphDestroy(graph);
  return nullptr;
}

}  // namespace
}  // namespace cuda

namespace device {

std::unique_ptr<Graph> note_work(const std::function<void()>& work) {
  auto scratch = std::make_unique<HeldBlocks>();
  const cudaGraph_t graph = cuda::note(work);
  scratch->stop();
  if (graph == nullptr) return nullptr;
  cudaGraphExec_t executable = nullptr;
  const cudaError_t status = cudaGraphInstantiateWithFlags(&executable, graph, 0);
  cudaGraphDestroy(graph);
  if (status != cudaSuccess) return nullptr;
  return std::make_unique<cuda::CudaGraph>(executable, std::move(scratch));
}

}  // namespace device
}  // namespace nabla
