// SPDX-License-Identifier: Apache-2.0
// The one dispatcher. From a kernel's signature and contract it derives how its arguments are read, what is checked
// before it runs, and how it is described to JavaScript; a new kernel adds no code here.
#pragma once
#include "addon/follow_bounds.h"
#include "addon/overlaps.h"
#include "addon/variants.h"
#include "kernels/device.h"
#include "system/thread_pool.h"

namespace nabla::addon {

// The names and types of a kernel's arguments, for the TypeScript mirror.
struct Description {
  struct Argument {
    const char* name;
    const char* type;  // buffer | buffers | integer | number | dims | integers
  };
  std::vector<Argument> arguments;

  void operator()(const char* name, int64_t&) { arguments.push_back({name, "integer"}); }
  void operator()(const char* name, float&) { arguments.push_back({name, "number"}); }
  void operator()(const char* name, double&) { arguments.push_back({name, "number"}); }
  void operator()(const char* name, Dims& field) {
    field.rank = 0;
    arguments.push_back({name, "dims"});
  }
  void operator()(const char* name, Integers& field) {
    field.count = 0;
    arguments.push_back({name, "integers"});
  }
};

template <class Kernel, class Indices = std::make_index_sequence<Signature<typename Kernel::Function>::kBuffers>>
struct Dispatch;

template <class Kernel, size_t... I>
struct Dispatch<Kernel, std::index_sequence<I...>> {
  using Types = typename Signature<typename Kernel::Function>::Types;
  using Params = typename Kernel::Params;
  static_assert(std::is_same_v<std::tuple_element_t<sizeof...(I), Types>, const Params&>,
                "a kernel takes its buffers first, then its parameters");
  static_assert(std::tuple_size_v<decltype(Kernel::contract(std::declval<Params>(), std::declval<Rules&>()))> ==
                    sizeof...(I),
                "a contract states one Touch for each buffer");

  static void run(Arguments& arguments, typename Kernel::Function kernel,
                  const typename VariantsOf<Kernel>::Functions& variants) {
    std::tuple<BufferArgument<std::tuple_element_t<I, Types>>...> buffers;
    (std::get<I>(buffers).read(arguments), ...);
    Params params{};
    params.visit(arguments);
    arguments.end();
    Rules rules;
    const auto touched = Kernel::contract(params, rules);
    if (!rules.satisfied()) throw BadCall(rules.text());
    (std::get<I>(buffers).check(touched[I]), ...);
    const FollowBounds<Kernel, std::tuple<std::tuple_element_t<I, Types>...>> follow(std::get<I>(buffers)...);
    const Overlaps overlaps(arguments.environment(), touched.data());
    const auto walk = [&](auto writes, const auto& buffer, size_t argument) {
      constexpr bool kWritten = decltype(writes)::value;
      if constexpr (std::decay_t<decltype(buffer)>::kWrites == kWritten)
        buffer.each(touched[argument],
                    [&](size_t item, const Slot& slot) { overlaps.check<kWritten>(argument, item, slot); });
    };
    (walk(std::true_type{}, std::get<I>(buffers), I), ...);
    (walk(std::false_type{}, std::get<I>(buffers), I), ...);
    // A kernel that may write nothing has nothing to do; its loops, which no extent bounds then, could be endless.
    if (!(std::get<I>(buffers).is_written(touched[I]) || ...)) return;
    if (NotedBuffers* noted = arguments.environment().noted())
      (std::get<I>(buffers).each(touched[I],
                                 [&](size_t, const Slot& slot) {
                                   noted->emplace_back(arguments.environment().handle_of(slot), touched[I].bound);
                                 }),
       ...);
    const SteadyThreads steady;
    const CheckedCall<Kernel, std::index_sequence<I...>> call{buffers, touched, params, arguments.environment()};
    if (!call.run_variant(variants)) call.run(kernel);
    follow.keep(params);
  }

  static Description describe() {
    Description description;
    Params params{};
    Description fields;
    params.visit(fields);
    Rules rules;
    const auto touched = Kernel::contract(params, rules);
    (description.arguments.push_back({touched[I].name, BufferArgument<std::tuple_element_t<I, Types>>::kType}), ...);
    for (const auto& field : fields.arguments) description.arguments.push_back(field);
    return description;
  }
};

// One kernel of the list, type-erased.
struct Entry {
  const char* name;
  void (*run)(Arguments& arguments);
  bool (*is_built)();
  Description (*describe)();
};

template <class Kernel, typename Kernel::Function KernelTable::*member,
          typename VariantsOf<Kernel>::Functions VariantTable::*variants>
void run_kernel(Arguments& arguments) {
  const KernelTable& table = device::active_table();
  const typename Kernel::Function kernel = table.*member;
  if (kernel == nullptr) throw BadCall("this device has no such kernel");
  Dispatch<Kernel>::run(arguments, kernel, table.variants.*variants);
}

template <class Kernel, typename Kernel::Function KernelTable::*member>
bool kernel_is_built() {
  return device::active_table().*member != nullptr;
}

const std::vector<Entry>& entries();

}  // namespace nabla::addon
