// SPDX-License-Identifier: Apache-2.0
// What the addon keeps for one JavaScript environment (the main thread or one worker): the tensor buffers behind its
// integer handles, and the argument area that JavaScript fills before it calls a kernel. Gone with the environment.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/bounds.h"
#include "system/kept.h"

namespace nabla::addon {

using Handle = int64_t;  // below 2^53, so that it is a number of JavaScript

constexpr int kArgumentCount = 16384;  // numbers in the argument area: lists of buffers longer than a quarter are split
constexpr Handle kNoBuffer = -1;       // the handle of an absent buffer
constexpr int kIndexBits = 24;         // 16 million live tensors
constexpr Handle kIndexMask = (Handle{1} << kIndexBits) - 1;
constexpr int kCallShift = 24;  // bits below the number of a call, which tell its arguments apart

class Recorder;
// Buffers, and for those whose elements are indices, below which number all of them have to be; else 0.
using NotedBuffers = std::vector<std::pair<Handle, int64_t>>;

struct Slot {
  void* data = nullptr;         // nullptr: free, or pending
  size_t bytes = 0;             // of its elements, as kernels see them
  bool lives = false;           // whether there is a handle of it
  bool pending = false;         // whether it has no memory, until what is first written tells how it is stored
  bool halves = false;          // whether `data` has them as bf16 in place of float32, in half the bytes
  Handle generation = 0;        // counts reuse, so that an old handle is noticed
  mutable uint64_t writer = 0;  // the call and the argument that last wrote it, see overlaps.h
  mutable Kept kept;            // the copy of it that a kernel keeps, valid while `writer` stays
  mutable KnownBounds bounds;   // of its elements, if they are int32, valid while `writer` is `bounded_by`
  mutable uint64_t bounded_by = 0;
  void* owner = nullptr;  // a weak reference to the JavaScript object that the buffer belongs to; nullptr: none

  size_t stored_bytes() const { return pending ? 0 : halves ? bytes / 2 : bytes; }
  size_t floats() const { return bytes / sizeof(float); }
  KnownBounds known_bounds() const { return bounded_by == writer ? bounds : std::nullopt; }
  void keep_bounds(const Bounds& known) const {  // of all that is in it now
    bounds = known;
    bounded_by = writer;
  }
};

class Environment {
 public:
  Environment();
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Handle allocate(size_t bytes);          // a new handle; throws OutOfMemory
  Handle allocate_pending(size_t bytes);  // of what the kernel that writes it chooses to store as float32 or as bf16
  Handle allocate_bf16(size_t bytes);     // of float32 zeros that are stored as bf16
  bool release(Handle handle);            // false: no such buffer
  const Slot* find(Handle handle) const;  // nullptr: no such buffer
  // Stores a buffer of float32 as bf16, rounded; throws OutOfMemory.
  void store_as_bf16(const Slot& slot);
  // Stores it as float32 again, with the same values: before a kernel writes it.
  void store_as_float32(const Slot& slot) {
    if (slot.halves) widen(slot);
    settle(slot, false);
  }
  // Gives a pending buffer its memory; throws OutOfMemory.
  void settle(const Slot& slot, bool halves) {
    if (slot.pending) take_memory(slot, halves);
  }
  void set_owner(Handle handle, void* owner) { slots_[static_cast<size_t>(handle & kIndexMask)].owner = owner; }

  // Handles of the buffers for whose owner `is_gone` answers true.
  template <class Test>
  std::vector<Handle> forgotten(const Test& is_gone) const {
    std::vector<Handle> handles;
    for (size_t index = 0; index < slots_.size(); ++index) {
      const Slot& slot = slots_[index];
      if (slot.lives && slot.owner != nullptr && is_gone(slot.owner))
        handles.push_back(handle_of(slot.generation, index));
    }
    return handles;
  }

  // A number for each call that may write buffers; those in between are for its arguments.
  uint64_t next_call() { return ++calls_ << kCallShift; }

  double* arguments() { return arguments_.data(); }
  Recorder& recorder() { return *recorder_; }
  // From here on the buffers of calls are put into a list; nullptr: no longer.
  void note_buffers(NotedBuffers* noted) { noted_ = noted; }
  NotedBuffers* noted() const { return noted_; }
  Handle handle_of(const Slot& slot) const {
    return handle_of(slot.generation, static_cast<size_t>(&slot - slots_.data()));
  }
  size_t bytes() const { return bytes_; }      // live, as stored
  size_t buffers() const { return buffers_; }  // live

 private:
  static Handle handle_of(Handle generation, size_t index) {
    return (generation << kIndexBits) | static_cast<Handle>(index);
  }
  Handle take_slot(const Slot& contents);
  Slot& own(const Slot& slot) { return slots_[static_cast<size_t>(&slot - slots_.data())]; }
  void widen(const Slot& slot);
  void take_memory(const Slot& slot, bool halves);
  void replace(Slot& slot, void* data, bool halves);

  std::vector<Slot> slots_;
  std::vector<size_t> free_slots_;
  std::vector<double> arguments_;
  std::unique_ptr<Recorder> recorder_;
  NotedBuffers* noted_ = nullptr;
  size_t bytes_ = 0;
  size_t buffers_ = 0;
  uint64_t calls_ = 0;
  Handle first_generation_;
};

}  // namespace nabla::addon
