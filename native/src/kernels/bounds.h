// SPDX-License-Identifier: Apache-2.0
// What the host knows of the elements of an int32 buffer without looking at them. Those below 0 are told apart from the
// others: classes and positions are not negative, and the label that does not count is, by custom.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace nabla {

// Integers from least to greatest; none where least is above greatest.
struct Interval {
  int32_t least = INT32_MAX;
  int32_t greatest = INT32_MIN;

  bool is_empty() const { return least > greatest; }
  bool is_within(int64_t lowest, int64_t highest) const {
    return is_empty() || (least >= lowest && greatest <= highest);
  }
};

inline Interval joined(const Interval& a, const Interval& b) {
  return {std::min(a.least, b.least), std::max(a.greatest, b.greatest)};
}

struct Bounds {
  Interval negative;
  Interval others;

  int32_t least() const { return std::min(negative.least, others.least); }
  int32_t greatest() const { return std::max(negative.greatest, others.greatest); }
  // Whether each element is in [0, bound), or is `ignored`, where that is negative.
  bool are_indices(int64_t bound, int64_t ignored = 0) const {
    return negative.is_within(ignored, ignored) && others.is_within(0, bound - 1);
  }
};

// Of elements of which nothing is known but in some cases their bounds.
using KnownBounds = std::optional<Bounds>;

inline Bounds joined(const Bounds& a, const Bounds& b) {
  return {joined(a.negative, b.negative), joined(a.others, b.others)};
}

// Those of all integers from least to greatest.
inline Bounds bounds_between(int32_t least, int32_t greatest) {
  Bounds bounds;
  if (least < 0) bounds.negative = {least, std::min(greatest, -1)};
  if (greatest >= 0) bounds.others = {std::max(least, 0), greatest};
  return bounds;
}

// The same of numbers that are stored modulo 2^32: nothing is known of them where one of these is no int32.
inline KnownBounds bounds_if_stored(int64_t least, int64_t greatest) {
  if (least < INT32_MIN || greatest > INT32_MAX) return {};
  return bounds_between(static_cast<int32_t>(least), static_cast<int32_t>(greatest));
}

inline Bounds bounds_of(const int32_t* values, size_t count) {
  const Interval none;
  Interval negative, others;
  for (size_t i = 0; i < count; ++i) {  // without branches, so that compilers take several at a time
    const int32_t value = values[i];
    const bool below = value < 0;
    negative.least = std::min(negative.least, below ? value : none.least);
    negative.greatest = std::max(negative.greatest, below ? value : none.greatest);
    others.least = std::min(others.least, below ? none.least : value);
    others.greatest = std::max(others.greatest, below ? none.greatest : value);
  }
  return {negative, others};
}

}  // namespace nabla
