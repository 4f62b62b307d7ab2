// SPDX-License-Identifier: Apache-2.0
// One part of a convolution with few channels as lines of targets, in tasks that any thread may take.

// Targets of a task at least, each with all channels to compute.
constexpr int64_t kConvLineTargets = 128;

struct ConvLines {
  const ConvProduct& c;
  const ConvPart part;
  const ConvWeights& w;
  const float* packed;  // all panels
  int64_t segments, lines;

  ConvLines(const ConvProduct& product, const ConvPart& of, const ConvWeights& weights, const float* in_advance)
      : c(product), part(of), w(weights), packed(in_advance) {
    segments = part.depth.taps * part.height.taps;
    lines = c.parts.p.batch * part.depth.targets * part.height.targets;
  }

  // Whether the convolution is one that this computes, and its lines are long enough.
  static bool accepts(const ConvProduct& product, const ConvPart& part, const ConvWeights& weights) {
    return product.source.merged && !weights.dots && part.width.targets >= conv_line_least(weights.vectors);
  }

  int64_t task_lines() const { return divide_up(kConvLineTargets, part.width.targets); }
  int64_t tasks() const { return divide_up(lines, task_lines()); }
  int64_t work() const { return 2 * task_lines() * part.width.targets * w.floats(); }

  // Working memory of a task: for each segment of a line a pointer to it and one to its weights.
  int64_t workspace() const { return divide_up(2 * segments * 8, 64) * 64; }

  void run(int64_t task, char* workspace) const {
    const float** pointers = reinterpret_cast<const float**>(workspace);
    const float** weights = pointers + segments;
    const int64_t begin = task * task_lines(), end = smaller(lines, begin + task_lines());
    for (int64_t panel = 0; panel < w.panels; ++panel)
      for (int64_t line = begin; line < end; ++line) multiply(panel, line, pointers, weights);
  }

 private:
  // Finds the segments of a line that lie in the source, and their weights.
  int64_t point(int64_t panel, int64_t line, const float** pointers, const float** weights) const {
    const ConvAxis &depth = part.depth, &height = part.height, &width = part.width;
    const int64_t y = line % height.targets, planes = line / height.targets;
    const int64_t z = planes % depth.targets, example = planes / depth.targets;
    const float* segment = packed + w.piece_at(0, panel, 0);
    int64_t count = 0;
    for (int64_t kz = 0; kz < depth.taps; ++kz)
      for (int64_t ky = 0; ky < height.taps; ++ky, segment += length() * w.panel_columns(panel)) {
        const int64_t source_z = depth.at(z, kz), source_y = height.at(y, ky);
        if (source_z < 0 || source_y < 0) continue;
        const int64_t source_line = (example * depth.sources + source_z) * height.sources + source_y;
        pointers[count] = c.source.data + (source_line * width.sources + width.source_first) * w.from;
        weights[count++] = segment;
      }
    return count;
  }

  void multiply(int64_t panel, int64_t line, const float** pointers, const float** weights) const {
    const ConvAxis& width = part.width;
    const int64_t columns = w.panel_columns(panel), column = panel * w.vectors * kLanes;
    const int64_t y = line % part.height.targets, planes = line / part.height.targets;
    const int64_t z = planes % part.depth.targets, example = planes / part.depth.targets;
    const int64_t at = c.parts.position(part, example, z, y, 0) * w.to + column,
                  count = point(panel, line, pointers, weights);
    const int64_t existing = smaller(columns, w.to - column);
    run_conv_line(columns / kLanes, {pointers, weights, count, length(), width.by_target * w.from, c.target + at,
                                     width.target_step * w.to, width.targets, existing});
    const Epilogue& e = c.epilogue;
    if (!e.empty())
      finish({e.bias == nullptr ? nullptr : e.bias + column, e.activation, e.pre == nullptr ? nullptr : e.pre + at},
             width.targets, existing, c.target + at, w.to);
  }

  int64_t length() const { return part.width.taps * w.from; }
};
