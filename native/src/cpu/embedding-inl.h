// SPDX-License-Identifier: Apache-2.0
// Rows of a table, and the sum of gradients per row.

inline void check_indices(Indices indices, const EmbeddingParams& p) {
  const int64_t bad = find_bad_index(indices, p.count);
  if (bad >= 0)
    fail("embedding", "expected indices from 0 to %lld, received %d at position %lld",
         static_cast<long long>(p.vocabulary - 1), indices.data[bad], static_cast<long long>(bad));
}

inline void embedding_f32(Operand weight, Indices indices, float* out, const EmbeddingParams& p) {
  check_indices(indices, p);
  const int64_t features = p.features;
  parallel_for(p.count, row_grain(features), [=](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      float* const to = out + i * features;
      if (weight.halves == nullptr) {
        memcpy(to, weight.data + indices.data[i] * features, static_cast<size_t>(features) * sizeof(float));
      } else {
        const uint16_t* const from = weight.halves + indices.data[i] * features;
        for_vectors(0, features,
                    [=](int64_t f, auto lanes) { store_lanes(to + f, load_lanes(from + f, lanes), lanes); });
      }
    }
  });
}

// Features that a thread takes at least: a cache line, so that no two threads write to the same one.
constexpr int64_t kEmbeddingSlice = 16;

// Each thread adds up its own features of all rows: nothing is shared, and the order of the sums is that of the
// indices.
inline void embedding_grad_f32(const float* grad_out, Indices indices, float* grad_weight, const EmbeddingParams& p) {
  check_indices(indices, p);
  const int64_t features = p.features;
  const int64_t slices = (features + kEmbeddingSlice - 1) / kEmbeddingSlice;
  parallel_for(slices, row_grain((p.count + p.vocabulary) * kEmbeddingSlice), [=](int64_t begin, int64_t end, int) {
    const int64_t first = begin * kEmbeddingSlice;
    const int64_t last = end * kEmbeddingSlice < features ? end * kEmbeddingSlice : features;
    for (int64_t v = 0; v < p.vocabulary; ++v)
      memset(grad_weight + v * features + first, 0, static_cast<size_t>(last - first) * sizeof(float));
    for (int64_t i = 0; i < p.count; ++i) {
      const float* from = grad_out + i * features;
      float* sums = grad_weight + indices.data[i] * features;
      int64_t f = first;
      for (; f + kLanes <= last; f += kLanes) store(sums + f, add(load(sums + f), load(from + f)));
      for (; f < last; ++f) sums[f] += from[f];
    }
  });
}
