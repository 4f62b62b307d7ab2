// SPDX-License-Identifier: Apache-2.0
// What memory can do: copies, updates or reads bytes with several threads; and what arithmetic can: multiplies and adds
// in registers. The measure of what either bounds, no peer.
//
// Bytes are those that a program reads and writes. Where ordinary stores fill a line, the processor first reads it,
// which counts for nobody: a kernel that has to do it falls short of the limit. Pages are those of malloc, touched
// before the clock runs, as ours are. Measured on two cores of Zen 5 in a virtual machine, one thread, GB/s, in one
// run:
//   copy    memcpy of everything 36, of 256 KiB at a time 44 (then the C library moves whole lines without reading them
//           first), a loop of stores 34, one past the caches 43 (31 in another hour, no more than memcpy then)
//   read    one stream 31, four that lie far apart 37, eight 34
//   update  reads four arrays and writes three of them in place, as Adam must: no line is read for nothing

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "peer.h"

namespace {

using Lanes = uint64_t __attribute__((vector_size(64)));

using Array = std::vector<Lanes>;

constexpr size_t kPiece = (256 << 10) / sizeof(Lanes);  // of a copy

// Calls f(begin, end) with the part of each thread.
template <typename F>
void share(int threads, size_t count, const F& f) {
#pragma omp parallel num_threads(threads)
  {
    const size_t thread = omp_get_thread_num();
    f(count * thread / threads, count * (thread + 1) / threads);
  }
}

void copy(const Array& from, Array& to, size_t begin, size_t end) {
  for (; begin < end; begin += kPiece)
    std::memcpy(&to[begin], &from[begin], std::min(kPiece, end - begin) * sizeof(Lanes));
}

void read(const Array& from, size_t begin, size_t end) {
  const size_t apart = (end - begin) / 4;
  Lanes sums[4] = {};  // additions that do not wait for one another
  const Lanes* next = from.data() + begin;
  for (size_t i = 0; i < apart; ++i, ++next)
    for (int stream = 0; stream < 4; ++stream) sums[stream] += next[stream * apart];
  volatile uint64_t kept = (sums[0] + sums[1] + sums[2] + sums[3])[0];  // else nothing need be read
  (void)kept;
}

void update(const Array& from, Array (&to)[3], size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i)
    for (Array& array : to) array[i] += from[i];
}

#ifdef __AVX512F__
using Floats = float __attribute__((vector_size(64)));
#else
using Floats = float __attribute__((vector_size(32)));
#endif
constexpr int kSums = 12;  // enough that do not wait for one another, and few enough for the registers
constexpr int64_t kOperations = 2 * kSums * sizeof(Floats) / sizeof(float);  // of a step

__attribute__((noinline)) void multiply(int64_t steps) {
  Floats sums[kSums] = {};
  Floats factor = Floats{} + 0.9999f, term = Floats{} + 1e-6f;
  asm volatile("" : "+m"(factor), "+m"(term));  // else they are known
  for (int64_t step = 0; step < steps; ++step)
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * factor + term;
  Floats total = {};
  for (const Floats& sum : sums) total += sum;
  volatile float kept = total[0];
  (void)kept;
}

// An array of so many bytes, touched.
Array array(size_t bytes) { return Array(bytes / sizeof(Lanes), Lanes{1}); }

std::optional<bench::Job> prepare(const bench::Request& request) {
  if (request.text("family") != "limit") return std::nullopt;
  const size_t bytes = request.number("bytes");
  const int threads = request.number("threads");
  const std::string operation = request.text("operation");
  const auto job = [](auto run) { return bench::Job{std::move(run), [] { return "{}"; }}; };
  if (operation == "multiply") {
    const int64_t steps = request.number("operations") / kOperations;
    return job(
        [=] { share(threads, steps, [](size_t begin, size_t end) { multiply(static_cast<int64_t>(end - begin)); }); });
  }
  if (operation == "read") {
    return job([=, from = array(bytes)] {
      share(threads, from.size(), [&](size_t begin, size_t end) { read(from, begin, end); });
    });
  }
  if (operation == "copy") {
    return job([=, from = array(bytes / 2), to = array(bytes / 2)]() mutable {
      share(threads, from.size(), [&](size_t begin, size_t end) { copy(from, to, begin, end); });
    });
  }
  struct Arrays {
    Array from, to[3];
  };
  const size_t each = bytes / 7;
  return job([=, a = Arrays{array(each), {array(each), array(each), array(each)}}]() mutable {
    share(threads, a.from.size(), [&](size_t begin, size_t end) { update(a.from, a.to, begin, end); });
  });
}

}  // namespace

int main() { return bench::serve("copies, updates, reads and products of a C++ program", prepare); }
