// SPDX-License-Identifier: Apache-2.0
// The choice between a kernel and its variants for tensors that are stored as bf16 (kernels/kernel_table.h). A variant
// runs where every buffer that it reads as bf16 is stored so, and every one that it writes as bf16 is stored so or has
// no memory yet. Else the kernel itself runs, and what it reads is widened for it. So tensors in bf16 stay in bf16
// where kernels can, and no kernel has to.
#pragma once
#include <utility>

#include "addon/arguments.h"
#include "kernels/kernel_table.h"

namespace nabla::addon {

// No memory for a call before its kernel ran: nothing has been written.
class OutOfMemoryBefore : public OutOfMemory {
 public:
  explicit OutOfMemoryBefore(const OutOfMemory& error) : OutOfMemory(error) {}
};

template <class Function>
struct Signature;

template <class... Parameters>
struct Signature<void (*)(Parameters...)> {
  static constexpr size_t kBuffers = sizeof...(Parameters) - 1;  // the last one is the parameter struct
  using Types = std::tuple<Parameters...>;
};

// A contract may say which of its variants suit which parameters.
template <class Kernel, class = void>
struct Suits {
  static bool ask(size_t, const typename Kernel::Params&) { return true; }
};
template <class Kernel>
struct Suits<Kernel, std::void_t<decltype(&Kernel::suits)>> {
  static bool ask(size_t variant, const typename Kernel::Params& params) { return Kernel::suits(variant, params); }
};

// The call of a function with arguments that were read and checked as those of `Kernel`.
template <class Kernel, class Indices>
struct CheckedCall;

template <class Kernel, size_t... I>
struct CheckedCall<Kernel, std::index_sequence<I...>> {
  std::tuple<BufferArgument<std::tuple_element_t<I, typename Signature<typename Kernel::Function>::Types>>...>& buffers;
  const std::array<Touch, sizeof...(I)>& touched;
  const typename Kernel::Params& params;
  Environment& environment;

  // False: none fits.
  template <class... Functions>
  bool run_variant(const std::tuple<Functions...>& variants) const {
    return run_first(variants, std::index_sequence_for<Functions...>{});
  }

  void run(typename Kernel::Function kernel) const { run_with(kernel, buffers); }

 private:
  template <class Function, class Own>
  void run_with(Function kernel, Own& own) const {
    const auto passed = prepare(own);
    std::apply([&](const auto&... arguments) { kernel(arguments..., params); }, passed);
  }

  template <class Variants, size_t... V>
  bool run_first(const Variants& variants, std::index_sequence<V...>) const {
    return (try_variant(V, std::get<V>(variants)) || ...);
  }

  template <class Function>
  bool try_variant(size_t number, Function variant) const {
    using Types = typename Signature<Function>::Types;
    if (variant == nullptr || !Suits<Kernel>::ask(number, params)) return false;
    if (!(fits<std::tuple_element_t<I, Types>>(std::get<I>(buffers), touched[I]) && ...)) return false;
    std::tuple<BufferArgument<std::tuple_element_t<I, Types>>...> own;
    (std::get<I>(own).adopt(std::get<I>(buffers)), ...);
    run_with(variant, own);
    return true;
  }

  template <class Parameter, class Buffer>
  static bool fits(const Buffer& buffer, const Touch& touch) {
    bool all = true;
    if constexpr (BufferArgument<Parameter>::kTakesBf16)
      buffer.each(touch,
                  [&](size_t, const Slot& slot) { all = all && (slot.halves || (slot.pending && Buffer::kWrites)); });
    return all;
  }

  // Gives every buffer the memory that its parameter wants: those that are written first, since one of them may be read
  // too.
  template <class Own>
  auto prepare(Own& own) const {
    const auto settle = [&](auto writes, const auto& buffer, size_t argument) {
      using Buffer = std::decay_t<decltype(buffer)>;
      if constexpr (Buffer::kWrites == decltype(writes)::value)
        buffer.each(touched[argument], [&](size_t, const Slot& slot) {
          if constexpr (Buffer::kWrites && !Buffer::kTakesBf16)
            environment.store_as_float32(slot);
          else
            environment.settle(slot, Buffer::kTakesBf16);
        });
    };
    try {
      (settle(std::true_type{}, std::get<I>(own), I), ...);
      (settle(std::false_type{}, std::get<I>(own), I), ...);
      return std::make_tuple(std::get<I>(own).pass(touched[I])...);
    } catch (const OutOfMemory& error) {
      throw OutOfMemoryBefore(error);
    }
  }
};

}  // namespace nabla::addon
