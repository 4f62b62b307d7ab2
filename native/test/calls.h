// SPDX-License-Identifier: Apache-2.0
// Draws calls that a kernel's contract accepts: parameters at random until it does, then buffers of exactly the sizes
// it asks for. They know no kernel, only signatures and contracts, so that a new one adds no code here.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>

#include "addon/run.h"
#include "system/allocator.h"

namespace nabla::test {

using addon::Environment;
using addon::Handle;
using addon::kNoBuffer;

constexpr int64_t kMostElements = 1 << 14;  // of all buffers of one call

// Where choices come from: a seed, or the bytes of a fuzzer.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  virtual ~Random() = default;
  virtual int64_t below(int64_t bound) { return static_cast<int64_t>(engine_() % static_cast<uint64_t>(bound)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class T, size_t count>
  T one_of(const T (&items)[count]) {
    return items[below(count)];
  }

 private:
  std::mt19937_64 engine_;
};

// One call as it stands in the argument area, and what of it may be spoilt.
struct Call {
  struct Buffer {
    size_t position;     // of its handle in numbers
    int64_t bytes;       // what the contract asks for
    int64_t element;     // bytes of one element
    bool writes;         // whether the kernel may write it
    int64_t item;        // its place in a list, 0 if it is in none
    const Touch* touch;  // what the contract says of it
  };
  std::vector<double> numbers;
  std::vector<Buffer> buffers;
  std::vector<size_t> integers;  // positions of integers
  bool writes = false;           // whether the kernel may write anything
  bool in_bf16 = false;          // whether all that may be is stored as bf16
  std::vector<Touch> touched;    // what Buffer::touch points to

  Handle handle(const Buffer& buffer) const { return static_cast<Handle>(numbers[buffer.position]); }
};

// Fills a parameter struct. Contracts ask that numbers be equal, or ranks, or that one divides another: one number and
// one rank come again and again.
class Draw {
 public:
  Draw(Random& random, Call& call) : random_(random), call_(call) {
    constexpr int kChances[] = {0, 50, 80};
    constexpr int64_t kSizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65, 129};
    again_ = random.one_of(kChances);
    number_ = random.one_of(kSizes);
    rank_ = random.below(random.chance(90) ? 5 : kMaxRank + 1);
    largest_ = random.chance(50) ? 4 : 20;
  }

  void operator()(const char*, int64_t& field) { field = add(number()); }
  void operator()(const char*, float& field) { call_.numbers.push_back(field = static_cast<float>(real())); }
  void operator()(const char*, double& field) { call_.numbers.push_back(field = real()); }
  void operator()(const char*, Dims& field) {
    field.rank = add(random_.chance(90) ? rank_ : random_.below(kMaxRank + 1));
    const bool ones = random_.chance(30);
    for (int64_t axis = 0; axis < field.rank; ++axis)
      field.size[axis] = add(ones ? 1 : random_.below(random_.chance(90) ? 4 : 9));
  }
  void operator()(const char*, Integers& field) {
    std::vector<int64_t>& list = lists_.emplace_back(add(random_.below(4)));
    for (int64_t& item : list) item = add(number());
    field = {static_cast<int64_t>(list.size()), list.data()};
  }

 private:
  int64_t number() {
    if (random_.chance(again_)) return number_;
    return random_.chance(5) ? random_.below(200) : random_.below(largest_);
  }
  double real() {
    constexpr double kReals[] = {0, 1, 0.5, 1e-5, 0.9, -1, 1e30, INFINITY, NAN};
    return kReals[random_.below(random_.chance(80) ? 5 : 9)];
  }
  int64_t add(int64_t value) {
    call_.integers.push_back(call_.numbers.size());
    call_.numbers.push_back(static_cast<double>(value));
    return value;
  }

  Random& random_;
  Call& call_;
  std::deque<std::vector<int64_t>> lists_;  // what the Integers of the parameters point to
  int again_;
  int64_t number_, rank_, largest_;
};

inline void fill(Random& random, float* items, int64_t count) {
  constexpr float kSpecial[] = {0.0f, -0.0f, 1e-40f, 3e38f, -3e38f, INFINITY, -INFINITY, NAN};
  const bool special = random.chance(20);
  for (int64_t i = 0; i < count; ++i)
    items[i] =
        special && random.chance(20) ? random.one_of(kSpecial) : static_cast<float>(random.below(2001) - 1000) / 500.0f;
}
// As indices, labels and lengths: small, and now and then out of every range.
inline void fill(Random& random, int32_t* items, int64_t count) {
  constexpr int32_t kSpecial[] = {-1, 100, INT32_MAX, INT32_MIN};
  const bool special = random.chance(20);
  const int64_t largest = 1 + random.below(4);
  for (int64_t i = 0; i < count; ++i)
    items[i] = special && random.chance(20) ? random.one_of(kSpecial) : static_cast<int32_t>(random.below(largest));
}
inline void fill(Random& random, uint32_t* items, int64_t count) {
  for (int64_t i = 0; i < count; ++i) items[i] = static_cast<uint32_t>(random.below(1LL << 32));
}
inline void fill(Random& random, uint8_t* items, int64_t count) {
  for (int64_t i = 0; i < count; ++i) items[i] = static_cast<uint8_t>(random.below(2));
}

// Puts the handle of a buffer of `elements` elements into the call.
template <class T>
void add_buffer(Random& random, Environment& environment, Call& call, const Touch& touch, int64_t item,
                int64_t elements) {
  const int64_t element = static_cast<int64_t>(sizeof(T)), bytes = elements * element;
  call.buffers.push_back({call.numbers.size(), bytes, element, !std::is_const_v<T>, item, &touch});
  Handle handle = kNoBuffer;
  if (bytes > 0 || random.chance(50)) {
    handle = environment.allocate(static_cast<size_t>(bytes));
    const addon::Slot& slot = *environment.find(handle);
    auto* const items = static_cast<std::remove_const_t<T>*>(slot.data);
    if (std::is_const_v<T> || random.chance(50)) {  // what is updated in place; else the allocator's garbage
      fill(random, items, elements);
      if constexpr (std::is_same_v<std::remove_const_t<T>, int32_t>)
        if (random.chance(50)) slot.keep_bounds(bounds_of(items, static_cast<size_t>(elements)));
    }
  }
  if constexpr (std::is_same_v<std::remove_const_t<T>, float> || std::is_same_v<std::remove_const_t<T>, int32_t>) {
    // As weights may be that are only read, and activations; kernels that move bits call them integers.
    const bool is_weight = std::is_same_v<T, const float> && random.chance(20);
    if (handle != kNoBuffer && !touch.indices && (is_weight || call.in_bf16))
      environment.store_as_bf16(*environment.find(handle));
  }
  call.numbers.push_back(handle);
  call.writes = call.writes || (!std::is_const_v<T> && bytes > 0);
}

template <class Parameter>
struct AddBuffers;

template <class T>
struct AddBuffers<T*> {
  static int64_t elements(const Touch& touch) { return touch.elements.valid() ? touch.elements.value() : -1; }
  static void add(Random& random, Environment& environment, Call& call, const Touch& touch) {
    add_buffer<T>(random, environment, call, touch, 0, touch.elements.value());
  }
};

template <>
struct AddBuffers<Operand> : AddBuffers<const float*> {};
template <>
struct AddBuffers<Indices> : AddBuffers<const int32_t*> {};

template <class T>
struct AddBuffers<Buffers<T>> {
  static int64_t elements(const Touch& touch) {
    int64_t total = 0;
    for (int64_t i = 0; i < touch.lengths->count; ++i) total += touch.lengths->items[i];
    return total;
  }
  static void add(Random& random, Environment& environment, Call& call, const Touch& touch) {
    call.integers.push_back(call.numbers.size());
    call.numbers.push_back(static_cast<double>(touch.lengths->count));
    for (int64_t i = 0; i < touch.lengths->count; ++i)
      add_buffer<T>(random, environment, call, touch, i, touch.lengths->items[i]);
  }
};

// What a contract states in words only: no element of a copy's output is named twice, else threads race for it.
template <class Params>
bool is_orderly(const Params&) {
  return true;
}
inline bool is_orderly(const CopyParams& p) {
  int64_t step = 1;
  for (int64_t axis = p.shape.rank - 1; axis >= 0; --axis) {
    if (p.shape.size[axis] > 1 && p.out_strides.size[axis] < step) return false;
    step += p.out_strides.size[axis] * (p.shape.size[axis] - 1);
  }
  return true;
}

template <class Kernel, class Indices = std::make_index_sequence<addon::Signature<typename Kernel::Function>::kBuffers>>
struct Caller;

template <class Kernel, size_t... I>
struct Caller<Kernel, std::index_sequence<I...>> {
  using Types = typename addon::Signature<typename Kernel::Function>::Types;

  // A call that the contract accepts; false: none was found in so many tries.
  static bool draw(Random& random, Environment& environment, int most_tries, Call& call) {
    for (int tries = 0; tries < most_tries; ++tries) {
      Call drawn;
      Draw draw(random, drawn);
      typename Kernel::Params params{};
      params.visit(draw);
      Rules rules;
      const auto touched = Kernel::contract(params, rules);
      if (!rules.satisfied() || !is_orderly(params)) continue;
      const int64_t elements[] = {AddBuffers<std::tuple_element_t<I, Types>>::elements(touched[I])...};
      int64_t left = kMostElements;
      for (const int64_t count : elements) left = count < 0 || count > left ? -1 : left - count;
      if (left < 0) continue;
      call = Call{};
      call.in_bf16 = random.chance(25);
      call.touched.assign(touched.begin(), touched.end());
      (AddBuffers<std::tuple_element_t<I, Types>>::add(random, environment, call, call.touched[I]), ...);
      for (Touch& touch : call.touched) touch.lengths = nullptr;  // they end with this function
      const size_t before = call.numbers.size();
      call.numbers.insert(call.numbers.end(), drawn.numbers.begin(), drawn.numbers.end());
      for (const size_t position : drawn.integers) call.integers.push_back(before + position);
      return true;
    }
    return false;
  }
};

// Every kernel of kernels.def, in its order, which is also that of addon::entries().
struct Kernel {
  const char* name;
  bool (*draw)(Random& random, Environment& environment, int most_tries, Call& call);
};
constexpr Kernel kKernels[] = {
#define KERNEL(name, Contract) {#name, &Caller<Contract>::draw},
#include "kernels/kernels.def"
#undef KERNEL
};

enum class Outcome { kRan, kRefused, kBadData, kNoMemory, kStrange };

inline Outcome run(const addon::Entry& entry, Environment& environment, const std::vector<double>& numbers) {
  std::copy(numbers.begin(), numbers.end(), environment.arguments());
  addon::Arguments arguments(environment, static_cast<int64_t>(numbers.size()));
  try {
    entry.run(arguments);
    return Outcome::kRan;
  } catch (const addon::BadCall&) {
    return Outcome::kRefused;
  } catch (const std::invalid_argument&) {
    return Outcome::kBadData;
  } catch (const OutOfMemory&) {
    return Outcome::kNoMemory;
  } catch (const std::exception&) {
    return Outcome::kStrange;
  }
}

}  // namespace nabla::test
