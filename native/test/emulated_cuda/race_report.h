// SPDX-License-Identifier: Apache-2.0
// What is told of a race, and to whom.
#pragma once
#include <cstdint>

namespace emulated_cuda::races {

struct Race {
  struct Side {
    unsigned block, thread;
    bool writes, copies;  // copies: with cp.async
    uintptr_t code;       // where, counted from where the module is loaded
  };
  uintptr_t kernel;    // so counted, too
  const char* memory;  // which, and of what `address` is the number
  uintptr_t address;
  Side first, second;
};

struct Module {
  const char* path;
  uintptr_t base;
};

// Writes it to stderr, with lines of the source where addr2line is, and lets the process end with kExitStatus.
void report(const Module& module, const Race& race);
constexpr int kExitStatus = 66;

// Hears of races in the place of report(): for tests of the detector.
extern void (*listener)(const Race& race);

}  // namespace emulated_cuda::races
