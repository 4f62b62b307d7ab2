// SPDX-License-Identifier: Apache-2.0
// Walks through a list of tensors side by side with others of the same lengths.

// Elements that are worked on together. Every block begins at a multiple of this in its tensor, however many threads
// there are.
constexpr int64_t kListBlock = 1024;

inline int64_t list_blocks(int64_t length) { return (length + kListBlock - 1) / kListBlock; }

inline int64_t list_blocks(const Integers& lengths) {
  int64_t blocks = 0;
  for (int64_t t = 0; t < lengths.count; ++t) blocks += list_blocks(lengths.items[t]);
  return blocks;
}

// Calls f(tensor, begin, end, block) for every block of every tensor on all threads; block counts through the whole
// list.
template <class Function>
inline void parallel_for_blocks(const Integers& lengths, const Function& f) {
  parallel_for(list_blocks(lengths), kElementGrain / kListBlock, [&](int64_t first, int64_t last, int) {
    int64_t block = 0;  // the first one of tensor t
    for (int64_t t = 0; t < lengths.count && block < last; ++t) {
      const int64_t length = lengths.items[t], blocks = list_blocks(length);
      for (int64_t b = first > block ? first - block : 0; b < blocks && block + b < last; ++b) {
        const int64_t end = (b + 1) * kListBlock < length ? (b + 1) * kListBlock : length;
        f(t, b * kListBlock, end, block + b);
      }
      block += blocks;
    }
  });
}
