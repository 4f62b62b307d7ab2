// SPDX-License-Identifier: Apache-2.0
// A job is cut into one share per thread, always the same one, so that a thread finds in its own cache what it wrote in
// the job before: reading it from the cache of another core was measured at a fifth of the speed. A thread that is done
// helps with the shares of the others, so that a late one does not hold up the rest.
//
// Between jobs the threads spin briefly, then offer their processor to others, then sleep: kernels follow each other
// within microseconds, and waking a thread that sleeps was measured at 30 microseconds of the caller's own time (a
// virtual machine, whose idle processors are given back to the host).
#include "system/thread_pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>

#include "system/machine.h"

namespace nabla {
namespace {

constexpr int kMaxThreads = 256;
constexpr std::chrono::microseconds kSpin{50};     // longer than the usual gap between two kernels of one step
constexpr std::chrono::microseconds kOffer{1000};  // longer than what a program does between two steps
constexpr int kPausesPerLook = 32;                 // at the clock, while spinning
constexpr int64_t kRangesPerThread = 4;            // of a share, so that others can help with the rest
constexpr size_t kCacheLine = 64;

thread_local bool inside_body = false;
thread_local int steady_threads = 0;  // the number of threads while a SteadyThreads lives, else 0

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits until `done()`, for kSpin in a loop and for kOffer while others may run; whether it came true.
template <class Condition>
bool wait_awake(const Condition& done) {
  const auto start = std::chrono::steady_clock::now();
  for (auto waited = kSpin - kSpin; waited < kSpin + kOffer;) {
    if (waited > kSpin) std::this_thread::yield();
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (done()) return true;
      pause();
    }
    waited = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  }
  return false;
}

// The indices of one thread: those from `next` to `end` are still to be done, by whoever takes them.
struct alignas(kCacheLine) Share {
  std::atomic<int64_t> next{0};
  int64_t end = 0;
};

struct Job {
  ParallelBody body = nullptr;
  void* context = nullptr;
  int threads = 1;
  int64_t range = 1;  // indices taken at a time
  Share shares[kMaxThreads];
  std::atomic<bool> failed{false};
  std::exception_ptr failure;  // written once, by whoever sets `failed`

  void prepare(int64_t count, int64_t grain, int thread_count) {
    threads = thread_count;
    const int64_t even = (count + threads * kRangesPerThread - 1) / (threads * kRangesPerThread);
    range = even > grain ? even : grain;
    const int64_t ranges = (count + range - 1) / range;
    for (int i = 0; i < threads; ++i) {
      const int64_t begin = ranges * i / threads * range, end = ranges * (i + 1) / threads * range;
      shares[i].next.store(begin, std::memory_order_relaxed);
      shares[i].end = end < count ? end : count;
    }
    failed = false;
    failure = nullptr;
  }

  void work(int worker) {
    inside_body = true;
    for (int i = 0; i < threads; ++i) drain(shares[(worker + i) % threads], worker);
    inside_body = false;
  }

  void drain(Share& share, int worker) {
    while (!failed.load(std::memory_order_relaxed)) {
      const int64_t begin = share.next.fetch_add(range, std::memory_order_relaxed);
      if (begin >= share.end) return;
      try {
        body(context, begin, begin + range < share.end ? begin + range : share.end, worker);
      } catch (...) {
        if (!failed.exchange(true)) failure = std::current_exception();
      }
    }
  }
};

class Pool {
 public:
  int threads() const { return steady_threads > 0 ? steady_threads : threads_.load(std::memory_order_relaxed); }

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
    job_.body = body;
    job_.context = context;
    job_.prepare(count, grain, threads);
    open();
    job_.work(0);
    close();
    if (job_.failed) std::rethrow_exception(job_.failure);
  }

 private:
  // A helper enters by counting itself in and then looking whether the job is still open; the owner closes the job and
  // then looks whether somebody is in. Both in sequentially consistent order: one of them sees the other.
  void open() {
    open_.store(++jobs_);
    if (sleeping_.load() == 0) return;
    { std::lock_guard<std::mutex> guard(lock_); }  // a helper about to sleep has looked before `open_` or sleeps by now
    wake_.notify_all();
  }

  // From here on nobody enters. A helper that the system did not run in time is not waited for: on a machine that is
  // busy with something else, waiting for every helper to wake would cost milliseconds per kernel.
  void close() {
    open_.store(0);
    const auto empty = [this] { return inside_.load() == 0; };
    while (!wait_awake(empty)) continue;
  }

  // The life of helper thread `worker` (>= 1).
  void serve(int worker) {
    uint64_t seen = 0;
    const auto has_work = [&] {
      const uint64_t job = open_.load();
      return job != 0 && job != seen && worker < threads();
    };
    for (;;) {
      if (!wait_awake(has_work)) {
        std::unique_lock<std::mutex> guard(lock_);
        sleeping_.fetch_add(1);
        wake_.wait(guard, has_work);
        sleeping_.fetch_sub(1);
      }
      inside_.fetch_add(1);
      const uint64_t job = open_.load();
      if (job != 0) {
        seen = job;
        if (worker < job_.threads) job_.work(worker);
      }
      inside_.fetch_sub(1);
    }
  }

  std::mutex owner_;  // held by the environment whose job runs
  Job job_;
  std::mutex lock_;  // of those who sleep
  std::condition_variable wake_;
  uint64_t jobs_ = 0;                                  // so far
  alignas(kCacheLine) std::atomic<uint64_t> open_{0};  // the number of the job that may be entered, or 0
  alignas(kCacheLine) std::atomic<int> inside_{0};     // helpers that are in, or looking
  alignas(kCacheLine) std::atomic<int> sleeping_{0};
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

SteadyThreads::SteadyThreads() { steady_threads = pool().threads(); }
SteadyThreads::~SteadyThreads() { steady_threads = 0; }

}  // namespace nabla
