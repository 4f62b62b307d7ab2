// SPDX-License-Identifier: Apache-2.0
// The driver that `npm run sanitize` builds with sanitizers: for every kernel and target, calls that the contract
// accepts, and the same calls spoilt, of which each must be refused by one of the errors that the addon knows, and with
// sizes at the edges of integers, which must be refused or harmless. What touches memory that is not its own ends the
// process.
// Usage: contracts [--threads] [SEED [KERNEL]]   of all kernels, or of those whose names begin so

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "bad_calls.h"
#include "system/thread_pool.h"

namespace nabla::test {
namespace {

constexpr int kCalls = 100;          // of each kernel on each target
constexpr int kBadOfEach = 3;        // spoilt so that they must be refused
constexpr int kLeastBad = 200;       // of each kernel on each target
constexpr int kEdgesOfEach = 3;      // with sizes at the edges of integers
constexpr int kMostTries = 200000;   // to find one that the contract accepts
constexpr int kLeastWriting = 10;    // of the good ones must really write, else nothing is tested
constexpr unsigned kPatience = 300;  // seconds for one call and those that spoil it, after which it hangs
constexpr int kThreads = 3;          // of the pool

struct Counts {
  int64_t good = 0, bad = 0, edges = 0, in_place = 0, bounded = 0, failures = 0;

  void add(const Counts& other) {
    good += other.good, bad += other.bad, edges += other.edges;
    in_place += other.in_place, bounded += other.bounded, failures += other.failures;
  }
};

std::atomic<const char*> current{""};
const char* only = "";  // what names of kernels must begin with

void hang(int) {
  const char* name = current.load();
  const char text[] = ": hangs\n";
  if (write(STDERR_FILENO, name, std::strlen(name)) < 0 || write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(2);
  _exit(1);
}

void complain(Counts& counts, const char* kernel, const char* what, const std::vector<double>& numbers) {
  ++counts.failures;
  std::fprintf(stderr, "%s %s: %s:", device::active_table().target, kernel, what);
  for (const double number : numbers) std::fprintf(stderr, " %.17g", number);
  std::fprintf(stderr, "\n");
}

// What all buffers of a call hold.
std::vector<std::vector<uint8_t>> contents(const Environment& environment, const Call& call) {
  std::vector<std::vector<uint8_t>> all;
  for (const Call::Buffer& buffer : call.buffers) {
    const addon::Slot* slot = environment.find(call.handle(buffer));
    const auto* bytes = slot == nullptr ? nullptr : static_cast<const uint8_t*>(slot->data);
    const auto count = static_cast<int64_t>(slot == nullptr ? 0 : slot->stored_bytes());
    all.emplace_back(bytes, bytes + (buffer.bytes < count ? buffer.bytes : count));
  }
  return all;
}

// The same as kernels see it: what was to be written may be stored as float32 by then, with the values that it had.
std::vector<std::vector<uint8_t>> values(const Environment& environment, const Call& call) {
  auto all = contents(environment, call);
  for (size_t i = 0; i < all.size(); ++i) {
    const addon::Slot* slot = environment.find(call.handle(call.buffers[i]));
    if (slot == nullptr || !slot->halves) continue;
    std::vector<uint8_t> wide(slot->bytes);
    device::copy_bf16_to_host(reinterpret_cast<float*>(wide.data()), static_cast<const uint16_t*>(slot->data),
                              slot->floats());
    wide.resize(static_cast<size_t>(call.buffers[i].bytes));
    all[i] = wide;
  }
  return all;
}

void restore(Environment& environment, const Call& call, const std::vector<std::vector<uint8_t>>& all) {
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].empty()) continue;
    const addon::Slot& slot = *environment.find(call.handle(call.buffers[i]));
    std::memcpy(slot.data, all[i].data(), all[i].size());
    slot.writer = environment.next_call();
  }
}

// Whether all int32 of the call's buffers are within the bounds that the environment has for them.
bool bounds_hold(const Environment& environment, const Call& call, int64_t& known) {
  for (const Call::Buffer& buffer : call.buffers) {
    const addon::Slot* slot = environment.find(call.handle(buffer));
    const KnownBounds bounds = slot == nullptr ? std::nullopt : slot->known_bounds();
    if (!bounds) continue;
    known += buffer.writes;
    const Bounds actual = bounds_of(static_cast<const int32_t*>(slot->data), slot->bytes / sizeof(int32_t));
    const Interval &negative = bounds->negative, &others = bounds->others;
    if (!actual.negative.is_within(negative.least, negative.greatest) ||
        !actual.others.is_within(others.least, others.greatest))
      return false;
  }
  return true;
}

// Spoils `call` in the `turn`th way, or the next that it can be spoilt in, and runs it: it must be refused, and must
// not have written anything.
void run_bad(Random& random, const addon::Entry& entry, Environment& environment, Environment& foreign,
             const Call& call, size_t turn, Counts& counts) {
  for (size_t i = 0; i < std::size(kWays); ++i) {
    const Way& way = kWays[(turn + i) % std::size(kWays)];
    Spoiling spoiling{random, environment, foreign, call, call.numbers, {}};
    if (!way.spoil(spoiling)) continue;
    const auto before = values(environment, call);
    const Outcome outcome = run(entry, environment, spoiling.numbers);
    if (outcome != (spoiling.by_data ? Outcome::kBadData : Outcome::kRefused))
      complain(counts, entry.name, way.what, spoiling.numbers);
    if (values(environment, call) != before) complain(counts, entry.name, "wrote, then refused", spoiling.numbers);
    for (const Handle handle : spoiling.borrowed) environment.release(handle);
    ++counts.bad;
    return;
  }
}

// One or two sizes at the edges of integers: the call may be right or wrong, but must end in a way that is known.
void run_edge(Random& random, const addon::Entry& entry, Environment& environment, const Call& call, Counts& counts) {
  constexpr double kEdges[] = {
      -1, 0, 2147483647.0, 2147483648.0, 4294967297.0, 9007199254740992.0, -9007199254740992.0};
  if (call.integers.empty()) return;
  std::vector<double> numbers = call.numbers;
  for (int64_t i = 1 + random.below(2); i > 0; --i)
    numbers[call.integers[random.below(static_cast<int64_t>(call.integers.size()))]] = random.one_of(kEdges);
  if (run(entry, environment, numbers) == Outcome::kStrange)
    complain(counts, entry.name, "threw what the addon does not know", numbers);
  ++counts.edges;
}

// Where the contract says that a buffer may be another one: writes the same as without.
void run_in_place(const addon::Entry& entry, Environment& environment, const Call& call, Counts& counts) {
  for (size_t w = 0; w < call.buffers.size(); ++w) {
    const Call::Buffer& written = call.buffers[w];
    if (!written.writes || written.bytes == 0) continue;
    for (const Call::Buffer& other : call.buffers) {
      if (!written.touch->may_be(other.touch->name) || other.bytes == 0 || other.item != written.item) continue;
      const addon::Slot* source = environment.find(call.handle(other));
      if (source == nullptr || source->halves || environment.find(call.handle(written))->halves)
        continue;  // it would be float32 then
      const auto original = contents(environment, call);
      // Where it is read too, it holds in place what the other one holds.
      auto before = original;
      before[w] = original[static_cast<size_t>(&other - call.buffers.data())];
      before[w].resize(original[w].size());
      restore(environment, call, before);
      if (run(entry, environment, call.numbers) != Outcome::kRan) return;  // for what a buffer holds
      auto expected = contents(environment, call);
      restore(environment, call, before);
      if (expected[w] == before[w]) continue;  // this call does not write it
      Call same = call;
      same.numbers[written.position] = call.numbers[other.position];
      if (run(entry, environment, same.numbers) != Outcome::kRan)
        complain(counts, entry.name, "refused to work in place", same.numbers);
      else if (contents(environment, same)[w] != expected[w])
        complain(counts, entry.name, "wrote something else in place", same.numbers);
      restore(environment, call, before);
      ++counts.in_place;
    }
  }
}

// All calls of one kernel, in environments of its own, with products in each of `precisions` in turn.
void try_kernel(const Kernel& kernel, const addon::Entry& entry, const std::vector<std::string>& precisions,
                uint64_t seed, Counts& all) {
  Random random(seed);
  Counts counts;
  int writing = 0;
  for (int i = 0; i < kCalls; ++i) {
    if (!precisions.empty()) device::set_matmul_precision(precisions[static_cast<size_t>(i) % precisions.size()]);
    current = kernel.name;
    alarm(kPatience);
    Environment environment, foreign;
    Call call;
    if (!kernel.draw(random, environment, kMostTries, call)) {
      complain(counts, kernel.name, "no call was found", {});
      break;
    }
    for (int bad = 0; bad < kBadOfEach; ++bad)
      run_bad(random, entry, environment, foreign, call, static_cast<size_t>(i * kBadOfEach + bad), counts);
    for (int edge = 0; edge < kEdgesOfEach; ++edge) run_edge(random, entry, environment, call, counts);
    run_in_place(entry, environment, call, counts);
    const Outcome outcome = run(entry, environment, call.numbers);
    if (outcome == Outcome::kRefused || outcome == Outcome::kStrange)
      complain(counts, kernel.name, "refused what its contract accepts", call.numbers);
    if (outcome == Outcome::kRan && call.writes) ++writing;
    if (!bounds_hold(environment, call, counts.bounded))
      complain(counts, kernel.name, "wrote what is not within the bounds that are said to hold", call.numbers);
    ++counts.good;
  }
  if (writing < kLeastWriting) complain(counts, kernel.name, "hardly any call wrote anything", {});
  if (counts.bad < kLeastBad) complain(counts, kernel.name, "too few calls could be spoilt", {});
  all.add(counts);
}

// Every kernel of the active target; `seed` tells environments that run at the same time apart.
void try_all(uint64_t seed, const std::vector<std::string>& precisions, Counts& counts) {
  for (size_t i = 0; i < std::size(kKernels); ++i) {
    const addon::Entry& entry = addon::entries()[i];
    const bool asked = std::strncmp(entry.name, only, std::strlen(only)) == 0;
    if (asked && entry.is_built()) try_kernel(kKernels[i], entry, precisions, seed * 1000 + i, counts);
  }
}

int main_of(bool threads, uint64_t seed) {
  std::signal(SIGALRM, hang);
  set_thread_count(kThreads);
  int64_t failures = 0;
  for (const std::string& target : device::targets()) {
    device::set_target(target);
    Counts counts[2];
    if (threads) {  // two environments at a time, and a third that keeps changing the number of threads
      std::atomic<bool> done{false};
      std::thread other([&] { try_all(2 * seed, {}, counts[1]); });
      std::thread changing([&] {
        for (int i = 0; !done; ++i) {
          set_thread_count(i % 2 == 0 ? 2 : kThreads);
          std::this_thread::sleep_for(std::chrono::microseconds(100));  // else it holds the pool all the time
        }
      });
      try_all(2 * seed - 1, {}, counts[0]);  // one precision: it is the process's
      other.join();
      done = true;
      changing.join();
      set_thread_count(kThreads);
    } else {
      try_all(seed, device::matmul_precisions(), counts[0]);
    }
    counts[0].add(counts[1]);
    const auto number = [](int64_t count) { return static_cast<long long>(count); };
    std::printf(
        "  %-8s %zu kernels: %lld calls, %lld in place, %lld that wrote within known bounds, %lld bad calls refused "
        "(of "
        "each kernel %d or more), %lld at the edges of integers, %lld failures\n",
        target.c_str(), std::size(kKernels), number(counts[0].good), number(counts[0].in_place),
        number(counts[0].bounded), number(counts[0].bad), kLeastBad, number(counts[0].edges),
        number(counts[0].failures));
    std::fflush(stdout);
    failures += counts[0].failures;
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace nabla::test

int main(int count, char** words) {
  const bool threads = count > 1 && std::strcmp(words[1], "--threads") == 0;
  const int next = threads ? 2 : 1;
  if (count > next + 1) nabla::test::only = words[next + 1];
  return nabla::test::main_of(threads, count > next ? std::strtoull(words[next], nullptr, 10) : 1);
}
