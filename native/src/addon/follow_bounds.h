// SPDX-License-Identifier: Apache-2.0
// Keeps what is known of the elements of int32 buffers (kernels/bounds.h) while kernels move them, as their contracts
// tell (Written in kernels/contract.h).
#pragma once
#include "addon/arguments.h"

namespace nabla::addon {

// Of a kernel whose contract tells nothing: what it writes is unknown from then on, since it is the last writer.
template <class Kernel, class Types, class = void>
class FollowBounds {
 public:
  template <class... Buffers>
  explicit FollowBounds(const Buffers&...) {}
  void keep(const typename Kernel::Params&) const {}
};

template <class Kernel, class... Types>
class FollowBounds<Kernel, std::tuple<Types...>, std::void_t<decltype(&Kernel::written)>> {
  static_assert((std::is_same_v<Types, int32_t*> + ...) <= 1, "a contract tells of one buffer that is written");

 public:
  // Before the call writes, and before its writer is noted.
  template <class... Buffers>
  explicit FollowBounds(const Buffers&... buffers) : known_{known<Types>(buffers)...} {
    (note_output<Types>(buffers), ...);
  }

  // After it.
  void keep(const typename Kernel::Params& params) const {
    if (out_ == nullptr) return;
    const Written written = Kernel::written(params, known_);
    if (!written.bounds) return;
    const Extent bytes = written.elements * sizeof(int32_t);
    if (bytes.valid() && static_cast<size_t>(bytes.value()) == out_->bytes)
      out_->keep_bounds(*written.bounds);
    else if (before_)
      out_->keep_bounds(joined(*written.bounds, *before_));
  }

 private:
  // Only where the kernel sees int32 are the bits of an element moved whole.
  template <class Type, class Buffer>
  static KnownBounds known(const Buffer& buffer) {
    if constexpr (std::is_same_v<Type, const int32_t*>)
      if (buffer.slot != nullptr) return buffer.slot->known_bounds();
    return {};
  }
  template <class Type, class Buffer>
  void note_output(const Buffer& buffer) {
    if constexpr (std::is_same_v<Type, int32_t*>) {
      out_ = buffer.slot;
      if (out_ != nullptr) before_ = out_->known_bounds();
    }
  }

  std::array<KnownBounds, sizeof...(Types)> known_;
  const Slot* out_ = nullptr;
  KnownBounds before_;
};

}  // namespace nabla::addon
