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

// Of the active target the ways to multiply in bf16 that this processor can run, best first.
std::vector<std::string> bf16_variants();
bool set_bf16(const std::string& variant);  // "bf16" is the best; false: there is none of this name
void set_float32();
bool uses_bf16();

}  // namespace nabla::cpu
