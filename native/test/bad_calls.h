// SPDX-License-Identifier: Apache-2.0
// Ways to spoil a call that a contract accepts so that it must be refused: each is wrong by what the call is, whatever
// the dispatcher thinks of it.
#pragma once
#include <cstring>

#include "calls.h"

namespace nabla::test {

// A call to spoil, and where to get handles that do not belong there.
struct Spoiling {
  Random& random;
  Environment& environment;
  Environment& foreign;  // another one, whose handles mean nothing here
  const Call& call;
  std::vector<double> numbers;   // of the spoilt call
  std::vector<Handle> borrowed;  // handles of `environment` that were made for it
  bool by_data = false;          // the kernel itself refuses it, for what a buffer holds

  Handle borrow(int64_t bytes) {
    borrowed.push_back(environment.allocate(static_cast<size_t>(bytes)));
    return borrowed.back();
  }
  // A buffer of the call that `fits`; nullptr: there is none.
  template <class Fits>
  const Call::Buffer* pick(const Fits& fits) {
    std::vector<const Call::Buffer*> found;
    for (const Call::Buffer& buffer : call.buffers)
      if (fits(buffer)) found.push_back(&buffer);
    return found.empty() ? nullptr : found[random.below(static_cast<int64_t>(found.size()))];
  }
  const Call::Buffer* pick_touched() {
    return pick([](const Call::Buffer& buffer) { return buffer.bytes > 0; });
  }
  const Call::Buffer* pick_any() {
    return pick([](const Call::Buffer&) { return true; });
  }
};

// False: this call cannot be spoilt so.
struct Way {
  const char* what;
  bool (*spoil)(Spoiling& s);
};

inline bool put(Spoiling& s, const Call::Buffer* buffer, double handle) {
  if (buffer == nullptr) return false;
  s.numbers[buffer->position] = handle;
  return true;
}

inline bool too_few(Spoiling& s) {
  s.numbers.pop_back();
  return true;
}
inline bool too_many(Spoiling& s) {
  s.numbers.push_back(1);
  return true;
}
inline bool no_integer(Spoiling& s) {
  constexpr double kNoIntegers[] = {0.5,  -1.5, NAN, INFINITY, -INFINITY, 9007199254740994.0, 4611686018427387904.0,
                                    1e300};
  const double value = s.random.one_of(kNoIntegers);
  const size_t integers = s.call.integers.size();
  const int64_t choice = s.random.below(static_cast<int64_t>(integers + s.call.buffers.size()));
  const size_t place = static_cast<size_t>(choice);
  s.numbers[place < integers ? s.call.integers[place] : s.call.buffers[place - integers].position] = value;
  return true;
}
inline bool one_element_short(Spoiling& s) {
  const Call::Buffer* buffer = s.pick_touched();
  return buffer != nullptr && put(s, buffer, s.borrow(buffer->bytes - buffer->element));
}
inline bool too_short(Spoiling& s) {
  const Call::Buffer* buffer = s.pick_touched();
  return buffer != nullptr && put(s, buffer, s.borrow(s.random.below(buffer->bytes)));
}
// The buffer of another argument, which is too short for this one.
inline bool wrong_extent(Spoiling& s) {
  const Call::Buffer* other = s.pick([&](const Call::Buffer& b) { return s.environment.find(s.call.handle(b)); });
  if (other == nullptr) return false;
  const Call::Buffer* buffer = s.pick([&](const Call::Buffer& b) { return b.bytes > other->bytes; });
  return put(s, buffer, s.call.handle(*other));
}
inline bool absent(Spoiling& s) { return put(s, s.pick_touched(), kNoBuffer); }
inline bool released(Spoiling& s) {
  const Call::Buffer* buffer = s.pick_any();
  if (buffer == nullptr) return false;
  const Handle handle = s.environment.allocate(static_cast<size_t>(buffer->bytes));
  s.environment.release(handle);
  return put(s, buffer, handle);
}
inline bool of_another_environment(Spoiling& s) {
  const Call::Buffer* buffer = s.pick_any();
  return buffer != nullptr && put(s, buffer, s.foreign.allocate(static_cast<size_t>(buffer->bytes)));
}
inline bool no_handle(Spoiling& s) {
  // No environment has so many slots, nor generations of so many bits.
  constexpr double kNoHandles[] = {
      -2, 2147483647.0, 4294967295.0, 4503599627370495.0, 4503599627370496.0, 9007199254740992.0, -9007199254740992.0};
  return put(s, s.pick_any(), s.random.one_of(kNoHandles));
}
// One buffer, large enough for both, as two arguments one of which is written.
inline bool overlapping(Spoiling& s) {
  const Call::Buffer* written = s.pick([](const Call::Buffer& b) { return b.writes && b.bytes > 0; });
  if (written == nullptr) return false;
  const Call::Buffer* other = s.pick([&](const Call::Buffer& b) {
    return &b != written && b.bytes > 0 && !written->touch->may_be(b.touch->name) &&
           !b.touch->may_be(written->touch->name);
  });
  if (other == nullptr) return false;
  const Handle handle = s.borrow(written->bytes > other->bytes ? written->bytes : other->bytes);
  return put(s, written, handle) && put(s, other, handle);
}
// Indices and labels that are in no range. What a kernel passes over by its contract is not among them: the labels of
// ctc_loss beyond its lengths, and segments.
inline bool no_index(Spoiling& s) {
  constexpr int32_t kNoIndices[] = {-1, INT32_MIN, INT32_MAX};
  const Call::Buffer* buffer = s.pick([](const Call::Buffer& b) {
    const char* name = b.touch->name;
    return b.touch->indices && b.bytes > 0 && std::strcmp(name, "segments") != 0 && std::strcmp(name, "targets") != 0;
  });
  if (buffer == nullptr || !s.call.writes) return false;
  const Handle handle = s.borrow(buffer->bytes);
  const size_t bytes = static_cast<size_t>(buffer->bytes);
  auto* indices = static_cast<int32_t*>(s.environment.find(handle)->data);
  std::memcpy(indices, s.environment.find(s.call.handle(*buffer))->data, bytes);
  indices[s.random.below(buffer->bytes / buffer->element)] = s.random.one_of(kNoIndices);
  if (s.random.chance(50)) s.environment.find(handle)->keep_bounds(bounds_of(indices, bytes / sizeof(int32_t)));
  s.by_data = true;
  return put(s, buffer, handle);
}

constexpr Way kWays[] = {
    {"ran with an argument too few", too_few},
    {"ran with an argument too many", too_many},
    {"ran with a number that is no integer", no_integer},
    {"ran with a buffer one element too short", one_element_short},
    {"ran with a buffer too short", too_short},
    {"ran with a buffer of the wrong extent", wrong_extent},
    {"ran without a buffer", absent},
    {"ran with a buffer that was released", released},
    {"ran with a buffer of another environment", of_another_environment},
    {"ran with a handle that never was", no_handle},
    {"ran with one buffer as two, of which it writes one", overlapping},
    {"ran with an index out of range", no_index},
};

}  // namespace nabla::test
