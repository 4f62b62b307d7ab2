// SPDX-License-Identifier: Apache-2.0
// Notices a buffer that a kernel writes and that is another argument of the call too, where the contract does not allow
// it. One walk over the buffers, those that are written first: every slot keeps which argument last wrote it.
#pragma once
#include "addon/arguments.h"

namespace nabla::addon {

class Overlaps {
 public:
  Overlaps(Environment& environment, const Touch* touched) : call_(environment.next_call()), touched_(touched) {}

  // Argument number `argument`, or of a list its item number `item`, is `slot`.
  template <bool writes>
  void check(size_t argument, size_t item, const Slot& slot) const {
    if (slot.writer >= call_)
      meet(argument, item, slot.writer - call_);
    else if (writes)
      slot.writer = call_ | argument << kArgumentShift | item;
  }

 private:
  static constexpr int kArgumentShift = 16;
  static_assert(kArgumentCount <= 1 << kArgumentShift, "the number of an item must fit below that of its argument");

  void meet(size_t argument, size_t item, uint64_t writer) const {
    const Touch &written = touched_[writer >> kArgumentShift], &other = touched_[argument];
    const bool allowed = written.may_be(other.name) || other.may_be(written.name);
    if (allowed && item == (writer & ((1 << kArgumentShift) - 1))) return;
    throw BadCall(std::string("received one buffer as ") + other.name + " and as " + written.name +
                  ", which the kernel writes");
  }

  uint64_t call_;
  const Touch* touched_;
};

}  // namespace nabla::addon
