// SPDX-License-Identifier: Apache-2.0
// Rows of a table, and the gradient of the table.
#include "cuda/device/bf16.cuh"
#include "cuda/device/elements.cuh"
#include "cuda/device/indices.h"
#include "cuda/device/segments.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

void check_indices(Indices indices, const EmbeddingParams& p) {
  const BadIndex bad = find_bad_index(indices, p.count);
  if (bad.position >= 0)
    fail("embedding", "expected indices from 0 to %lld, received %d at position %lld",
         static_cast<long long>(p.vocabulary - 1), bad.index, static_cast<long long>(bad.position));
}

template <class Number, class T>
struct LookUp {
  const Number* weight;
  const int32_t* indices;
  T* out;
  int64_t features;
  __device__ void operator()(int64_t i) const {
    const Division at(i, features);
    out[i] = stored<T>(widened(weight[indices[at.quotient] * features + at.remainder]));
  }
};

template <class T>
void embedding(Operand weight, Indices indices, T* out, const EmbeddingParams& p) {
  check_indices(indices, p);
  const int64_t elements = p.count * p.features;
  if (weight.halves != nullptr)
    for_each("embedding", elements, LookUp<Bf16, T>{weight.halves, indices.data, out, p.features});
  else
    for_each("embedding", elements, LookUp<float, T>{weight.data, indices.data, out, p.features});
}

template <class T>
void embedding_grad(const T* grad_out, Indices indices, float* grad_weight, const EmbeddingParams& p) {
  check_indices(indices, p);
  sum_segments("embedding_grad", grad_out, indices.data, grad_weight, p.count, p.features, p.vocabulary);
}

}  // namespace

void add_embedding(KernelTable& table) {
  table.embedding_f32 = embedding<float>;
  table.embedding_grad_f32 = embedding_grad<float>;
  table.variants.embedding_f32 = {embedding<Bf16>};
  table.variants.embedding_grad_f32 = {embedding_grad<Bf16>};
}

}  // namespace nabla::cuda
