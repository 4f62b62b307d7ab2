// SPDX-License-Identifier: Apache-2.0
// Best fit: of the pieces that are long enough the shortest, of those the one with the lowest address.
#include "system/arena.h"

#include <iterator>

namespace nabla {

void* Arena::take(size_t bytes) {
  const auto fit = free_.lower_bound({bytes, nullptr});
  if (fit == free_.end()) return nullptr;
  const auto piece = pieces_.find(fit->second);
  const size_t rest = piece->second.bytes - bytes;
  free_.erase(fit);
  piece->second = {bytes, false, piece->second.starts_segment};
  if (rest > 0) set_free(pieces_.emplace(piece->first + bytes, Piece{rest, true, false}).first);
  return piece->first;
}

void Arena::give(void* block) {
  auto piece = pieces_.find(static_cast<char*>(block));
  set_free(piece);
  join_next(piece);
  if (piece != pieces_.begin()) join_next(std::prev(piece));
}

void Arena::add(void* segment, size_t bytes) {
  set_free(pieces_.emplace(static_cast<char*>(segment), Piece{bytes, true, true}).first);
  bytes_ += bytes;
}

size_t Arena::trim(void (*give_back)(void*)) {
  size_t given = 0;
  for (auto piece = pieces_.begin(); piece != pieces_.end();) {
    const auto next = std::next(piece);
    const bool is_whole = piece->second.starts_segment && (next == pieces_.end() || next->second.starts_segment);
    if (is_whole && piece->second.is_free) {
      given += piece->second.bytes;
      forget_free(piece);
      give_back(piece->first);
      pieces_.erase(piece);
    }
    piece = next;
  }
  bytes_ -= given;
  return given;
}

void Arena::set_free(Pieces::iterator piece) {
  piece->second.is_free = true;
  free_.emplace(piece->second.bytes, piece->first);
}

void Arena::forget_free(Pieces::iterator piece) { free_.erase({piece->second.bytes, piece->first}); }

void Arena::join_next(Pieces::iterator piece) {
  const auto next = std::next(piece);
  if (next == pieces_.end() || next->second.starts_segment) return;
  if (!piece->second.is_free || !next->second.is_free) return;
  forget_free(piece);
  forget_free(next);
  piece->second.bytes += next->second.bytes;
  pieces_.erase(next);
  set_free(piece);
}

}  // namespace nabla
