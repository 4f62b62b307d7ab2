// SPDX-License-Identifier: Apache-2.0
// OpenBLAS as a peer: products of matrices, a batch one after the other.

#include <cblas.h>

#include <memory>

#include "product.h"

namespace {

void multiply(bench::Product& p) {
  for (int i = 0; i < p.batch; ++i) {
    cblas_sgemm(CblasRowMajor, p.transpose_a ? CblasTrans : CblasNoTrans, p.transpose_b ? CblasTrans : CblasNoTrans,
                p.rows, p.columns, p.inner, 1.0f, p.a.data() + i * p.size_a(), p.row_a(), p.b.data() + i * p.size_b(),
                p.row_b(), 0.0f, p.out.data() + i * p.size_out(), p.columns);
  }
}

std::optional<bench::Job> prepare(const bench::Request& request) {
  openblas_set_num_threads(request.number("threads"));
  if (request.text("family") != "gemm") return std::nullopt;
  auto product = std::make_shared<bench::Product>(request);
  return bench::Job{[product] { multiply(*product); },
                    [product] { return bench::fingerprint("product", product->out); }};
}

}  // namespace

int main() { return bench::serve(openblas_get_config(), prepare); }
