// SPDX-License-Identifier: Apache-2.0
// The words of a CUDA error.
#include "cuda/runtime/check.h"

#include <stdexcept>
#include <string>

namespace nabla::cuda {

void check(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  throw std::runtime_error(std::string(call) + ": " + cudaGetErrorString(status) + " (" + cudaGetErrorName(status) +
                           "). Kernels run asynchronously: CUDA_LAUNCH_BLOCKING=1 shows which one failed");
}

}  // namespace nabla::cuda
