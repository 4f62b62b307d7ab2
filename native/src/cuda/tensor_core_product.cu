// SPDX-License-Identifier: Apache-2.0
// The matrix product on tensor cores: of matrices that are in memory, as they are or as aligned copies of them.
#include "cuda/device/factors.cuh"
#include "cuda/device/product_plan.cuh"
#include "cuda/matmul.h"
#include "cuda/tensor_core_product.h"

namespace nabla::cuda {
namespace {

template <class Tile, bool kAlongA, bool kAlongB, bool kAligned, class In>
void launch_matmul(const In* a, const In* b, const MatmulParams& p, const Work& work, const ProductEnd& end) {
  launch_product<Tile>("matmul on tensor cores", Matrices<In, kAlongA, kAligned>{a, p.row_a, p.batch_a},
                       Matrices<In, kAlongB, kAligned>{b, p.row_b, p.batch_b}, work, end);
}

template <class Tile, bool kAligned, class In>
void launch_transposed(const In* a, const In* b, const MatmulParams& p, const Work& work, const ProductEnd& end) {
  if (p.transpose_a && p.transpose_b)
    launch_matmul<Tile, false, true, kAligned>(a, b, p, work, end);
  else if (p.transpose_a)
    launch_matmul<Tile, false, false, kAligned>(a, b, p, work, end);
  else if (p.transpose_b)
    launch_matmul<Tile, true, true, kAligned>(a, b, p, work, end);
  else
    launch_matmul<Tile, true, false, kAligned>(a, b, p, work, end);
}

template <class Tile, class In>
void launch_tiles(const In* a, const In* b, const MatmulParams& p, const Work& work, const ProductEnd& end) {
  if constexpr (sizeof(In) == 2 && Tile::kRows > Small::kRows) {
    // Of a large product, a copy of rows that begin anywhere costs less than to read such rows again and again.
    const FactorInBf16 left(as_stored(a), left_factor(p), !has_aligned_rows(a, left_factor(p)));
    const FactorInBf16 right(as_stored(b), right_factor(p), !has_aligned_rows(b, right_factor(p)));
    launch_transposed<Tile, true>(left.data, right.data, with_factors(p, left, right), work, end);
  } else if (has_aligned_rows(a, left_factor(p)) && has_aligned_rows(b, right_factor(p))) {
    launch_transposed<Tile, true>(a, b, p, work, end);
  } else {
    launch_transposed<Tile, false>(a, b, p, work, end);
  }
}

}  // namespace

template <class In, class Out>
bool multiply_on_tensor_cores(const In* a, const In* b, const float* bias, Out* c, Out* pre, const MatmulParams& p) {
  const ProductSize size{p.batch, p.m, p.n, p.k};
  if (p.k == 0 || !is_countable(size)) return false;
  if (p.batch * p.m * p.n == 0) return true;
  const ProductEnd end = end_of_product(p.has_bias ? bias : nullptr, 0, c, p.has_pre ? pre : nullptr, p.row_c,
                                        p.batch == 1 ? 0 : p.batch_c, p.n, p.activation);
  multiply_in_tiles<In>(size, end, [&](auto tile, const Work& work, const ProductEnd& of_work) {
    launch_tiles<decltype(tile)>(a, b, p, work, of_work);
  });
  return true;
}

template bool multiply_on_tensor_cores(const uint16_t*, const uint16_t*, const float*, float*, float*,
                                       const MatmulParams&);
template bool multiply_on_tensor_cores(const uint16_t*, const uint16_t*, const float*, uint16_t*, uint16_t*,
                                       const MatmulParams&);
template bool multiply_on_tensor_cores(const float*, const float*, const float*, float*, float*, const MatmulParams&);

}  // namespace nabla::cuda
