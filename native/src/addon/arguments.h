// SPDX-License-Identifier: Apache-2.0
// Reads the argument area: numbers become buffers, integers, floats and lists, each checked before it is believed.
#pragma once
#include <list>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "addon/widened.h"
#include "kernels/contract.h"

namespace nabla::addon {

// A call that does not fit its kernel. Its text follows the kernel's name.
class BadCall : public std::exception {
 public:
  explicit BadCall(std::string text) : text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

class Arguments {
 public:
  Arguments(Environment& environment, int64_t count) : environment_(environment), count_(count) {}

  Environment& environment() { return environment_; }

  int64_t integer(const char* name) {
    const double value = number(name);
    if (!(value >= -9007199254740992.0 && value <= 9007199254740992.0) ||
        value != static_cast<double>(static_cast<int64_t>(value)))
      throw BadCall(std::string("expected ") + name + " to be an integer, received " + std::to_string(value));
    return static_cast<int64_t>(value);
  }
  double number(const char* name) {
    if (next_ >= count_) throw BadCall(std::string("expected ") + name + ", received too few arguments");
    return environment_.arguments()[next_++];
  }
  // nullptr for an absent buffer.
  const Slot* buffer() {
    const Handle handle = integer("a buffer");
    if (handle == kNoBuffer) return nullptr;
    const Slot* slot = environment_.find(handle);
    if (slot == nullptr)
      throw BadCall("received the handle of a buffer that was released or never existed: " + std::to_string(handle));
    return slot;
  }
  int64_t list_count(const char* name) {
    const int64_t items = integer(name);
    if (items < 0 || items > count_ - next_)
      throw BadCall(std::string("expected the items of ") + name + ", received too few arguments");
    return items;
  }
  void end() const {
    if (next_ != count_)
      throw BadCall("expected " + std::to_string(next_) + " arguments, received " + std::to_string(count_));
  }

  // Visitor of a parameter struct: fills the field.
  void operator()(const char* name, int64_t& field) { field = integer(name); }
  void operator()(const char* name, float& field) { field = static_cast<float>(number(name)); }
  void operator()(const char* name, double& field) { field = number(name); }
  void operator()(const char* name, Dims& field) {
    field.rank = list_count(name);
    if (field.rank > kMaxRank)
      throw BadCall(std::string("expected ") + name + " of at most 8 axes, received " + std::to_string(field.rank));
    for (int64_t axis = 0; axis < field.rank; ++axis) {
      field.size[axis] = integer(name);
      if (field.size[axis] < 0) throw BadCall(std::string("expected no negative number in ") + name);
    }
  }
  void operator()(const char* name, Integers& field) {
    const int64_t items = list_count(name);
    integer_lists_.emplace_back(static_cast<size_t>(items));
    for (int64_t& item : integer_lists_.back()) item = integer(name);
    field = {items, integer_lists_.back().data()};
  }

 private:
  Environment& environment_;
  int64_t count_;
  int64_t next_ = 0;
  std::vector<std::vector<int64_t>> integer_lists_;
};

// Throws unless the extent is valid and the buffer holds that many elements.
inline void check_extent(const char* name, const Extent& elements, size_t element_bytes, const Slot* slot) {
  const Extent bytes = elements * static_cast<int64_t>(element_bytes);
  if (!bytes.valid()) throw BadCall(std::string("the size of buffer ") + name + " overflows or is negative");
  if (slot == nullptr) {
    if (bytes.value() != 0) throw BadCall(std::string("expected buffer ") + name + ", received none");
  } else if (static_cast<size_t>(bytes.value()) > slot->bytes) {
    throw BadCall(std::string("expected buffer ") + name + " of at least " + std::to_string(bytes.value()) +
                  " bytes, received " + std::to_string(slot->bytes));
  }
}

// Of an extent that was checked.
template <class T>
size_t bytes_of(const Extent& elements) {
  return static_cast<size_t>(elements.value()) * sizeof(T);
}

// One buffer parameter of a kernel: read, checked against its Touch, then handed over with the kernel's own type.
template <class Parameter>
struct BufferArgument;

template <class T>
struct BufferArgument<T*> {
  static constexpr const char* kType = "buffer";
  const Slot* slot = nullptr;
  void read(Arguments& arguments) { slot = arguments.buffer(); }
  void check(const Touch& touch) const { check_extent(touch.name, touch.elements, sizeof(T), slot); }
  static constexpr bool kWrites = !std::is_const_v<T>;
  static constexpr bool kTakesBf16 = std::is_same_v<std::remove_const_t<T>, uint16_t>;
  template <class Other>
  void adopt(const Other& other) {
    slot = other.slot;
  }
  // Whether the kernel may write something through it.
  bool is_written(const Touch& touch) const { return kWrites && touch.elements.value() != 0; }
  // Calls visit(item, slot) for every buffer of which the kernel touches something.
  template <class Visit>
  void each(const Touch& touch, const Visit& visit) const {
    if (slot != nullptr && touch.elements.value() != 0) visit(0, *slot);
  }
  T* pass(const Touch& touch) {
    if (slot == nullptr) return nullptr;
    if constexpr (kWrites || kTakesBf16)
      return static_cast<T*>(slot->data);
    else
      return static_cast<T*>(widened.read(*slot, bytes_of<T>(touch.elements)));
  }

 private:
  Widened widened;  // to the end of the call
};

template <>
struct BufferArgument<Operand> : BufferArgument<const float*> {
  Operand pass(const Touch&) {
    if (slot == nullptr) return {nullptr, nullptr, nullptr};
    keeper.emplace(slot->kept, slot->writer);
    if (slot->halves) return {nullptr, static_cast<const uint16_t*>(slot->data), &*keeper};
    return {static_cast<const float*>(slot->data), nullptr, &*keeper};
  }

 private:
  std::optional<Keeper> keeper;  // to the end of the call
};

template <>
struct BufferArgument<Indices> : BufferArgument<const int32_t*> {
  Indices pass(const Touch& touch) {
    const KnownBounds known = slot == nullptr ? std::nullopt : slot->known_bounds();
    return {BufferArgument<const int32_t*>::pass(touch), touch.bound, known && known->are_indices(touch.bound)};
  }
};

template <class T>
struct BufferArgument<Buffers<T>> {
  static constexpr const char* kType = "buffers";
  std::vector<const Slot*> slots;
  void read(Arguments& arguments) {
    const int64_t count = arguments.list_count("a list of buffers");
    for (int64_t i = 0; i < count; ++i) slots.push_back(arguments.buffer());
  }
  void check(const Touch& touch) const {
    if (touch.lengths == nullptr || static_cast<size_t>(touch.lengths->count) != slots.size())
      throw BadCall(std::string("expected as many buffers in ") + touch.name + " as lengths, received " +
                    std::to_string(slots.size()));
    for (size_t i = 0; i < slots.size(); ++i) check_extent(touch.name, touch.lengths->items[i], sizeof(T), slots[i]);
  }
  static constexpr bool kWrites = !std::is_const_v<T>;
  static constexpr bool kTakesBf16 = BufferArgument<T*>::kTakesBf16;
  template <class Other>
  void adopt(const Other& other) {
    slots = other.slots;
  }
  bool is_written(const Touch&) const { return kWrites && !slots.empty(); }
  template <class Visit>
  void each(const Touch& touch, const Visit& visit) const {
    for (size_t i = 0; i < slots.size(); ++i)
      if (slots[i] != nullptr && touch.lengths->items[i] != 0) visit(i, *slots[i]);
  }
  Buffers<T> pass(const Touch& touch) {
    for (size_t i = 0; i < slots.size(); ++i) items.push_back(item(slots[i], touch.lengths->items[i]));
    return {static_cast<int64_t>(items.size()), items.data()};
  }

 private:
  T* item(const Slot* slot, int64_t length) {
    if (slot == nullptr) return nullptr;
    if constexpr (kWrites || kTakesBf16)
      return static_cast<T*>(slot->data);
    else if (!slot->halves)
      return static_cast<T*>(slot->data);
    else
      return static_cast<T*>(widened.emplace_back().read(*slot, bytes_of<T>(length)));
  }

  std::vector<T*> items;
  std::list<Widened> widened;  // to the end of the call
};

}  // namespace nabla::addon
