// SPDX-License-Identifier: Apache-2.0
// The target of `npm run fuzz`: bytes become a call of a kernel, in one of three ways: an argument area and buffers as
// the bytes have it; a call that the contract accepts, in buffers of exactly its extents; and that call spoilt, which
// must be refused. At the end it says how many kernels ran.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "bad_calls.h"
#include "system/thread_pool.h"

namespace nabla::test {
namespace {

constexpr int kMostTries = 50;        // to draw a call: most bytes make none
constexpr int64_t kMostBytes = 4096;  // of a buffer of an arbitrary call

// Choices from the fuzzer's bytes, one for each; when they end, from a seed.
class Bytes : public Random {
 public:
  Bytes(const uint8_t* data, size_t size) : Random(size), data_(data), left_(size) {}
  int64_t below(int64_t bound) override {
    if (left_ == 0) return Random::below(bound);
    uint64_t value = 0;
    for (uint64_t more = static_cast<uint64_t>(bound - 1); left_ > 0; more >>= 8) {
      value = value << 8 | *data_;
      ++data_, --left_;
      if (more < 256) break;
    }
    return static_cast<int64_t>(value % static_cast<uint64_t>(bound));
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

std::set<const char*> ran;

void say() { std::fprintf(stderr, "kernels that ran: %zu of %zu\n", ran.size(), std::size(kKernels)); }

[[noreturn]] void fail(const char* kernel, const char* what) {
  std::fprintf(stderr, "%s: %s\n", kernel, what);
  std::abort();
}

double any_number(Bytes& bytes) {
  constexpr double kEdges[] = {-1,
                               -2,
                               0.5,
                               NAN,
                               INFINITY,
                               1e300,
                               2147483647.0,
                               2147483648.0,
                               4294967297.0,
                               9007199254740992.0,
                               9007199254740994.0,
                               -1e-40};
  switch (bytes.below(8)) {
    case 0:
      return bytes.one_of(kEdges);
    case 1:
      return static_cast<double>(bytes.below(1 << 16)) - 256;
    default:
      return static_cast<double>(bytes.below(8));
  }
}

// Handles and numbers in the places where the kernel's description has them, or anywhere.
std::vector<double> any_call(Bytes& bytes, const addon::Entry& entry, Environment& environment) {
  std::vector<Handle> handles(static_cast<size_t>(1 + bytes.below(12)));
  for (Handle& handle : handles) {
    const int64_t size = bytes.chance(70) ? kMostBytes : 4 * bytes.below(64);
    handle = environment.allocate(static_cast<size_t>(size));
    auto* items = static_cast<int32_t*>(environment.find(handle)->data);
    for (int64_t i = 0; i < size / 4; ++i) items[i] = static_cast<int32_t>(i < 32 ? bytes.below(256) - 8 : i & 3);
  }
  if (bytes.chance(20))
    environment.release(handles[static_cast<size_t>(bytes.below(static_cast<int64_t>(handles.size())))]);
  const auto handle = [&]() -> double {
    return bytes.chance(95) ? handles[static_cast<size_t>(bytes.below(static_cast<int64_t>(handles.size())))]
                            : any_number(bytes);
  };
  std::vector<double> numbers;
  for (const auto& argument : entry.describe().arguments) {
    const bool list = std::strcmp(argument.type, "dims") == 0 || std::strcmp(argument.type, "integers") == 0 ||
                      std::strcmp(argument.type, "buffers") == 0;
    const bool buffers = std::strncmp(argument.type, "buffer", 6) == 0;
    int64_t count = 1;
    if (list) numbers.push_back(static_cast<double>(count = bytes.below(5)));
    for (int64_t i = 0; i < count; ++i) numbers.push_back(buffers ? handle() : any_number(bytes));
  }
  while (bytes.chance(5)) numbers.push_back(any_number(bytes));
  return numbers;
}

void run_any(Bytes& bytes, const addon::Entry& entry) {
  Environment environment;
  const Outcome outcome = run(entry, environment, any_call(bytes, entry, environment));
  if (outcome == Outcome::kStrange) fail(entry.name, "threw what the addon does not know");
  if (outcome == Outcome::kRan) ran.insert(entry.name);
}

void run_drawn(Bytes& bytes, const Kernel& kernel, const addon::Entry& entry, bool spoilt) {
  Environment environment, foreign;
  Call call;
  if (!kernel.draw(bytes, environment, kMostTries, call)) return;
  if (spoilt) {
    Spoiling spoiling{bytes, environment, foreign, call, call.numbers, {}};
    const Way& way = bytes.one_of(kWays);
    if (!way.spoil(spoiling)) return;
    const Outcome outcome = run(entry, environment, spoiling.numbers);
    if (outcome != (spoiling.by_data ? Outcome::kBadData : Outcome::kRefused)) fail(entry.name, way.what);
    return;
  }
  const Outcome outcome = run(entry, environment, call.numbers);
  if (outcome == Outcome::kRefused || outcome == Outcome::kStrange)
    fail(entry.name, "refused what its contract accepts");
  if (outcome == Outcome::kRan) ran.insert(entry.name);
}

}  // namespace
}  // namespace nabla::test

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  nabla::set_thread_count(1);  // what one input does must not depend on timing
  std::atexit(nabla::test::say);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nabla::test;
  Bytes bytes(data, size);
  static const auto targets = nabla::device::targets();
  nabla::device::set_target(targets[static_cast<size_t>(bytes.below(static_cast<int64_t>(targets.size())))]);
  const size_t kernel = static_cast<size_t>(bytes.below(std::size(kKernels)));
  const int64_t way = bytes.below(3);
  if (way == 0)
    run_any(bytes, nabla::addon::entries()[kernel]);
  else
    run_drawn(bytes, kKernels[kernel], nabla::addon::entries()[kernel], way == 1);
  return 0;
}
