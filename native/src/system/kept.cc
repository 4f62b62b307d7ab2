// SPDX-License-Identifier: Apache-2.0
// All copies of the process by number, under one lock. Any thread may drop them at any time.
#include "system/kept.h"

#include <cstring>
#include <mutex>
#include <unordered_map>

#include "system/allocator.h"

namespace nabla {

struct KeptCopy {
  float* const data;
  const size_t bytes;

  KeptCopy(float* data, size_t bytes) : data(data), bytes(bytes) {}
  ~KeptCopy() { release(data, bytes); }
  KeptCopy(const KeptCopy&) = delete;
  KeptCopy& operator=(const KeptCopy&) = delete;
};

namespace {

using Copies = std::unordered_map<uint64_t, std::shared_ptr<KeptCopy>>;

struct State {
  std::mutex lock;
  Copies copies;
  uint64_t last = 0;
};

State& state() {
  static State* the_state = new State;  // never destroyed: worker threads may still release at exit
  return *the_state;
}

std::shared_ptr<KeptCopy> find(uint64_t number) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  const auto found = s.copies.find(number);
  return found == s.copies.end() ? nullptr : found->second;
}

uint64_t add(const std::shared_ptr<KeptCopy>& copy) {
  State& s = state();
  std::lock_guard<std::mutex> guard(s.lock);
  s.copies.emplace(++s.last, copy);
  return s.last;
}

bool equal(const KeptLayout& a, const KeptLayout& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

float* Keeper::copy(const KeptLayout& layout, size_t bytes, void (*make)(void*, float*), void* context) {
  if (kept_.contents != contents_) forget(kept_);
  if (kept_.copy != 0) {
    if (!equal(kept_.layout, layout)) return nullptr;
    held_ = find(kept_.copy);
    if (held_ != nullptr) return held_->data;
    forget(kept_);  // it was dropped
  }
  if (kept_.uses == 0 || !equal(kept_.layout, layout)) kept_ = {contents_, layout, 0, 0};
  if (kept_.uses < kUsesBeforeKept) {
    kept_.uses += 1;
    return nullptr;
  }
  void* const block = allocate_if_free(bytes);
  if (block == nullptr) return nullptr;
  held_ = std::make_shared<KeptCopy>(static_cast<float*>(block), bytes);
  make(context, held_->data);
  kept_.copy = add(held_);
  return held_->data;
}

float* kept_copy(Keeper* keeper, const KeptLayout& layout, size_t bytes, void (*make)(void*, float*), void* context) {
  return keeper == nullptr ? nullptr : keeper->copy(layout, bytes, make, context);
}

void forget(Kept& kept) {
  std::shared_ptr<KeptCopy> ended;  // after the lock
  if (kept.copy != 0) {
    State& s = state();
    std::lock_guard<std::mutex> guard(s.lock);
    const auto found = s.copies.find(kept.copy);
    if (found != s.copies.end()) {
      ended = std::move(found->second);
      s.copies.erase(found);
    }
  }
  kept = {};
}

bool drop_all_kept_copies() {
  Copies ended;  // after the lock
  {
    State& s = state();
    std::lock_guard<std::mutex> guard(s.lock);
    ended.swap(s.copies);
  }
  return !ended.empty();
}

}  // namespace nabla
