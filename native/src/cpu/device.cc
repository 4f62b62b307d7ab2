// SPDX-License-Identifier: Apache-2.0
// The CPU as a device of the addon: its memory is the host's.
#include "kernels/device.h"

#include <cstring>

#include "cpu/dispatch.h"
#include "system/kept.h"

namespace nabla::device {

const KernelTable& active_table() { return cpu::active_table(); }

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (const KernelTable* table : cpu::available_tables()) names.push_back(table->target);
  return names;
}

std::string target() { return cpu::active_table().target; }
bool set_target(const std::string& target) { return cpu::set_target(target); }
std::string problem() { return ""; }

std::string matmul_library() { return "own kernels"; }
std::vector<std::string> matmul_precisions() {
  std::vector<std::string> names{"float32"};
  const std::vector<std::string> variants = cpu::bf16_variants();
  if (!variants.empty()) names.push_back("bf16");
  names.insert(names.end(), variants.begin(), variants.end());
  return names;
}

bool set_matmul_precision(const std::string& precision) {
  if (precision == "float32")
    cpu::set_float32();
  else if (!cpu::set_bf16(precision))
    return false;
  drop_all_kept_copies();  // other products would not read them
  return true;
}

bool stores_bf16() { return false; }
bool store_bf16(bool wanted) { return !wanted; }

std::string matmul_precision() { return cpu::uses_bf16() ? "bf16" : "float32"; }

int64_t index_looks() { return 0; }  // there is nothing to wait for

void clear(void* data, size_t bytes) { std::memset(data, 0, bytes); }
void copy_from_host(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
void copy_to_host(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
std::unique_ptr<HostCopy> begin_copy_to_host(const void*, size_t) { return nullptr; }
std::unique_ptr<Graph> note_work(const std::function<void()>&) { return nullptr; }

}  // namespace nabla::device
