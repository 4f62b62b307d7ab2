// SPDX-License-Identifier: Apache-2.0
// The GPU that is used, and the one stream on which everything runs in the order in which it was asked for.
#pragma once
#include <cuda_runtime.h>

#include <string>

namespace nabla::cuda {

// The first GPU that CUDA shows (CUDA_VISIBLE_DEVICES chooses), looked at once; nothing of CUDA runs before.
struct Gpu {
  std::string problem;  // why there is none, in words; else empty
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int driver = 0;            // the newest CUDA version that the driver runs, as 13000 for 13.0
  int multiprocessors = 0;
  bool reads_host = false;  // reads ordinary memory of the host itself, so that no copy of it is made beforehand
  size_t memory = 0;        // bytes
};
const Gpu& gpu();

cudaStream_t stream();  // of the whole process; throws where there is no GPU
void synchronize();     // waits for all that was asked for

// While it lives, stream() is another one for this thread, which notes what is asked of it.
class OtherStream {
 public:
  explicit OtherStream(cudaStream_t other);
  ~OtherStream();
  OtherStream(const OtherStream&) = delete;
  OtherStream& operator=(const OtherStream&) = delete;
};
bool is_noting();  // whether there is one

}  // namespace nabla::cuda
