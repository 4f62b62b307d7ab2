// SPDX-License-Identifier: Apache-2.0
// What a compiler calls before the accesses of code that it compiled with -fsanitize=thread. It is meant to be linked
// to ThreadSanitizer's library, which looks at threads; this one looks at those of a block.
#include "races.h"

using emulated_cuda::races::read;
using emulated_cuda::races::write;

#define CODE __builtin_return_address(0)
#define ACCESSES(bytes)                                                  \
  void __tsan_read##bytes(void* at) { read(at, bytes, CODE); }           \
  void __tsan_write##bytes(void* at) { write(at, bytes, CODE); }         \
  void __tsan_unaligned_read##bytes(void* at) { read(at, bytes, CODE); } \
  void __tsan_unaligned_write##bytes(void* at) { write(at, bytes, CODE); }

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

void __tsan_read_range(void* at, unsigned long bytes) { read(at, bytes, CODE); }
void __tsan_write_range(void* at, unsigned long bytes) { write(at, bytes, CODE); }
void __tsan_vptr_read(void** at) { read(at, sizeof *at, CODE); }
void __tsan_vptr_update(void** at, void*) { write(at, sizeof *at, CODE); }

// Atomics of the host, which device/indices.cu counts with: no thread of a block is at work then.
long __tsan_atomic64_load(const volatile long* at, int) { return __atomic_load_n(at, __ATOMIC_SEQ_CST); }
long __tsan_atomic64_fetch_add(volatile long* at, long x, int) { return __atomic_fetch_add(at, x, __ATOMIC_SEQ_CST); }

}  // extern "C"
