// SPDX-License-Identifier: Apache-2.0
// Finds an index that is out of range before a kernel relies on it.

// The position of the first one; -1: all are in range.
inline int64_t find_bad_index(Indices indices, int64_t count) {
  if (indices.are_good) return -1;
  for (int64_t i = 0; i < count; ++i)
    if (indices.data[i] < 0 || indices.data[i] >= indices.bound) return i;
  return -1;
}
