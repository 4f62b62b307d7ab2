// SPDX-License-Identifier: Apache-2.0
// The source of a convolution with few channels: where the taps along the width are adjacent in memory, they are read
// as one run of floats. For windows that reach beyond the source, it is copied with zeros on both sides of each line.

// Up to so many channels that pays: longer runs per tap cost less than the copy.
constexpr int64_t kConvMerged = 16;

struct ConvSource {
  bool merged;         // the taps along the width are one run
  int64_t low, width;  // positions of zeros before a line, and of a line with them
  const float* data;
  Scratch copy;

  ConvSource(const ConvParts& parts, const float* source)
      : merged(can_merge(parts)),
        low(merged ? below(parts) : 0),
        width(low + parts.source_size().size[2] + (merged ? above(parts) : 0)),
        data(source),
        copy(static_cast<size_t>(copied(parts) ? lines(parts) * width * channels(parts) : 0) * sizeof(float)) {
    if (!copied(parts)) return;
    data = copy.floats();
    const int64_t own = parts.source_size().size[2] * channels(parts), before = low * channels(parts);
    const int64_t all = width * channels(parts);
    parallel_for(lines(parts), row_grain(all), [&](int64_t begin, int64_t end, int) {
      for (int64_t line = begin; line < end; ++line) {
        float* to = copy.floats() + line * all;
        clear_floats(to, before);
        copy_floats(source + line * own, to + before, own);
        clear_floats(to + before + own, all - before - own);
      }
    });
  }

  // A part whose source is this.
  ConvPart part(ConvPart of) const {
    of.width.source_first += low;
    of.width.sources = width;
    return of;
  }

 private:
  static int64_t channels(const ConvParts& parts) { return parts.p.groups * parts.from(); }
  static int64_t lines(const ConvParts& parts) {
    return parts.p.batch * parts.source_size().size[0] * parts.source_size().size[1];
  }
  bool copied(const ConvParts& parts) const { return width > parts.source_size().size[2]; }

  static bool can_merge(const ConvParts& parts) {
    return parts.p.groups == 1 && parts.from() <= kConvMerged && parts.p.kernel.size[2] > 1 &&
           parts.part(0).width.by_tap == 1;
  }

  // Positions that some window reaches beyond either end of a line.
  static int64_t below(const ConvParts& parts) {
    int64_t most = 0;
    for (int64_t i = 0; i < parts.count(); ++i) {
      const ConvAxis a = parts.part(i).width;
      if (a.targets > 0 && a.taps > 0 && -a.lowest() > most) most = -a.lowest();
    }
    return most;
  }
  static int64_t above(const ConvParts& parts) {
    int64_t most = 0;
    for (int64_t i = 0; i < parts.count(); ++i) {
      const ConvAxis a = parts.part(i).width;
      if (a.targets > 0 && a.taps > 0 && a.highest() + 1 - a.sources > most) most = a.highest() + 1 - a.sources;
    }
    return most;
  }
};
