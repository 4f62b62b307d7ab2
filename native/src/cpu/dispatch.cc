// SPDX-License-Identifier: Apache-2.0
// Asks the processor once what it can do.
#include "cpu/dispatch.h"

#ifdef NABLA_AMX
#include <cpuid.h>
#endif
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

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
#ifdef NABLA_AMX
TARGET(avx512_amx)
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

#ifdef NABLA_AMX
// Whether the processor multiplies tiles of bf16, and the system lets this process use them: it saves their registers
// only for those that have asked.
bool may_use_amx() {
#ifdef __linux__
  static const bool may = [] {
    constexpr int kFeatures = 7, kTileBf16 = 1 << 22, kTile = 1 << 24;
    constexpr long kAskFor = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(kFeatures, 0, &a, &b, &c, &d) || !(d & kTileBf16) || !(d & kTile)) return false;
    return syscall(SYS_arch_prctl, kAskFor, kTileData) == 0;
  }();
  return may;
#else
  return false;
#endif
}
#endif

struct Variant {
  const char* name;
  const KernelTable* table;
};

// Those of a target whose matrix products round to bf16, best first.
std::vector<Variant> variants_of(const KernelTable& table) {
  std::vector<Variant> variants;
#ifdef NABLA_X86
  __builtin_cpu_init();
  if (&table == &avx512::table() && __builtin_cpu_supports("avx512bf16")) {
#ifdef NABLA_AMX
    if (may_use_amx()) variants.push_back({"bf16 by avx512_amx", &avx512_amx::table()});
#endif
    variants.push_back({"bf16 by avx512_bf16", &avx512_bf16::table()});
  }
#endif
  (void)table;
  return variants;
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

std::vector<std::string> bf16_variants() {
  std::vector<std::string> names;
  for (const Variant& variant : variants_of(*find(active_table().target))) names.push_back(variant.name);
  return names;
}

bool set_bf16(const std::string& variant) {
  for (const auto& [name, table] : variants_of(*find(active_table().target)))
    if (variant == "bf16" || variant == name) {
      active().store(table, std::memory_order_relaxed);
      return true;
    }
  return false;
}

void set_float32() { set_target(active_table().target); }

bool uses_bf16() { return &active_table() != find(active_table().target); }

bool set_target(const std::string& target) {
  const KernelTable* table = find(target);
  if (table != nullptr) active().store(table, std::memory_order_relaxed);
  return table != nullptr;
}

}  // namespace nabla::cpu
