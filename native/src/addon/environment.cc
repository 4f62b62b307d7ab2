// SPDX-License-Identifier: Apache-2.0
// The slot table: a handle is a slot's index in its low 24 bits and the slot's generation above.
#include "addon/environment.h"

#include <atomic>
#include <cstring>
#include <stdexcept>

#include "addon/recording.h"
#include "kernels/device.h"
#include "system/allocator.h"

namespace nabla::addon {
namespace {

constexpr Handle kGenerationMask = (Handle{1} << 28) - 1;
// Where the generations of each environment begin: far apart, so that a handle of another one is noticed as a stale one
// is. Multiples of the golden ratio keep their distances, however many there are.
constexpr Handle kGenerationStep = 165901805;  // of 2^28

Handle first_generation() {
  static std::atomic<Handle> environments{0};
  return environments.fetch_add(kGenerationStep, std::memory_order_relaxed) & kGenerationMask;
}

}  // namespace

Environment::Environment()
    : arguments_(kArgumentCount), recorder_(std::make_unique<Recorder>()), first_generation_(first_generation()) {}

Environment::~Environment() {
  for (Slot& slot : slots_) {
    forget(slot.kept);
    nabla::release(slot.data, slot.stored_bytes());
  }
}

Handle Environment::allocate(size_t bytes) {
  Slot slot;
  slot.data = nabla::allocate(bytes);
  slot.bytes = bytes;
  return take_slot(slot);
}

Handle Environment::allocate_pending(size_t bytes) {
  Slot slot;
  slot.bytes = bytes;
  slot.pending = true;
  return take_slot(slot);
}

Handle Environment::allocate_bf16(size_t bytes) {
  Slot slot;
  slot.data = nabla::allocate(bytes / 2);
  slot.bytes = bytes;
  slot.halves = true;
  device::clear(slot.data, bytes / 2);
  return take_slot(slot);
}

// A handle of a block, which it takes over.
Handle Environment::take_slot(const Slot& contents) {
  size_t index;
  if (!free_slots_.empty()) {
    index = free_slots_.back();
    free_slots_.pop_back();
  } else {
    if (slots_.size() > static_cast<size_t>(kIndexMask)) {
      nabla::release(contents.data, contents.stored_bytes());
      throw std::length_error("no handle left: 16777216 buffers are alive");
    }
    index = slots_.size();
    slots_.emplace_back();
    slots_.back().generation = first_generation_;
  }
  Slot& slot = slots_[index];
  slot.data = contents.data;
  slot.bytes = contents.bytes;
  slot.halves = contents.halves;
  slot.pending = contents.pending;
  slot.lives = true;
  bytes_ += slot.stored_bytes();
  buffers_ += 1;
  return handle_of(slot.generation, index);
}

const Slot* Environment::find(Handle handle) const {
  if (handle < 0) return nullptr;
  const size_t index = static_cast<size_t>(handle & kIndexMask);
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = slots_[index];
  return slot.lives && slot.generation == handle >> kIndexBits ? &slot : nullptr;
}

bool Environment::release(Handle handle) {
  if (find(handle) == nullptr) return false;
  const size_t index = static_cast<size_t>(handle & kIndexMask);
  Slot& slot = slots_[index];
  forget(slot.kept);
  nabla::release(slot.data, slot.stored_bytes());
  bytes_ -= slot.stored_bytes();
  buffers_ -= 1;
  slot.data = nullptr;
  slot.lives = slot.pending = false;
  slot.bounds.reset();
  slot.owner = nullptr;
  slot.generation = (slot.generation + 1) & kGenerationMask;
  free_slots_.push_back(index);
  return true;
}

void Environment::store_as_bf16(const Slot& slot) {
  settle(slot, true);
  if (slot.halves) return;
  auto* const halves = static_cast<uint16_t*>(nabla::allocate(slot.bytes / 2));
  device::round_to_bf16(halves, static_cast<const float*>(slot.data), slot.floats());
  slot.writer = next_call();  // its values are others now
  forget(slot.kept);
  replace(own(slot), halves, true);
}

void Environment::widen(const Slot& slot) {
  auto* const floats = static_cast<float*>(nabla::allocate(slot.bytes));
  device::widen_bf16(floats, static_cast<const uint16_t*>(slot.data), slot.floats());
  replace(own(slot), floats, false);
}

void Environment::take_memory(const Slot& slot, bool halves) {
  replace(own(slot), nabla::allocate(halves ? slot.bytes / 2 : slot.bytes), halves);
}

void Environment::replace(Slot& slot, void* data, bool halves) {
  nabla::release(slot.data, slot.stored_bytes());
  bytes_ -= slot.stored_bytes();
  slot.data = data;
  slot.halves = halves;
  slot.pending = false;
  bytes_ += slot.stored_bytes();
}

}  // namespace nabla::addon
