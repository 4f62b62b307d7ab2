// SPDX-License-Identifier: Apache-2.0
// Asks the processor once what it can do.
#include "cpu/dispatch.h"

#include <atomic>
#include <cstdlib>

namespace nabla::cpu {

#define TARGET(name)          \
  namespace name {            \
  const KernelTable& table(); \
  }
#ifdef NABLA_X86
TARGET(avx512_bf16)
TARGET(avx512)
TARGET(avx2)
#endif
#ifdef NABLA_ARM64
TARGET(neon)
#endif
TARGET(baseline)
#undef TARGET

std::vector<const KernelTable*> available_tables() {
  std::vector<const KernelTable*> tables;
#ifdef NABLA_X86
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    tables.push_back(&avx512::table());
  if (has_avx2) tables.push_back(&avx2::table());
#endif
#ifdef NABLA_ARM64
  tables.push_back(&neon::table());
#endif
  tables.push_back(&baseline::table());
  return tables;
}

namespace {

const KernelTable* find(const std::string& target) {
  for (const KernelTable* table : available_tables())
    if (target == table->target) return table;
  return nullptr;
}

// The variant of a target whose matrix products round to bf16; nullptr: there is none, or this processor cannot run it.
const KernelTable* bf16_variant(const KernelTable& table) {
#ifdef NABLA_X86
  __builtin_cpu_init();
  if (&table == &avx512::table() && __builtin_cpu_supports("avx512bf16")) return &avx512_bf16::table();
#endif
  (void)table;
  return nullptr;
}

const KernelTable* initial_table() {
  const char* wanted = std::getenv("NABLA_CPU_TARGET");
  const KernelTable* forced = wanted == nullptr ? nullptr : find(wanted);
  return forced != nullptr ? forced : available_tables().front();
}

std::atomic<const KernelTable*>& active() {
  static std::atomic<const KernelTable*> table{initial_table()};
  return table;
}

}  // namespace

const KernelTable& active_table() { return *active().load(std::memory_order_relaxed); }

bool set_bf16(bool wanted) {
  const KernelTable* plain = find(active_table().target);
  const KernelTable* table = wanted ? bf16_variant(*plain) : plain;
  if (table != nullptr) active().store(table, std::memory_order_relaxed);
  return table != nullptr;
}

bool uses_bf16() { return &active_table() == bf16_variant(*find(active_table().target)); }

bool set_target(const std::string& target) {
  const KernelTable* table = find(target);
  if (table != nullptr) active().store(table, std::memory_order_relaxed);
  return table != nullptr;
}

}  // namespace nabla::cpu
