// SPDX-License-Identifier: Apache-2.0
// Packing: copies an operand into panels, in the order in which the microkernel reads it.

// A matrix in memory: element (i, j) is data[i * row + j * column]. One of the strides is 1.
struct View {
  const float* data;
  int64_t row, column;
  const uint16_t* halves = nullptr;  // in place of `data` where the matrix is stored as bf16

  // The same from element (i, j) on.
  View at(int64_t i, int64_t j) const {
    const int64_t offset = i * row + j * column;
    return halves == nullptr ? View{data + offset, row, column} : View{nullptr, row, column, halves + offset};
  }
};

// A row-major matrix whose rows are `stride` elements apart, or its transpose.
inline View matrix(const float* data, int64_t stride, bool transpose) {
  return transpose ? View{data, 1, stride} : View{data, stride, 1};
}
inline View matrix(const uint16_t* halves, int64_t stride, bool transpose) {
  return transpose ? View{nullptr, 1, stride, halves} : View{nullptr, stride, 1, halves};
}

// Rows or columns cut into as few panels of at most `most` units as possible, the larger ones first. Equal panels,
// since one with a few columns at the end would keep the microkernel waiting for its own sums.
struct Panels {
  int64_t length, unit, count, least, larger;  // the first `larger` panels have least + 1 units, the others least

  Panels(int64_t length, int64_t unit, int64_t most) : length(length), unit(unit) {
    const int64_t units = divide_up(length, unit);
    count = divide_up(units, most), least = units / count, larger = units % count;
  }
  // As equal as possible, `count` of them or as many as there are units.
  static Panels equal(int64_t length, int64_t unit, int64_t count) {
    return {length, unit, divide_up(divide_up(length, unit), count)};
  }
  int64_t begin(int64_t panel) const { return (panel * least + smaller(panel, larger)) * unit; }
  int64_t end(int64_t panel) const { return smaller(length, begin(panel + 1)); }
};

// to[i] = from[i] for i < width <= kWidth, and 0 for width <= i < kWidth.
template <int kWidth>
inline void copy_line(const float* from, int64_t width, float* to) {
  if (width == kWidth) {
    memcpy(to, from, kWidth * sizeof(float));
  } else {
    for (int i = 0; i < kWidth; ++i) to[i] = i < width ? from[i] : 0.0f;
  }
}
template <int kWidth>
inline void copy_line(const uint16_t* from, int64_t width, float* to) {
  static_assert(kWidth % kLanes == 0, "a panel of B is whole vectors wide");
  for (int i = 0; i < kWidth; i += kLanes)
    store(to + i, i < width ? load_lanes(from + i, static_cast<int>(smaller(kLanes, width - i))) : zero());
}

// Writes panel[p * kWidth + i] = source[p * depth_stride + i * width_stride] for p < depth, i < width <= kWidth, and 0
// for width <= i < kWidth.
template <int kWidth, class T>
inline void pack_panel(const T* source, int64_t depth_stride, int64_t width_stride, int64_t depth, int64_t width,
                       float* panel) {
  if (width_stride == 1) {
    for (int64_t p = 0; p < depth; ++p, source += depth_stride, panel += kWidth)
      copy_line<kWidth>(source, width, panel);
    return;
  }
  // Transposes blocks of kLanes x kLanes in registers.
  for (int first = 0; first < kWidth; first += kLanes) {
    constexpr int kLast = kWidth % kLanes == 0 ? kLanes : kWidth % kLanes;  // rows of the last group
    const bool whole = first + kLanes <= kWidth;
    for (int64_t p = 0; p < depth; p += kLanes) {
      const int64_t columns = depth - p < kLanes ? depth - p : kLanes;
      F32 rows[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        const T* from = source + (first + i) * width_stride + p;
        const bool present = (whole || i < kLast) && first + i < width;
        rows[i] = present ? load_lanes(from, static_cast<int>(columns)) : zero();
      }
      transpose(rows);
      float* to = panel + p * kWidth + first;
      for (int64_t i = 0; i < columns; ++i, to += kWidth) {
        if (whole) {
          store(to, rows[i]);
        } else {
          memcpy(to, &rows[i], kLast * sizeof(float));
        }
      }
    }
  }
}

// Packs into a panel as many vectors wide as `width` needs.
template <int kVectors = kTileVectors, class T>
inline void pack_vectors(const T* source, int64_t depth_stride, int64_t width_stride, int64_t depth, int64_t width,
                         float* panel) {
  if constexpr (kVectors > 1) {
    if (width <= (kVectors - 1) * kLanes)
      return pack_vectors<kVectors - 1>(source, depth_stride, width_stride, depth, width, panel);
  }
  pack_panel<kVectors * kLanes>(source, depth_stride, width_stride, depth, width, panel);
}
