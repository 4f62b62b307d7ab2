// SPDX-License-Identifier: Apache-2.0
// The driver that `npm run sanitize` builds with sanitizers: for every kernel and target, calls that the contract
// accepts, and the same calls spoilt. A spoilt call is refused by one of the errors that the addon knows, or harmless;
// a buffer too small is never accepted. What touches memory that is not its own ends the process.
// Usage: contracts [--threads] [SEED]

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "calls.h"
#include "system/allocator.h"
#include "system/thread_pool.h"

namespace nabla::test {
namespace {

constexpr int kCalls = 100;         // of each kernel on each target
constexpr int kSpoiltOfEach = 3;    // 300 bad calls
constexpr int kLeastWriting = 10;   // of the good ones must really write, else nothing is tested
constexpr unsigned kPatience = 60;  // seconds for one call and those that spoil it, after which it hangs
constexpr int kThreads = 3;         // of the pool

struct Kernel {
  const char* name;
  bool (*draw)(Random& random, Environment& environment, Call& call);
};
constexpr Kernel kKernels[] = {
#define KERNEL(name, Contract) {#name, &Caller<Contract>::draw},
#include "kernels/kernels.def"
#undef KERNEL
};

enum class Outcome { kRan, kRefused, kBadData, kNoMemory, kStrange };

struct Counts {
  int64_t ran = 0, refused = 0, failures = 0;
};

std::atomic<const char*> current{""};

void hang(int) {
  const char* name = current.load();
  const char text[] = ": hangs\n";
  if (write(STDERR_FILENO, name, std::strlen(name)) < 0 || write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(2);
  _exit(1);
}

Outcome run(const addon::Entry& entry, Environment& environment, const std::vector<double>& numbers) {
  std::copy(numbers.begin(), numbers.end(), environment.arguments());
  addon::Arguments arguments(environment, static_cast<int64_t>(numbers.size()));
  try {
    entry.run(arguments);
    return Outcome::kRan;
  } catch (const addon::BadCall&) {
    return Outcome::kRefused;
  } catch (const std::invalid_argument&) {
    return Outcome::kBadData;
  } catch (const OutOfMemory&) {
    return Outcome::kNoMemory;
  } catch (const std::exception&) {
    return Outcome::kStrange;
  }
}

void complain(Counts& counts, const char* kernel, const char* what, const std::vector<double>& numbers) {
  ++counts.failures;
  std::fprintf(stderr, "%s %s: %s:", device::active_table().target, kernel, what);
  for (const double number : numbers) std::fprintf(stderr, " %.17g", number);
  std::fprintf(stderr, "\n");
}

// Runs a call that must be refused.
void refuse(const addon::Entry& entry, Environment& environment, Counts& counts, const char* what,
            const std::vector<double>& numbers) {
  if (run(entry, environment, numbers) == Outcome::kRefused)
    ++counts.refused;
  else
    complain(counts, entry.name, what, numbers);
}

// Spoils `call` in one of many ways and runs it.
void run_spoilt(Random& random, const addon::Entry& entry, Environment& environment, const Call& call, bool overlaps,
                Counts& counts) {
  constexpr double kNoIntegers[] = {0.5, NAN, INFINITY, -INFINITY, 9007199254740994.0, 4611686018427387904.0, 1e300};
  constexpr double kEdges[] = {
      -1, 0, 2147483647.0, 2147483648.0, 4294967297.0, 9007199254740992.0, -9007199254740992.0};
  std::vector<double> numbers = call.numbers;
  const Call::Buffer* const buffer = call.buffers.empty() ? nullptr : &call.buffers[random.below(call.buffers.size())];
  switch (random.below(9)) {
    case 0:
      numbers.pop_back();
      return refuse(entry, environment, counts, "ran with an argument too few", numbers);
    case 1:
      numbers.push_back(1);
      return refuse(entry, environment, counts, "ran with an argument too many", numbers);
    case 2:
      if (call.integers.empty()) return;
      numbers[call.integers[random.below(call.integers.size())]] = random.one_of(kNoIntegers);
      return refuse(entry, environment, counts, "ran with a number that is no integer", numbers);
    case 3: {
      if (buffer == nullptr || buffer->bytes == 0) return;
      const int32_t handle = environment.allocate(static_cast<size_t>(random.below(buffer->bytes)));
      numbers[buffer->position] = handle;
      refuse(entry, environment, counts, "ran with a buffer too small", numbers);
      environment.release(handle);
      return;
    }
    case 4:
      if (buffer == nullptr || buffer->bytes == 0) return;
      numbers[buffer->position] = kNoBuffer;
      return refuse(entry, environment, counts, "ran without a buffer", numbers);
    case 5: {
      if (buffer == nullptr) return;
      const int32_t handle = environment.allocate(static_cast<size_t>(buffer->bytes));
      environment.release(handle);
      numbers[buffer->position] = handle;
      return refuse(entry, environment, counts, "ran with a buffer that was released", numbers);
    }
    case 6: {  // one buffer in the place of another, where it is large enough
      const Call::Buffer* const other =
          call.buffers.empty() ? nullptr : &call.buffers[random.below(call.buffers.size())];
      if (!overlaps || other == nullptr || other->bytes < buffer->bytes) return;
      numbers[buffer->position] = numbers[other->position];
      break;
    }
    default:  // sizes at the edges of integers, one or two
      if (call.integers.empty()) return;
      for (int64_t i = 1 + random.below(2); i > 0; --i)
        numbers[call.integers[random.below(call.integers.size())]] = random.one_of(kEdges);
  }
  const Outcome outcome = run(entry, environment, numbers);
  if (outcome == Outcome::kStrange) complain(counts, entry.name, "threw what the addon does not know", numbers);
  ++(outcome == Outcome::kRan ? counts.ran : counts.refused);
}

// All calls of one kernel, in an environment of its own.
void try_kernel(const Kernel& kernel, const addon::Entry& entry, uint64_t seed, bool overlaps, Counts& counts) {
  Random random(seed);
  int writing = 0;
  for (int i = 0; i < kCalls; ++i) {
    current = kernel.name;
    alarm(kPatience);
    Environment environment;
    Call call;
    if (!kernel.draw(random, environment, call)) return complain(counts, kernel.name, "no call was found", {});
    for (int spoilt = 0; spoilt < kSpoiltOfEach; ++spoilt)
      run_spoilt(random, entry, environment, call, overlaps, counts);
    const Outcome outcome = run(entry, environment, call.numbers);
    if (outcome == Outcome::kRefused || outcome == Outcome::kStrange)
      complain(counts, kernel.name, "refused what its contract accepts", call.numbers);
    if (outcome == Outcome::kRan && call.writes) ++writing;
    ++counts.ran;
  }
  if (writing < kLeastWriting) complain(counts, kernel.name, "hardly any call wrote anything", {});
}

// Every kernel of the active target; `seed` tells environments that run at the same time apart.
void try_all(uint64_t seed, bool overlaps, Counts& counts) {
  for (size_t i = 0; i < std::size(kKernels); ++i) {
    const addon::Entry& entry = addon::entries()[i];
    if (entry.is_built()) try_kernel(kKernels[i], entry, seed * 1000 + i, overlaps, counts);
  }
}

int main_of(bool threads, uint64_t seed) {
  std::signal(SIGALRM, hang);
  set_thread_count(kThreads);
  int64_t failures = 0;
  for (const std::string& target : device::targets()) {
    device::set_target(target);
    Counts counts[2];
    if (threads) {  // two environments at a time; a buffer written by two arguments is a race that was asked for
      std::thread other([&] { try_all(2 * seed, false, counts[1]); });
      try_all(2 * seed - 1, false, counts[0]);
      other.join();
    } else {
      try_all(seed, true, counts[0]);
    }
    std::printf("  %-8s %zu kernels: %lld calls ran, %lld were refused, %lld failures\n", target.c_str(),
                std::size(kKernels), static_cast<long long>(counts[0].ran + counts[1].ran),
                static_cast<long long>(counts[0].refused + counts[1].refused),
                static_cast<long long>(counts[0].failures + counts[1].failures));
    std::fflush(stdout);
    failures += counts[0].failures + counts[1].failures;
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace nabla::test

int main(int count, char** words) {
  const bool threads = count > 1 && std::strcmp(words[1], "--threads") == 0;
  const int next = threads ? 2 : 1;
  return nabla::test::main_of(threads, count > next ? std::strtoull(words[next], nullptr, 10) : 1);
}
