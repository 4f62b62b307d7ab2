// SPDX-License-Identifier: Apache-2.0
// Weights in the order in which the microkernel reads them: panels of a few vectors of the channels to compute, cut
// into pieces of the channels to read; in a piece, for each tap of a part and each of its channels, a row.

// Where the element (to, from, tap) of the kernel lies.
struct WeightView {
  const float* data;
  int64_t to, from, tap, group;  // strides
};

// weight[out_channels, in_channels / groups, taps].
inline WeightView weight_view(const ConvParts& parts, const float* data) {
  const ConvParams& p = parts.p;
  const int64_t taps = parts.taps(), ins = p.in_channels / p.groups, outs = p.out_channels / p.groups;
  const bool forward = parts.side == ConvParts::kFromOutput;
  return {data, forward ? ins * taps : taps, forward ? taps : ins * taps, 1, outs * ins * taps};
}

// Vectors in a panel: as many as a tile takes, such that the last panel is as full as can be.
inline int64_t panel_vectors(int64_t columns) {
  const int64_t all = divide_up(columns, kLanes);
  if (all <= kConvVectors) return all;
  return kConvVectors == 4 && (all - 1) % 4 < (all - 1) % 3 ? 3 : kConvVectors;
}

// Rows of a piece: it stays in the L2 cache while all targets of a task are multiplied with it, and sums are read and
// written once for each piece. Fewer channels than 16 would make runs of floats too short.
constexpr int64_t kConvDepth = 576, kConvFewestChannels = 16;

// The weights of one part.
struct ConvWeights {
  WeightView view;
  int64_t from, to, groups, elements;  // channels of a group; elements of the kernel
  int64_t taps;                        // of the part
  bool dots;                           // few channels to compute: rows are channels, see conv_dot_tile
  int64_t vectors, columns, panels;    // of a panel; columns: `to` rounded up to vectors
  int64_t piece, pieces;
  Scratch table;  // for each element of the kernel its tap, or -1

  ConvWeights(const ConvParts& parts, const ConvPart& part, const float* weight)
      : view(weight_view(parts, weight)),
        from(parts.from()),
        to(parts.to()),
        groups(parts.p.groups),
        elements(parts.taps()),
        taps(part.taps()),
        dots(to <= kConvVectors && from >= kLanes),
        vectors(dots ? to : panel_vectors(to)),
        columns(dots ? to : divide_up(to, kLanes) * kLanes),
        panels(dots ? 1 : divide_up(columns, vectors * kLanes)),
        table(static_cast<size_t>(elements) * sizeof(int64_t)) {
    const int64_t most = kConvDepth / (taps < 1 ? 1 : taps);
    pieces = dots ? 1 : divide_up(from, most < kConvFewestChannels ? kConvFewestChannels : most);
    piece = divide_up(from, pieces);
    int64_t* tap_of = static_cast<int64_t*>(table.data());
    for (int64_t i = 0; i < elements; ++i) tap_of[i] = -1;
    for_each_element(parts.p, part, [&](int64_t index, int64_t element) { tap_of[element] = index; });
  }

  int64_t panel_columns(int64_t panel) const {
    return dots ? to : smaller(vectors * kLanes, columns - panel * vectors * kLanes);
  }
  int64_t piece_floats() const { return taps * piece * (dots ? to : vectors * kLanes); }
  int64_t floats() const { return groups * panels * pieces * piece_floats(); }

  int64_t piece_at(int64_t group, int64_t panel, int64_t number) const {
    return ((group * panels + panel) * pieces + number) * piece_floats();
  }

  // Writes [taps, channels, columns of the panel] of one piece; of dots, [columns, taps, channels].
  void pack(int64_t group, int64_t panel, int64_t number, float* packed) const {
    const int64_t* tap_of = static_cast<const int64_t*>(table.data());
    const int64_t first = number * piece, channels = smaller(piece, from - first), width = panel_columns(panel);
    const float* data = view.data + group * view.group + first * view.from + panel * vectors * kLanes * view.to;
    if (dots) {
      for (int64_t element = 0; element < elements; ++element)
        for (int64_t t = 0; t < to && tap_of[element] >= 0; ++t)
          for (int64_t f = 0; f < from; ++f)
            packed[(t * taps + tap_of[element]) * from + f] = data[t * view.to + f * view.from + element * view.tap];
      return;
    }
    // Channel `channel` of an element of the kernel, a vector of the panel; unless the part does not have the element.
    const auto put = [&](int64_t v, int64_t channel, int64_t element, F32 column) {
      const int64_t tap = tap_of[element];
      if (tap >= 0) store(packed + (tap * channels + channel) * width + v, column);
    };
    const int64_t columns = to - panel * vectors * kLanes;
    if (view.tap == 1 && view.to == elements && elements > 1) {  // channels to compute are neighbours in memory
      for (int64_t f = 0; f < channels; ++f)
        for (int64_t v = 0; v < width; v += kLanes)
          turn(data + f * view.from + v * view.to, view.to, columns - v, elements,
               [&](int64_t element, F32 column) { put(v, f, element, column); });
      return;
    }
    for (int64_t v = 0; v < width; v += kLanes, data += kLanes * view.to) {
      if (view.to == 1) {
        for (int64_t element = 0; element < elements; ++element)
          for (int64_t f = 0; f < channels; ++f)
            put(v, f, element, load_partial(data + f * view.from + element * view.tap, columns - v));
      } else {
        int64_t channel = 0, element = 0;
        turn(data, view.to, columns - v, channels * elements, [&](int64_t, F32 column) {
          put(v, channel, element, column);
          if (++element == elements) element = 0, ++channel;
        });
      }
    }
  }

 private:
  // Calls put(i, column i) for the columns of kLanes rows of `length` floats, in order; rows from `height` on are
  // zeros.
  template <class Put>
  static void turn(const float* data, int64_t stride, int64_t height, int64_t length, const Put& put) {
    for (int64_t first = 0; first < length; first += kLanes) {
      const int64_t count = smaller(kLanes, length - first);
      F32 square[kLanes];
      for (int64_t i = 0; i < kLanes; ++i) {
        __builtin_prefetch(data + i * stride + first +
                           4 * kLanes);  // rows are too far apart for the processor to guess
        square[i] = i < height ? load_partial(data + i * stride + first, count) : zero();
      }
      transpose(square);
      for (int64_t i = 0; i < count; ++i) put(first + i, square[i]);
    }
  }
};
