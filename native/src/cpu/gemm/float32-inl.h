// SPDX-License-Identifier: Apache-2.0
// Products of float32 numbers, as a Format: how a blocked product multiplies, and when and how it packs its operands.

// Whether rows `stride` floats apart, a multiple of 4 KiB, compete for the same few lines of the L1 cache.
inline bool rows_collide(int64_t stride) { return stride % 1024 == 0; }

struct Float32 {
  static constexpr int64_t kTerms = 1;      // terms of a sum over k that an element of a panel holds
  static constexpr int64_t kDepthUnit = 1;  // the depth of a panel is a multiple of it
  static constexpr int kRows = kTileRows, kVectors = kTileVectors;  // of C in a call of the microkernel
  static constexpr bool kThin = true;  // whether thin products are not blocked (see thin-inl.h and thin_rows-inl.h)
  struct Session {};                   // lives while a thread multiplies

  static F32 step(F32 a, F32 b, F32 sum) { return mul_add(a, b, sum); }

  // Whether the microkernel reads a panel of A, which meets so many columns of B, where it is in memory.
  static bool a_in_place(const View& a, int64_t columns) {
    return a.column == 1 ? !rows_collide(a.row) : columns <= (rows_collide(a.column) ? kTileColumns : kDirectRows);
  }
  // And a panel of B of so many columns, which meets so many rows of A.
  static bool b_in_place(const View& b, int64_t rows, int64_t width) {
    return b.column == 1 && width % kLanes == 0 && rows <= (rows_collide(b.row) ? kTileRows : kDirectRows);
  }

  static void pack_a(const View& a, int64_t terms, int64_t height, float* panel) {
    pack_panel<kTileRows>(a.data, a.column, a.row, terms, height, panel);
  }
  static void pack_b(const View& b, int64_t terms, int64_t width, float* panel) {
    pack_vectors(b.data, b.row, b.column, terms, width, panel);
  }

  // A panel of `depth` steps as pack_a wrote it.
  static View packed_a(const View&, const float* panel, int64_t) { return {panel, 1, kTileRows}; }
};
