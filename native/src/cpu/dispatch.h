// SPDX-License-Identifier: Apache-2.0
// Which table of kernels runs: the best target of this processor, chosen once, or the one asked for by
// NABLA_CPU_TARGET; and of that, whether the variant whose matrix products round their operands to bf16.
#pragma once
#include <string>
#include <vector>

#include "kernels/kernel_table.h"

namespace nabla::cpu {

const KernelTable& active_table();
std::vector<const KernelTable*> available_tables();  // what this processor can run, best first
bool set_target(const std::string& target);          // in float32; false: not available here
bool set_bf16(bool wanted);                          // for the active target; false: it has no such products
bool uses_bf16();

}  // namespace nabla::cpu
