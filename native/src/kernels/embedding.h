// SPDX-License-Identifier: Apache-2.0
// Rows of a table: out[i, f] = weight[indices[i], f]. Row-major and contiguous. count == 0 does nothing.
// An index outside [0, vocabulary) is refused before the first write.
#pragma once
#include "kernels/contract.h"
#include "kernels/operand.h"

namespace nabla {

struct EmbeddingParams {
  int64_t count;       // indices
  int64_t vocabulary;  // rows of the table
  int64_t features;    // columns of the table

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("vocabulary", vocabulary);
    field("features", features);
  }
};

struct Embedding {
  using Params = EmbeddingParams;
  template <class T>
  using FunctionOf = void (*)(Operand weight, Indices indices, T* out, const EmbeddingParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 3> contract(const EmbeddingParams& p, Rules&) {
    return {{{"weight", Extent(p.vocabulary) * p.features},
             indices("indices", p.count, p.vocabulary),
             {"out", Extent(p.count) * p.features}}};
  }
};

// grad_weight[v, f] = sum of grad_out[i, f] over the i with indices[i] == v, added in an order that depends on the
// indices alone: on the CPU that of i, on any number of threads. Indices are checked as above.
struct EmbeddingGrad {
  using Params = EmbeddingParams;
  template <class T>
  using FunctionOf = void (*)(const T* grad_out, Indices indices, float* grad_weight, const EmbeddingParams& params);
  using Function = FunctionOf<float>;
  using Variants = std::tuple<FunctionOf<Bf16>>;

  static std::array<Touch, 3> contract(const EmbeddingParams& p, Rules&) {
    return {{{"grad_out", Extent(p.count) * p.features},
             indices("indices", p.count, p.vocabulary),
             {"grad_weight", Extent(p.vocabulary) * p.features}}};
  }
};

}  // namespace nabla
