// SPDX-License-Identifier: Apache-2.0
// An operand that a kernel takes as it is stored, and of which it may keep a copy in a layout of its own from call to
// call, while nobody writes it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace nabla {

class Keeper;

struct Operand {
  const float* data;       // nullptr where it is stored as bf16
  const uint16_t* halves;  // what is stored then; else nullptr
  Keeper* keeper;          // nullptr: nothing can be kept
};

// Tells layouts apart: which format, and all that the copy depends on beside the contents of the buffer.
struct KeptLayout {
  int64_t format, rows, columns, stride, transposed;
};

// The copy in this layout, of the contents that the buffer has now; it is valid for this call of the kernel. nullptr
// unless those contents were asked for in this layout kUsesBeforeKept times before, or where there is no memory for it.
// What is not there yet is written by make(context, copy).
float* kept_copy(Keeper* keeper, const KeptLayout& layout, size_t bytes, void (*make)(void* context, float* copy),
                 void* context);

}  // namespace nabla
