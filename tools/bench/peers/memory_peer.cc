// SPDX-License-Identifier: Apache-2.0
// What memory can do: copies bytes, or reads them, with several threads. The measure of what memory bounds, no peer.

#include <omp.h>

#include <cstring>
#include <memory>
#include <vector>

#include "peer.h"

namespace {

using Lanes = uint64_t __attribute__((vector_size(64)));

struct Traffic {
  int threads;
  std::vector<Lanes> from, to;

  Traffic(int threads, size_t from_bytes, size_t to_bytes)
      : threads(threads), from(from_bytes / sizeof(Lanes), Lanes{1}), to(to_bytes / sizeof(Lanes)) {}

  // The part of a thread: calls f with where it begins and how long it is.
  template <typename F>
  void share(const F& f) const {
#pragma omp parallel num_threads(threads)
    {
      const size_t part = from.size() / threads;
      const size_t begin = part * omp_get_thread_num();
      f(begin, omp_get_thread_num() == threads - 1 ? from.size() - begin : part);
    }
  }

  void copy() {
    share([this](size_t begin, size_t count) {
      std::memcpy(to.data() + begin, from.data() + begin, count * sizeof(Lanes));
    });
  }

  void read() const {
    share([this](size_t begin, size_t count) {
      Lanes a{}, b{}, c{}, d{};  // additions that do not wait for one another
      const Lanes* next = from.data() + begin;
      for (size_t i = 0; i + 4 <= count; i += 4, next += 4) {
        a += next[0];
        b += next[1];
        c += next[2];
        d += next[3];
      }
      volatile uint64_t kept = (a + b + c + d)[0];  // else nothing need be read
      (void)kept;
    });
  }
};

std::optional<bench::Job> prepare(const bench::Request& request) {
  if (request.text("family") != "memory") return std::nullopt;
  const size_t bytes = request.number("bytes");
  const bool copies = request.text("operation") == "copy";
  auto traffic =
      std::make_shared<Traffic>(request.number("threads"), copies ? bytes / 2 : bytes, copies ? bytes / 2 : 0);
  return bench::Job{[traffic, copies] { copies ? traffic->copy() : traffic->read(); }, [] { return "{}"; }};
}

}  // namespace

int main() { return bench::serve("copies and reads of a C++ program", prepare); }
