// SPDX-License-Identifier: Apache-2.0
// OpenBLAS as a peer: products of matrices, a batch one after the other.

#include <cblas.h>

#include <memory>

#include "inputs.h"
#include "peer.h"

namespace {

struct Product {
  int batch, rows, inner, columns;
  bool transpose_a, transpose_b;
  std::vector<float> a, b, out;

  explicit Product(const bench::Request& request)
      : batch(request.number("batch")),
        rows(request.number("rows")),
        inner(request.number("inner")),
        columns(request.number("columns")),
        transpose_a(request.flag("transposeA")),
        transpose_b(request.flag("transposeB")),
        a(bench::fill(size(rows, inner), 1)),
        b(bench::fill(size(inner, columns), 2)),
        out(size(rows, columns)) {}

  size_t size(int height, int width) const { return static_cast<size_t>(batch) * height * width; }

  void run() {
    for (int i = 0; i < batch; ++i) {
      cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, rows,
                  columns, inner, 1.0f, a.data() + i * (size(rows, inner) / batch), transpose_a ? rows : inner,
                  b.data() + i * (size(inner, columns) / batch), transpose_b ? inner : columns, 0.0f,
                  out.data() + i * (size(rows, columns) / batch), columns);
    }
  }
};

std::optional<bench::Job> prepare(const bench::Request& request) {
  openblas_set_num_threads(request.number("threads"));
  if (request.text("family") != "gemm") return std::nullopt;
  auto product = std::make_shared<Product>(request);
  return bench::Job{[product] { product->run(); }, [product] { return bench::fingerprint("product", product->out); }};
}

}  // namespace

int main() { return bench::serve(openblas_get_config(), prepare); }
