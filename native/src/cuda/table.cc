// SPDX-License-Identifier: Apache-2.0
// Collects the kernels of all families.
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

KernelTable collect() {
  KernelTable table{};
  table.target = "cuda";
#define FAMILY(name) add_##name(table);
#include "cuda/families.def"
#undef FAMILY
  return table;
}

}  // namespace

const KernelTable& table() {
  static const KernelTable* const the_table = new KernelTable(collect());
  return *the_table;
}

}  // namespace nabla::cuda
