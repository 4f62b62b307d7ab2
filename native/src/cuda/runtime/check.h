// SPDX-License-Identifier: Apache-2.0
// Turns what a CUDA call answers into an exception that names the call.
#pragma once
#include <cuda_runtime.h>

namespace nabla::cuda {

// Throws std::runtime_error unless `status` is success. `call` names a call or a launch. Kernels run asynchronously: an
// error of one may show at a later call, unless CUDA_LAUNCH_BLOCKING=1 is set.
void check(cudaError_t status, const char* call);

}  // namespace nabla::cuda
