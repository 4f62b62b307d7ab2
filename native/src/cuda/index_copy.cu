// SPDX-License-Identifier: Apache-2.0
// Slices written to named places: an element a thread.
#include "cuda/device/elements.cuh"
#include "cuda/device/indices.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

struct Place {
  const int32_t *in, *positions;
  int32_t* out;
  IndexCopyParams p;
  Dims out_strides;

  __device__ void operator()(int64_t i) const {
    int64_t from = p.in_offset, to = 0;
    for (int64_t axis = p.shape.rank - 1; axis >= 0; --axis) {
      const Division step(i, p.shape.size[axis]);
      const int64_t index = axis == p.axis ? positions[step.remainder] : step.remainder;
      if (axis == p.axis && is_named_again(step.remainder)) return;
      from += step.remainder * p.in_strides.size[axis];
      to += index * out_strides.size[axis];
      i = step.quotient;
    }
    out[to] = in[from];
  }

  // Whether a later slice has the same place, so that of two the last is written, whichever thread comes first.
  __device__ bool is_named_again(int64_t slice) const {
    for (int64_t later = slice + 1; later < p.shape.size[p.axis]; ++later)
      if (positions[later] == positions[slice]) return true;
    return false;
  }
};

void index_copy_b32(const int32_t* in, Indices positions, int32_t* out, const IndexCopyParams& p) {
  const BadIndex bad = find_bad_index(positions, p.shape.size[p.axis]);
  if (bad.position >= 0)
    fail("indexCopyInto", "expected positions from 0 to %lld, received %d at %lld",
         static_cast<long long>(p.length - 1), bad.index, static_cast<long long>(bad.position));
  for_each("index_copy", product(p.shape).value(), Place{in, positions.data, out, p, row_major_strides(p.out_shape())});
}

}  // namespace

void add_index_copy(KernelTable& table) { table.index_copy_b32 = index_copy_b32; }

}  // namespace nabla::cuda
