// SPDX-License-Identifier: Apache-2.0
// The matrix product for kernels: on one thread, on all threads, or many products side by side.
//
// k == 0 gives activation(beta * C + bias); m == 0 or n == 0 does nothing; beta == 0 does not read C. No product is
// skipped: 0 * NaN is NaN. C may overlap no operand. Every element of C sums its products in an order that depends only
// on the sizes and strides, so the result does not depend on the number of threads.

// Floats of working memory that a product takes.
template <class Format = Float32>
inline int64_t gemm_workspace(int64_t m, int64_t n, int64_t k) {
  return panels_size<Format>(m, n, k);
}

// The product on the calling thread; `workspace` has gemm_workspace(m, n, k) floats.
template <class Format = Float32>
inline void gemm_block(const Gemm& g, float* workspace) {
  if (Format::kThin && is_thin(g)) return thin_product(g, 0, g.m > g.n ? g.m : g.n);
  for_each_chunk<Format>(g, workspace, [](const Chunk<Format>& chunk) {
    chunk.pack(chunk.pack_begin(), chunk.pack_end());
    chunk.multiply(0, chunk.tasks());
  });
}

// The product on all threads.
template <class Format = Float32>
inline void gemm_parallel(const Gemm& g, float* workspace) {
  if (Format::kThin && is_thin(g)) {
    const int64_t few = smaller(g.m, g.n), many = g.m > g.n ? g.m : g.n;
    parallel_for(many, divide_up(kElementGrain, few * g.k + 1),
                 [&](int64_t begin, int64_t end, int) { thin_product(g, begin, end); });
    return;
  }
  for_each_chunk<Format>(g, workspace, [](const Chunk<Format>& chunk) {
    const int64_t first = chunk.pack_begin();
    parallel_for(chunk.pack_end() - first, divide_up(kElementGrain, chunk.terms * kTileColumns + 1),
                 [&](int64_t begin, int64_t end, int) { chunk.pack(first + begin, first + end); });
    parallel_for(chunk.tasks(), divide_up(kParallelWork, chunk.task_work() + 1),
                 [&](int64_t begin, int64_t end, int) { chunk.multiply(begin, end); });
  });
}

// The products product(0) .. product(batch - 1), all of the same m, n and k: many at once, each on one thread, or one
// after the other on all threads. `is_kept`: they have their panels of B.
template <class Format = Float32, class Product>
inline void gemm_batch(int64_t batch, int64_t m, int64_t n, int64_t k, const Product& product, bool is_kept = false) {
  if (batch == 0 || m == 0 || n == 0) return;
  const int64_t threads = thread_count(), work = 2 * m * n * k + 1;
  const int64_t workspace = gemm_workspace<Format>(m, is_kept ? 0 : n, k);
  const bool side_by_side = batch >= threads || work < kParallelWork;
  const Scratch scratch(static_cast<size_t>((side_by_side ? threads : 1) * workspace) * sizeof(float));
  if (side_by_side) {
    parallel_for(batch, divide_up(kParallelWork, work), [&](int64_t begin, int64_t end, int worker) {
      for (int64_t i = begin; i < end; ++i) gemm_block<Format>(product(i), scratch.floats() + worker * workspace);
    });
  } else {
    for (int64_t i = 0; i < batch; ++i) gemm_parallel<Format>(product(i), scratch.floats());
  }
}
