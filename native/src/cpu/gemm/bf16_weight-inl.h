// SPDX-License-Identifier: Apache-2.0
// Products of float32 numbers with a B that is stored as bf16. Its panels are widened while they are packed, and from
// then on all is as in Float32 (see float32-inl.h), bit for bit; thin products read it where it is (thin-inl.h,
// thin_rows-inl.h).

struct Bf16Weight : Float32 {
  static bool b_in_place(const View&, int64_t, int64_t) { return false; }
  static void pack_b(const View& b, int64_t terms, int64_t width, float* panel) {
    pack_vectors(b.halves, b.row, b.column, terms, width, panel);
  }
};
