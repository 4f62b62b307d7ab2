// SPDX-License-Identifier: Apache-2.0
// Looks for races of kernels. Threads run one after the other here, but what each touches, and between which barriers,
// is what it would be on a GPU: two of them race for a byte when both touch it, one writes, and nothing that a GPU
// waits for lies between. The compiler calls instrumentation.cc before every access of a kernel, and the emulation
// tells of barriers and copies. Without NABLA_RACES nothing looks, and the calls below are nothing.
//
// What orders the accesses of two threads:
// - of one block: a __syncthreads between them, in any memory;
// - of one warp: a __syncwarp, too. Not shuffles, votes, mma.sync and ldmatrix.sync: the lanes meet there, but CUDA
//   promises of them nothing about memory. What a lane gets of ldmatrix, it has read.
// - of two blocks of a launch: nothing. Their shared memory is not the same memory.
// - of two launches: the stream.
// A cp.async writes from when it begins until its thread has waited for it: whoever touches what it fills then races,
// be it this thread; so does it with who has read there, and no barrier since. From the wait on it is a write of this
// thread, which others see after a barrier. Atomic operations do not race with one another.
//
// Of each byte the last write is known, and two of the reads since: a race with a third reader may go unseen. What is
// reported has happened, in this order or another one; that two threads wrote the same value does not excuse them.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulated_cuda::races {

#ifdef NABLA_RACES

void begin_launch(const void* kernel, const void* dynamic_shared, size_t bytes);
void end_launch();  // reports what was found

void begin_thread(unsigned block, unsigned thread);
void resume_thread(unsigned thread, const void* stack, size_t bytes);
void pass_barrier(uint64_t round);       // of the block, by the thread that runs; rounds differ
void pass_warp_barrier(uint64_t round);  // of its warp

void read(const void* at, size_t bytes, const void* code);  // code: where, for the report
void write(const void* at, size_t bytes, const void* code);
void update_atomically(const void* at, size_t bytes, const void* code);
void begin_copy(const void* to, size_t bytes, const void* code);  // in the background
void end_copy(const void* to, size_t bytes);

#else

inline void begin_launch(const void*, const void*, size_t) {}
inline void end_launch() {}
inline void begin_thread(unsigned, unsigned) {}
inline void resume_thread(unsigned, const void*, size_t) {}
inline void pass_barrier(uint64_t) {}
inline void pass_warp_barrier(uint64_t) {}
inline void read(const void*, size_t, const void*) {}
inline void write(const void*, size_t, const void*) {}
inline void update_atomically(const void*, size_t, const void*) {}
inline void begin_copy(const void*, size_t, const void*) {}
inline void end_copy(const void*, size_t) {}

#endif

}  // namespace emulated_cuda::races
