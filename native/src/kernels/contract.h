// SPDX-License-Identifier: Apache-2.0
// How a kernel states what it may touch: its parameters, and for every buffer an extent computed from them in
// overflow-checked arithmetic. The dispatcher (addon/run.h) refuses a call whose buffers are smaller. A kernel is a
// struct:
//
//   struct SoftmaxParams {                    plain data, every field named once more in `visit`
//     int64_t rows, columns;
//     template <class Visitor> void visit(Visitor&& field) { field("rows", rows); field("columns", columns); }
//   };
//   struct Softmax {
//     using Params = SoftmaxParams;
//     using Function = void (*)(const float* in, float* out, const SoftmaxParams&);      buffers first, in this order
//     static std::array<Touch, 2> contract(const SoftmaxParams& p, Rules& rules);        one Touch per buffer
//   };
#pragma once
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <tuple>
#include <type_traits>

#include "kernels/bounds.h"
#include "kernels/indices.h"

namespace nabla {

constexpr int kMaxRank = 8;

// A float32 of a tensor that is stored as bf16: the upper half of its bits.
using Bf16 = uint16_t;
// The same where T may be another type, which is stored as it is.
template <class T>
using AsBf16 = std::conditional_t<std::is_same_v<T, float>, Bf16, T>;

// The sizes (or strides) of up to kMaxRank axes.
struct Dims {
  int64_t rank;
  int64_t size[kMaxRank];
};

// Integers of any count; the memory is the caller's and lives as long as the call.
struct Integers {
  int64_t count;
  const int64_t* items;
};

// Buffers of any count, all of one element type.
template <class T>
struct Buffers {
  int64_t count;
  T* const* items;
};

// A number of elements, never negative. Arithmetic that overflows or goes below zero makes it invalid for good.
class Extent {
 public:
  constexpr Extent(int64_t value) : value_(value), valid_(value >= 0) {}
  constexpr bool valid() const { return valid_; }
  constexpr int64_t value() const { return value_; }

  friend constexpr Extent operator*(Extent a, Extent b) {
    int64_t product = 0;
    const bool overflow = __builtin_mul_overflow(a.value_, b.value_, &product);
    return Extent(product, a.valid_ && b.valid_ && !overflow);
  }
  friend constexpr Extent operator+(Extent a, Extent b) {
    int64_t sum = 0;
    const bool overflow = __builtin_add_overflow(a.value_, b.value_, &sum);
    return Extent(sum, a.valid_ && b.valid_ && !overflow);
  }

 private:
  constexpr Extent(int64_t value, bool valid) : value_(value), valid_(valid && value >= 0) {}
  int64_t value_;
  bool valid_;
};

// Product of the sizes; 1 for rank 0.
inline Extent product(const Dims& dims) {
  Extent total = 1;
  for (int64_t axis = 0; axis < dims.rank; ++axis) total = total * dims.size[axis];
  return total;
}

// Elements from the first to the last one that a walk over `shape` with these element strides (>= 0) reaches.
inline Extent strided(const Dims& shape, const Dims& strides) {
  Extent last = 0;
  for (int64_t axis = 0; axis < shape.rank; ++axis) {
    if (shape.size[axis] == 0) return 0;
    last = last + Extent(shape.size[axis] - 1) * strides.size[axis];
  }
  return last + 1;
}

// The strides of a tensor whose elements lie one after the other; the product of its sizes must be valid.
inline Dims row_major_strides(const Dims& shape) {
  Dims strides{shape.rank, {}};
  int64_t step = 1;
  for (int64_t axis = shape.rank - 1; axis >= 0; step *= shape.size[axis--]) strides.size[axis] = step;
  return strides;
}

// Whether such a walk takes the elements one after the other.
inline bool is_row_major(const Dims& shape, const Dims& strides) {
  Extent step = 1;
  for (int64_t axis = shape.rank - 1; axis >= 0; step = step * shape.size[axis--])
    if (!step.valid() || (shape.size[axis] > 1 && strides.size[axis] != step.value())) return false;
  return true;
}

// A matrix of `rows` rows, `stride` elements apart, of `columns` elements each.
inline Extent strided_rows(int64_t rows, int64_t stride, int64_t columns) {
  if (rows == 0 || columns == 0) return 0;
  return Extent(rows - 1) * stride + columns;
}

// The part of one buffer that a kernel may read or write: its first `elements` elements; for a list of buffers, the
// first lengths[i] elements of the i-th. An absent buffer is allowed where the extent is 0.
struct Touch {
  const char* name;
  Extent elements;
  const Integers* lengths = nullptr;
  const char* same[2] = {nullptr, nullptr};
  bool indices = false;
  int64_t bound = 0;  // of indices: each must be in [0, bound)

  Touch(const char* name, Extent elements) : name(name), elements(elements) {}
  Touch(const char* name, const Integers& lengths) : name(name), elements(0), lengths(&lengths) {}

  // Whether this buffer, which the kernel writes, may also be passed as the one of that name.
  bool may_be(const char* other) const {
    for (const char* allowed : same)
      if (allowed != nullptr && std::strcmp(allowed, other) == 0) return true;
    return false;
  }
};

// A buffer that the kernel writes and that may be the one of another name: the kernel reads an element of that for the
// last time before it writes the same element of this. In lists, buffers of the same place may be one. Any other buffer
// that is written must be no other argument of the call: the dispatcher refuses it.
inline Touch in_place(Touch touch, const char* of, const char* or_of = nullptr) {
  touch.same[0] = of;
  touch.same[1] = or_of;
  return touch;
}

// A buffer whose values, from 0 to bound - 1, say where in others the kernel reads or writes. It checks them first and
// then relies on them; it takes them as Indices (kernels/indices.h), which tell whether they are known to be right.
inline Touch indices(const char* name, Extent elements, int64_t bound) {
  Touch touch(name, elements);
  touch.indices = true;
  touch.bound = bound;
  return touch;
}

// What a kernel writes into its one buffer of int32 that it writes: all of the first `elements` elements, and maybe
// some of the others; and what is known of those that it writes. Where a contract tells, it does so in
//   static Written written(const Params&, const std::array<KnownBounds, n>& known);
// from what is known of the kernel's n buffers before the call. So indices need not be looked at that were moved or
// made on the device.
struct Written {
  Extent elements;
  KnownBounds bounds;
};

// Whether such a walk is, in some order of its axes, one over all elements from the first to the last.
inline bool is_whole(const Dims& shape, const Dims& strides) {
  int64_t step = 1, left = 0;
  for (int64_t axis = 0; axis < shape.rank; ++axis) left += shape.size[axis] != 1;
  for (bool found = true; found && left > 0;) {
    found = false;
    for (int64_t axis = 0; axis < shape.rank && !found; ++axis) {
      found = shape.size[axis] > 1 && strides.size[axis] == step;
      if (found) step *= shape.size[axis], --left;
    }
  }
  return left == 0;
}

// Collects what the parameters themselves must satisfy; keeps the first rule broken.
class Rules {
 public:
  void at_least(const char* name, int64_t value, int64_t minimum) {
    if (value < minimum) broken(name, value, "at least", minimum);
  }
  void at_most(const char* name, int64_t value, int64_t maximum) {
    if (value > maximum) broken(name, value, "at most", maximum);
  }
  void equal(const char* name, int64_t value, int64_t expected) {
    if (value != expected) broken(name, value, "equal to", expected);
  }
  void between(const char* name, double value, double minimum, double maximum) {  // NaN is not
    if (!(value >= minimum && value <= maximum) && satisfied())
      std::snprintf(text_, sizeof text_, "expected %s from %g to %g, received %g", name, minimum, maximum, value);
  }
  bool satisfied() const { return text_[0] == '\0'; }
  const char* text() const { return text_; }

 private:
  void broken(const char* name, int64_t value, const char* relation, int64_t bound) {
    if (!satisfied()) return;
    std::snprintf(text_, sizeof text_, "expected %s %s %lld, received %lld", name, relation,
                  static_cast<long long>(bound), static_cast<long long>(value));
  }
  char text_[160] = "";
};

// Thrown by a kernel for values it only sees in the data (an index out of range): before its first write.
[[noreturn]] void fail(const char* kernel, const char* format, ...) __attribute__((format(printf, 2, 3)));

}  // namespace nabla
