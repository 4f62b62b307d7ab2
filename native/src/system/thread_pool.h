// SPDX-License-Identifier: Apache-2.0
// One pool of threads per process. Kernels use it through cpu/parallel-inl.h.
#pragma once
#include <cstdint>

namespace nabla {

// Runs body(context, begin, end, worker) over disjoint ranges that cover [0, count), at least `grain` indices each, on
// all threads at once; returns when all are done. `worker` is in [0, thread_count()) and no two ranges share one at a
// time. Called from inside a body, or while another environment uses the pool, everything runs on the calling thread.
// An exception thrown by a body is thrown again here, after all ranges have ended.
using ParallelBody = void (*)(void* context, int64_t begin, int64_t end, int worker);
void run_parallel(int64_t count, int64_t grain, ParallelBody body, void* context);

int thread_count();
void set_thread_count(int threads);  // 0: NABLA_THREADS, else the processors this process may use

// While one lives, thread_count() and run_parallel on its thread keep to the number there was when it was made: a
// kernel asks for it once to size its working memory and once to run, and another environment may set it in between.
class SteadyThreads {
 public:
  SteadyThreads();
  ~SteadyThreads();
  SteadyThreads(const SteadyThreads&) = delete;
  SteadyThreads& operator=(const SteadyThreads&) = delete;
};

}  // namespace nabla
