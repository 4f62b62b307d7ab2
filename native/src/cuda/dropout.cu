// SPDX-License-Identifier: Apache-2.0
// Dropout: a thread takes the four elements of one block of the generator.
#include "cuda/device/elements.cuh"
#include "cuda/device/philox.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class T>
__global__ void dropout_kernel(const T* in, T* out, int64_t count, Keep keep) {
  const int64_t first = first_of_four();
  if (first >= count) return;
  const PhiloxBlock block = philox(keep.seed, keep.offset + static_cast<uint64_t>(first) / 4);
  for (int w = 0; w < 4 && first + w < count; ++w) {
    const float factor = keep.factor_of(block.words[w]);
    out[first + w] = stored<T>(factor == 0 ? 0.0f : widened(in[first + w]) * factor);
  }
}

template <class T>
void dropout(const T* in, T* out, const DropoutParams& p) {
  const Keep keep(p.probability, p.seed, p.offset);
  launch("dropout", dropout_kernel<T>, divide_up(p.count, 4 * kThreads), kThreads, in, out, p.count, keep);
}

}  // namespace

void add_dropout(KernelTable& table) {
  table.dropout_f32 = dropout<float>;
  table.variants.dropout_f32 = {dropout<Bf16>};
}

}  // namespace nabla::cuda
