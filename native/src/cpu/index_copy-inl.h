// SPDX-License-Identifier: Apache-2.0
// Slices written to named places: a strided copy for each.

inline void index_copy_b32(const int32_t* in, Indices positions, int32_t* out, const IndexCopyParams& p) {
  const int64_t slices = p.shape.size[p.axis], bad = find_bad_index(positions, slices);
  if (bad >= 0)
    fail("indexCopyInto", "expected positions from 0 to %lld, received %d at %lld",
         static_cast<long long>(p.length - 1), positions.data[bad], static_cast<long long>(bad));
  CopyParams slice{};
  slice.shape = p.shape;
  slice.shape.size[p.axis] = 1;
  slice.in_strides = p.in_strides;
  slice.out_strides = row_major_strides(p.out_shape());
  slice.reversed.rank = p.shape.rank;
  for (int64_t n = 0; n < slices; ++n) {
    slice.in_offset = p.in_offset + n * p.in_strides.size[p.axis];
    slice.out_offset = positions.data[n] * slice.out_strides.size[p.axis];
    copy(in, out, slice);
  }
}
