// SPDX-License-Identifier: Apache-2.0
// Our own kernels, the addon's very object files, called from C++ as those of the libraries are: what a product takes
// without JavaScript around it.

#include <memory>

#include "cpu/dispatch.h"
#include "product.h"
#include "system/thread_pool.h"

namespace {

nabla::MatmulParams parameters(const bench::Product& p) {
  nabla::MatmulParams params{};
  params.batch = p.batch, params.m = p.rows, params.n = p.columns, params.k = p.inner;
  params.transpose_a = p.transpose_a, params.transpose_b = p.transpose_b;
  params.row_a = p.row_a(), params.row_b = p.row_b(), params.row_c = p.columns;
  params.batch_a = static_cast<int64_t>(p.size_a()), params.batch_b = static_cast<int64_t>(p.size_b());
  params.batch_c = static_cast<int64_t>(p.size_out());
  return params;
}

std::optional<bench::Job> prepare(const bench::Request& request) {
  nabla::set_thread_count(request.number("threads"));
  if (request.text("family") != "gemm") return std::nullopt;
  auto product = std::make_shared<bench::Product>(request);
  const auto multiply = nabla::cpu::active_table().matmul_f32;
  const nabla::MatmulParams params = parameters(*product);
  return bench::Job{[=] {
                      multiply(product->a.data(), nabla::Operand{product->b.data(), nullptr}, nullptr,
                               product->out.data(), nullptr, params);
                    },
                    [=] { return bench::fingerprint("product", product->out); }};
}

}  // namespace

int main() { return bench::serve(nabla::cpu::active_table().target, prepare); }
