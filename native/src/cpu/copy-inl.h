// SPDX-License-Identifier: Apache-2.0
// Strided copies. The last two axes form a plane, cut into tiles; a tile is copied row by row, transposed in square
// blocks, or element by element.

// The walk with signed strides, at least two axes, and its last two cut into tiles.
struct CopyWalk {
  int rank;
  int64_t size[kMaxRank], in_stride[kMaxRank], out_stride[kMaxRank];
  int64_t step[kMaxRank];   // indices of one tile along each axis
  int64_t count[kMaxRank];  // tiles along each axis
  int64_t in_start, out_start, tiles;
  bool rows, transposed, repeated;  // what its planes are; element by element when none

  explicit CopyWalk(const CopyParams& p) {
    rank = p.shape.rank < 2 ? 2 : static_cast<int>(p.shape.rank);
    const int missing = rank - static_cast<int>(p.shape.rank);
    in_start = p.in_offset;
    out_start = p.out_offset;
    for (int axis = 0; axis < rank; ++axis) {
      const int from = axis - missing;
      const bool present = from >= 0;
      size[axis] = present ? p.shape.size[from] : 1;
      in_stride[axis] = present ? p.in_strides.size[from] : 0;
      out_stride[axis] = present ? p.out_strides.size[from] : 0;
      if (present && p.reversed.size[from]) {
        in_start += (size[axis] - 1) * in_stride[axis];
        in_stride[axis] = -in_stride[axis];
      }
    }
    const int row = rank - 2, column = rank - 1;
    const bool dense = out_stride[column] == 1;
    rows = dense && in_stride[column] == 1;
    repeated = dense && in_stride[column] == 0;
    transposed = dense && !rows && !repeated && in_stride[row] == 1;
    if (transposed) {
      // One side of a transposed tile is as long as a cache line, the other long enough for memory to be read in order,
      // or where the rows that are read lie within a page, to be written in order.
      const bool read_along = in_stride[column] >= kPage;
      cut(row, read_along ? kLongSide : kCacheLine);
      cut(column, read_along ? kCacheLine : kLongSide);
    } else {
      cut(column, kCopyTile);
      cut(row, (kCopyTile + step[column] - 1) / step[column]);
    }
    tiles = 1;
    for (int axis = 0; axis < rank; ++axis) {
      if (axis < row) cut(axis, 1);
      tiles *= count[axis];
    }
  }

 private:
  // In elements of four bytes; the best of those tried on transposes and concats of 64 MiB, Zen 4.
  static constexpr int64_t kCopyTile = 65536, kPage = 1024, kCacheLine = 16, kLongSide = 256;

  void cut(int axis, int64_t indices) {
    step[axis] = size[axis] == 0 ? 1 : (size[axis] < indices ? size[axis] : indices);
    count[axis] = (size[axis] + step[axis] - 1) / step[axis];
  }
};

inline void copy_row(const int32_t* in, int32_t* out, int64_t n) {
  if (n >= 1024) {  // from here on the call of memcpy is repaid
    memcpy(out, in, static_cast<size_t>(n) * sizeof(int32_t));
  } else if (n >= kLanes) {
    for (int64_t i = 0; i + kLanes <= n; i += kLanes) store(out + i, load(in + i));
    store(out + n - kLanes, load(in + n - kLanes));  // the rest, with some elements that are there already
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = in[i];
  }
}
inline void copy_row(const uint8_t* in, uint8_t* out, int64_t n) { memcpy(out, in, static_cast<size_t>(n)); }

// out[i * out_stride + j] = in[i + j * in_stride] for i < rows, j < columns, both at most kLanes.
inline void transpose_block(const int32_t* in, int64_t in_stride, int32_t* out, int64_t out_stride, int rows,
                            int columns) {
  F32 block[kLanes];
  if (rows == kLanes && columns == kLanes) {
    for (int j = 0; j < kLanes; ++j) block[j] = as_f32(load(in + j * in_stride));
    transpose(block);
    for (int i = 0; i < kLanes; ++i) store(out + i * out_stride, as_i32(block[i]));
    return;
  }
  for (int j = 0; j < kLanes; ++j) block[j] = j < columns ? as_f32(load_partial(in + j * in_stride, rows)) : zero();
  transpose(block);
  for (int i = 0; i < rows; ++i) store_partial(out + i * out_stride, as_i32(block[i]), columns);
}
inline void transpose_block(const uint8_t* in, int64_t in_stride, uint8_t* out, int64_t out_stride, int rows,
                            int columns) {
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) out[i * out_stride + j] = in[i + j * in_stride];
}

// The same for a tile: along its longer side within the shorter one.
template <class T>
inline void transpose_tile(const T* in, int64_t in_stride, T* out, int64_t out_stride, int64_t rows, int64_t columns) {
  const bool along_rows = rows > columns;
  const int64_t across = along_rows ? columns : rows, along = along_rows ? rows : columns;
  for (int64_t a = 0; a < across; a += kLanes)
    for (int64_t b = 0; b < along; b += kLanes) {
      const int64_t i = along_rows ? b : a, j = along_rows ? a : b;
      transpose_block(in + i + j * in_stride, in_stride, out + i * out_stride + j, out_stride,
                      static_cast<int>(rows - i < kLanes ? rows - i : kLanes),
                      static_cast<int>(columns - j < kLanes ? columns - j : kLanes));
    }
}

template <class T>
inline void copy_tile(const CopyWalk& w, const T* in, T* out, int64_t rows, int64_t columns) {
  const int64_t in_row = w.in_stride[w.rank - 2], in_column = w.in_stride[w.rank - 1];
  const int64_t out_row = w.out_stride[w.rank - 2], out_column = w.out_stride[w.rank - 1];
  if (w.rows) {
    for (int64_t i = 0; i < rows; ++i) copy_row(in + i * in_row, out + i * out_row, columns);
  } else if (w.transposed) {
    transpose_tile(in, in_column, out, out_row, rows, columns);
  } else if (w.repeated) {
    for (int64_t i = 0; i < rows; ++i) {
      const T value = in[i * in_row];
      for (int64_t j = 0; j < columns; ++j) out[i * out_row + j] = value;
    }
  } else {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) out[i * out_row + j * out_column] = in[i * in_row + j * in_column];
  }
}

template <class T>
inline void copy(const T* in, T* out, const CopyParams& p) {
  const CopyWalk w(p);
  const int row = w.rank - 2, column = w.rank - 1;
  parallel_for(w.tiles, row_grain(w.step[row] * w.step[column]), [&](int64_t begin, int64_t end, int) {
    int64_t tile[kMaxRank];  // its coordinates, counted in tiles
    int64_t rest = begin;
    for (int axis = column; axis >= 0; --axis) {
      tile[axis] = rest % w.count[axis];
      rest /= w.count[axis];
    }
    for (int64_t done = begin; done < end; ++done) {
      const T* from = in + w.in_start;
      T* to = out + w.out_start;
      for (int axis = 0; axis < w.rank; ++axis) {
        from += tile[axis] * w.step[axis] * w.in_stride[axis];
        to += tile[axis] * w.step[axis] * w.out_stride[axis];
      }
      const int64_t rows_left = w.size[row] - tile[row] * w.step[row];
      const int64_t columns_left = w.size[column] - tile[column] * w.step[column];
      copy_tile(w, from, to, rows_left < w.step[row] ? rows_left : w.step[row],
                columns_left < w.step[column] ? columns_left : w.step[column]);
      for (int axis = column; axis >= 0 && ++tile[axis] == w.count[axis]; --axis) tile[axis] = 0;
    }
  });
}

inline void copy_b32(const int32_t* in, int32_t* out, const CopyParams& p) { copy(in, out, p); }
inline void copy_b8(const uint8_t* in, uint8_t* out, const CopyParams& p) { copy(in, out, p); }
