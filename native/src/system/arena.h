// SPDX-License-Identifier: Apache-2.0
// Large blocks: pieces cut out of long segments, joined again with their neighbours when they are free. So whatever
// size comes next finds room, and batches of many lengths take the memory of the longest. One at a time may call it.
#pragma once
#include <cstddef>
#include <map>
#include <set>
#include <utility>

namespace nabla {

// Sizes are multiples of one grain, which the caller knows; every piece is exactly as long as was asked for.
class Arena {
 public:
  struct Piece {
    size_t bytes;
    bool is_free;
    bool starts_segment;  // what lies before it belongs to another one
  };
  using Pieces = std::map<char*, Piece>;

  // The start of the shortest free piece that is long enough, the rest of which stays free; nullptr: there is none.
  void* take(size_t bytes);
  void give(void* block);                  // what `take` gave
  void add(void* segment, size_t bytes);   // a free piece of its own
  size_t trim(void (*give_back)(void*));   // gives back the segments that are wholly free; returns their bytes
  size_t bytes() const { return bytes_; }  // of all segments
  const Pieces& pieces() const { return pieces_; }

 private:
  void set_free(Pieces::iterator piece);
  void forget_free(Pieces::iterator piece);
  void join_next(Pieces::iterator piece);  // with the piece behind it, where both are free parts of one segment

  Pieces pieces_;                            // by address: neighbours are neighbours
  std::set<std::pair<size_t, char*>> free_;  // by length, then address
  size_t bytes_ = 0;
};

}  // namespace nabla
