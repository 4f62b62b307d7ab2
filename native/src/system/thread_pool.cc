// SPDX-License-Identifier: Apache-2.0
// A job is a counter that the threads race for. Between jobs they spin briefly, then sleep: kernels follow each other
// within microseconds, but a spinning thread that nobody feeds takes a processor away from the rest of the machine.
#include "system/thread_pool.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>

#include "system/machine.h"

namespace nabla {
namespace {

constexpr int kMaxThreads = 256;
constexpr int kSpins = 2000;  // about 40 microseconds of `pause`: the usual gap between two kernels of one step
constexpr int64_t kRangesPerThread =
    4;  // so that a thread that is late or has dearer indices does not hold up the rest

thread_local bool inside_body = false;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

struct Job {
  ParallelBody body = nullptr;
  void* context = nullptr;
  int64_t count = 0;
  int64_t range = 1;
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;  // written once, by whoever sets `failed`

  void work(int worker) {
    inside_body = true;
    for (;;) {
      const int64_t begin = next.fetch_add(range, std::memory_order_relaxed);
      if (begin >= count) break;
      try {
        body(context, begin, begin + range < count ? begin + range : count, worker);
      } catch (...) {
        if (!failed.exchange(true)) failure = std::current_exception();
        next.store(count, std::memory_order_relaxed);
      }
    }
    inside_body = false;
  }
};

class Pool {
 public:
  int threads() const { return threads_.load(std::memory_order_relaxed); }

  void set_threads(int wanted) {
    std::lock_guard<std::mutex> owner(owner_);
    threads_ = wanted < 1 ? 1 : (wanted > kMaxThreads ? kMaxThreads : wanted);
    while (started_ < threads_ - 1) {
      const int worker = ++started_;
      std::thread([this, worker] { serve(worker); }).detach();
    }
  }

  void run(int64_t count, int64_t grain, ParallelBody body, void* context) {
    const int threads = this->threads();
    std::unique_lock<std::mutex> owner(owner_, std::defer_lock);
    if (count <= grain || threads == 1 || inside_body || !owner.try_lock()) {
      if (count > 0) body(context, 0, count, 0);
      return;
    }
    Job job;
    job.body = body;
    job.context = context;
    job.count = count;
    const int64_t even = (count + threads * kRangesPerThread - 1) / (threads * kRangesPerThread);
    job.range = even > grain ? even : grain;
    {
      std::lock_guard<std::mutex> guard(lock_);
      job_ = &job;
      generation_.fetch_add(1, std::memory_order_release);
    }
    if (sleeping_.load(std::memory_order_acquire) != 0) wake_.notify_all();
    job.work(0);
    {
      // From here on nobody joins. A helper that the system did not run in time is not waited for: on a machine that is
      // busy with something else, waiting for every helper to wake would cost milliseconds per kernel.
      std::lock_guard<std::mutex> guard(lock_);
      job_ = nullptr;
    }
    for (int spin = 0; active_.load(std::memory_order_acquire) != 0; ++spin) {
      if (spin < kSpins)
        pause();
      else
        std::this_thread::yield();
    }
    if (job.failure) std::rethrow_exception(job.failure);
  }

 private:
  // The life of helper thread `worker` (>= 1).
  void serve(int worker) {
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && generation_.load(std::memory_order_acquire) == seen; ++spin) pause();
      Job* job = nullptr;
      {
        std::unique_lock<std::mutex> guard(lock_);
        sleeping_.fetch_add(1, std::memory_order_release);
        wake_.wait(guard, [&] { return generation_.load(std::memory_order_relaxed) != seen; });
        sleeping_.fetch_sub(1, std::memory_order_release);
        seen = generation_.load(std::memory_order_relaxed);
        if (worker < threads()) job = job_;
        if (job != nullptr) active_.fetch_add(1, std::memory_order_relaxed);
      }
      if (job == nullptr) continue;
      job->work(worker);
      active_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::mutex owner_;  // held by the environment whose job runs
  std::mutex lock_;   // guards job_
  std::condition_variable wake_;
  Job* job_ = nullptr;
  std::atomic<uint64_t> generation_{0};  // counts jobs
  std::atomic<int> active_{0};           // helpers at work on the job
  std::atomic<int> sleeping_{0};
  std::atomic<int> threads_{1};
  int started_ = 0;
};

int default_threads() {
  const char* wanted = std::getenv("NABLA_THREADS");
  const int threads = wanted == nullptr ? 0 : std::atoi(wanted);
  return threads >= 1 ? threads : system_processors();
}

Pool& pool() {
  static Pool* the_pool = [] {
    Pool* made = new Pool;  // never destroyed: its threads end with the process
    made->set_threads(default_threads());
    return made;
  }();
  return *the_pool;
}

}  // namespace

void run_parallel(int64_t count, int64_t grain, ParallelBody body, void* context) {
  pool().run(count, grain < 1 ? 1 : grain, body, context);
}

int thread_count() { return pool().threads(); }

void set_thread_count(int threads) { pool().set_threads(threads < 1 ? default_threads() : threads); }

}  // namespace nabla
