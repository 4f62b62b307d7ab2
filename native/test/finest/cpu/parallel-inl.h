// SPDX-License-Identifier: Apache-2.0
// parallel_for of the sanitizers' driver, found before the kernels' own: every loop of two indices or more is split
// among the threads, so that a race shows in calls that are small enough to make thousands of.

template <class Function>
inline void parallel_for(int64_t count, int64_t, const Function& function) {
  struct Call {
    static void body(void* context, int64_t begin, int64_t end, int worker) {
      (*static_cast<const Function*>(context))(begin, end, worker);
    }
  };
  run_parallel(count, 1, &Call::body, const_cast<Function*>(&function));
}

constexpr int64_t kElementGrain = 8;
constexpr int64_t kParallelWork = 64;

inline int64_t row_grain(int64_t) { return 1; }
