// SPDX-License-Identifier: Apache-2.0
// Batched matrix product: for each batch c[m, n] = activation(a[m, k] b[k, n] + bias[n]).
// Matrices are row-major with rows a fixed number of elements apart; a transposed operand is stored as its transpose.
// Batches are a fixed number of elements apart; 0 repeats an operand for every batch. `c` may overlap nothing else. k
// == 0 gives activation(bias). No product is skipped: 0 * NaN is NaN. The result does not depend on the number of
// threads.
#pragma once
#include "kernels/activation.h"
#include "kernels/contract.h"
#include "kernels/operand.h"

namespace nabla {

struct MatmulParams {
  int64_t batch, m, n, k;
  int64_t transpose_a, transpose_b;   // 0 or 1
  int64_t row_a, row_b, row_c;        // elements from one row in memory to the next
  int64_t batch_a, batch_b, batch_c;  // elements from one batch to the next
  int64_t activation;                 // kNone .. kSilu
  int64_t has_bias, has_pre;          // 0 or 1

  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch", batch), field("m", m), field("n", n), field("k", k);
    field("transpose_a", transpose_a), field("transpose_b", transpose_b);
    field("row_a", row_a), field("row_b", row_b), field("row_c", row_c);
    field("batch_a", batch_a), field("batch_b", batch_b), field("batch_c", batch_c);
    field("activation", activation);
    field("has_bias", has_bias), field("has_pre", has_pre);
  }
};

struct Matmul {
  using Params = MatmulParams;
  // `pre`, where asked for, receives what goes into the activation; it is laid out as c.
  // Of `b`, a weight as a rule, a copy may be kept.
  using Function = void (*)(const float* a, Operand b, const float* bias, float* c, float* pre,
                            const MatmulParams& params);
  // In bf16, whatever the factors are stored as; and in float32 of factors in bf16.
  using Variants =
      std::tuple<void (*)(Operand a, Operand b, const float* bias, Bf16* c, Bf16* pre, const MatmulParams& params),
                 void (*)(const Bf16* a, const Bf16* b, const float* bias, float* c, float* pre,
                          const MatmulParams& params)>;
  // a^T b is what the gradient of a weight is, a sum over a whole batch: it is kept in float32.
  static bool suits(size_t variant, const MatmulParams& p) {
    return variant == 1 || p.transpose_a == 0 || p.batch != 1;
  }

  static std::array<Touch, 5> contract(const MatmulParams& p, Rules& rules) {
    rules.at_least("batch", p.batch, 0);
    rules.at_least("m", p.m, 0);
    rules.at_least("n", p.n, 0);
    rules.at_least("k", p.k, 0);
    rules.at_least("row_a", p.row_a, p.transpose_a ? p.m : p.k);
    rules.at_least("row_b", p.row_b, p.transpose_b ? p.k : p.n);
    rules.at_least("row_c", p.row_c, p.n);
    rules.at_least("batch_a", p.batch_a, 0);
    rules.at_least("batch_b", p.batch_b, 0);
    rules.at_least("activation", p.activation, kNone);
    rules.at_most("activation", p.activation, kSilu);
    const Extent c = matrix_extent(p.batch, p.batch_c, p.m, p.row_c, p.n);
    rules.at_least("batch_c", p.batch_c, p.batch > 1 ? strided_rows(p.m, p.row_c, p.n).value() : 0);
    return {{{"a", matrix_extent(p.batch, p.batch_a, p.transpose_a ? p.k : p.m, p.row_a, p.transpose_a ? p.m : p.k)},
             {"b", matrix_extent(p.batch, p.batch_b, p.transpose_b ? p.n : p.k, p.row_b, p.transpose_b ? p.k : p.n)},
             {"bias", p.has_bias ? p.n : 0},
             {"c", c},
             {"pre", p.has_pre ? c : Extent(0)}}};
  }

 private:
  static Extent matrix_extent(int64_t batch, int64_t batch_stride, int64_t rows, int64_t row_stride, int64_t columns) {
    const Extent one = strided_rows(rows, row_stride, columns);
    if (batch == 0 || (one.valid() && one.value() == 0)) return 0;
    return Extent(batch - 1) * batch_stride + one;
  }
};

}  // namespace nabla
