// SPDX-License-Identifier: Apache-2.0
// parallel_for(count, grain, f): calls f(begin, end, worker) over ranges that cover [0, count) on all threads at once.
// `grain` is the smallest range worth a thread. Included once per target; see system/thread_pool.h for the rules.

template <class Function>
inline void parallel_for(int64_t count, int64_t grain, const Function& function) {
  struct Call {
    static void body(void* context, int64_t begin, int64_t end, int worker) {
      (*static_cast<const Function*>(context))(begin, end, worker);
    }
  };
  if (count <= grain) {
    if (count > 0) function(0, count, 0);
    return;
  }
  run_parallel(count, grain, &Call::body, const_cast<Function*>(&function));
}

// Elements that a thread should have at least, for loops bound by memory: below, waking a thread costs more than it
// saves. 16384: break-even of `add` on two cores, where a wake-up takes about 5 microseconds and a core does 4 elements
// per ns.
constexpr int64_t kElementGrain = 16384;

// Floating-point operations worth a thread: 2 to 3 microseconds, some times what handing them over takes (0.5 to 1).
constexpr int64_t kParallelWork = 1 << 19;

// The grain in rows when a row has `columns` elements.
inline int64_t row_grain(int64_t columns) {
  return columns >= kElementGrain ? 1 : kElementGrain / (columns < 1 ? 1 : columns);
}
