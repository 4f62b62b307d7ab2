// SPDX-License-Identifier: Apache-2.0
// The batched matrix product: reads the parameters; gemm/ computes.

// One product of the batch.
inline Gemm product_of(const float* a, const Operand& b, const float* bias, float* c, float* pre, const MatmulParams& p,
                       int64_t batch) {
  const int64_t to_b = batch * p.batch_b;
  const bool transpose_b = p.transpose_b != 0;
  Gemm g{
      p.m,
      p.n,
      p.k,
      matrix(a + batch * p.batch_a, p.row_a, p.transpose_a != 0),
      b.halves == nullptr ? matrix(b.data + to_b, p.row_b, transpose_b) : matrix(b.halves + to_b, p.row_b, transpose_b),
      c + batch * p.batch_c,
      p.row_c};
  g.epilogue = {p.has_bias ? bias : nullptr, static_cast<Activation>(p.activation),
                p.has_pre ? pre + batch * p.batch_c : nullptr};
  return g;
}

// The batched product in the numbers of a Format; `kept` has the panels of B that are the same for the whole batch.
template <class Format>
inline void matmul(const float* a, Operand b, const float* bias, float* c, float* pre, const MatmulParams& p,
                   float* kept = nullptr) {
  if (p.batch == 0 || p.m == 0 || p.n == 0) return;
  const auto product = [&](int64_t batch) {
    Gemm g = product_of(a, b, bias, c, pre, p, batch);
    g.kept_b = kept;
    return g;
  };
  gemm_batch<Format>(p.batch, p.m, p.n, p.k, product, kept != nullptr);
}

inline void matmul_f32(const float* a, Operand b, const float* bias, float* c, float* pre, const MatmulParams& p) {
  if (b.halves != nullptr) return matmul<Bf16Weight>(a, b, bias, c, pre, p);
  matmul<Float32>(a, b, bias, c, pre, p);
}
