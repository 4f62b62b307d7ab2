// SPDX-License-Identifier: Apache-2.0
// One part of a convolution as tiles of targets x channels, in tasks that any thread may take.

// Weights of a part up to so many floats are packed in advance. Larger ones would leave the L2 cache: each task packs
// what it needs, a piece at a time; measured 15 % faster for 512 to 512 channels, 3 x 3.
constexpr int64_t kConvPackedFloats = 1 << 18;
// Targets and panels of a task: many targets where each task packs weights, which they have to pay for; else many
// panels for the same targets, whose patches stay in the cache.
constexpr int64_t kConvTaskRows = 128, kConvPackingRows = 1024, kConvTaskPanels = 4;
// Pointers to segments of a task: fewer targets where the kernel has very many taps.
constexpr int64_t kConvPointers = 1 << 16;

struct ConvProduct {
  const ConvParts& parts;
  const ConvSource& source;
  float* target;       // [batch, positions of the result, channels]
  const float* zeros;  // as long as a segment of all channels
  Epilogue epilogue;
};

// A part and how it is cut into tasks.
struct ConvTasks {
  const ConvProduct& c;
  const ConvPart part;
  const ConvWeights& w;
  const float* packed;  // all pieces, or none: then each task packs its own
  int64_t all_from, all_to, segments, length;
  int64_t tile_rows, total, rows, row_blocks, task_panels, panel_blocks;

  ConvTasks(const ConvProduct& product, const ConvPart& of, const ConvWeights& weights, const float* in_advance)
      : c(product), part(of), w(weights), packed(in_advance), all_from(w.groups * w.from), all_to(w.groups * w.to) {
    segments = c.source.merged ? part.depth.taps * part.height.taps : part.taps();
    length = c.source.merged ? part.width.taps * w.from : w.piece;
    tile_rows = conv_tile_rows(w.vectors);
    total = c.parts.p.batch * part.targets();
    const int64_t most = smaller(packed == nullptr ? kConvPackingRows : kConvTaskRows, kConvPointers / (segments + 1));
    const int64_t blocks = total == 0 ? 1 : divide_up(total, most < 1 ? 1 : most);
    rows = divide_up(divide_up(total == 0 ? 1 : total, blocks), tile_rows) * tile_rows;
    row_blocks = divide_up(total, rows);
    task_panels = packed == nullptr ? 1 : kConvTaskPanels;
    panel_blocks = divide_up(w.panels, task_panels);
  }

  int64_t tasks() const { return row_blocks * panel_blocks; }
  int64_t work() const { return 2 * rows * task_panels * w.groups * w.pieces * w.piece_floats(); }

  // Working memory of a task: where rows begin, pointers to segments, a piece of the weights.
  int64_t workspace() const {
    return divide_up(rows * (8 + segments * 8) + (packed == nullptr ? w.piece_floats() * 4 : 0), 64) * 64;
  }

  void run(int64_t task, char* workspace) const {
    const int64_t begin = task / panel_blocks * rows, end = smaller(total, begin + rows);
    const int64_t first = task % panel_blocks * task_panels, last = smaller(w.panels, first + task_panels);
    float* own = reinterpret_cast<float*>(workspace);
    if (packed == nullptr) workspace += w.piece_floats() * 4;
    int64_t* rows_at = reinterpret_cast<int64_t*>(workspace);
    const float** pointers = reinterpret_cast<const float**>(rows_at + rows);
    point(begin, end, pointers, rows_at);
    for (int64_t group = 0; group < w.groups; ++group)
      for (int64_t panel = first; panel < last; ++panel) multiply(group, panel, end - begin, pointers, rows_at, own);
  }

 private:
  // Where the targets and their segments are.
  void point(int64_t begin, int64_t end, const float** pointers, int64_t* rows_at) const {
    const int64_t width = part.width.targets;
    for (int64_t r = 0; r < end - begin;) {
      const int64_t x = (begin + r) % width, in_line = width - x, in_tile = tile_rows - r % tile_rows;
      const int64_t count = smaller(end - begin - r, smaller(in_line, in_tile));
      point_run((begin + r) / width, x, count, pointers + r / tile_rows * tile_rows * segments + r % tile_rows,
                rows_at + r);
      r += count;
    }
    // Rows of the last tile that do not exist read zeros.
    for (int64_t r = end - begin; r % tile_rows != 0; ++r)
      for (int64_t s = 0; s < segments; ++s)
        pointers[(r / tile_rows * segments + s) * tile_rows + r % tile_rows] = c.zeros;
  }

  // The same for targets that are neighbours in a line and in a tile.
  void point_run(int64_t line, int64_t x, int64_t count, const float** pointers, int64_t* rows_at) const {
    const ConvAxis &depth = part.depth, &height = part.height, &width = part.width;
    const int64_t y = line % height.targets, planes = line / height.targets;
    const int64_t z = planes % depth.targets, example = planes / depth.targets;
    const int64_t first = c.parts.position(part, example, z, y, x) * all_to;
    for (int64_t i = 0; i < count; ++i) rows_at[i] = first + i * width.target_step * all_to;
    const int64_t steps = c.source.merged ? 1 : width.taps, step = width.by_target * all_from;
    for (int64_t kz = 0; kz < depth.taps; ++kz)
      for (int64_t ky = 0; ky < height.taps; ++ky) {
        const int64_t source_z = depth.at(z, kz), source_y = height.at(y, ky);
        const bool outside = source_z < 0 || source_y < 0;
        const int64_t source_line = (example * depth.sources + source_z) * height.sources + source_y;
        const float* data = c.source.data + (outside ? 0 : source_line * width.sources * all_from);
        for (int64_t kx = 0; kx < steps; ++kx, pointers += tile_rows) {
          const int64_t at = width.source_first + x * width.by_target + kx * width.by_tap;
          for (int64_t i = 0; i < count; ++i) {
            const int64_t source_x = at + i * width.by_target;
            const bool inside = !outside && source_x >= 0 && source_x < width.sources;
            pointers[i] = inside ? data + at * all_from + i * step : c.zeros;
          }
        }
      }
  }

  void multiply(int64_t group, int64_t panel, int64_t count, const float* const* pointers, const int64_t* rows_at,
                float* own) const {
    const int64_t width = w.panel_columns(panel), column = panel * w.vectors * kLanes;
    const int64_t columns = smaller(width, w.to - column), at = group * w.to + column;
    for (int64_t piece = 0; piece < w.pieces; ++piece) {
      if (packed == nullptr) w.pack(group, panel, piece, own);
      const float* weights = packed == nullptr ? own : packed + w.piece_at(group, panel, piece);
      const int64_t first = piece * w.piece, floats = c.source.merged ? length : smaller(length, w.from - first);
      for (int64_t r = 0; r < count; r += tile_rows) {
        const ConvTile tile{pointers + r * segments,
                            segments,
                            floats,
                            group * w.from + first,
                            weights,
                            c.target + at,
                            rows_at + r,
                            smaller(tile_rows, count - r),
                            columns,
                            piece > 0};
        if (w.dots)
          run_conv_dot_tile(tile);
        else
          run_conv_tile(w.vectors, width / kLanes, tile);
      }
    }
    const Epilogue& e = c.epilogue;
    if (e.empty()) return;
    const int64_t first = rows_at[0] + at;
    finish({e.bias == nullptr ? nullptr : e.bias + at, e.activation, e.pre == nullptr ? nullptr : e.pre + first}, count,
           columns, c.target + first, all_to);
  }
};

inline void run_conv_part(const ConvProduct& product, const ConvPart& part, const float* weight) {
  const ConvWeights weights(product.parts, part, weight);
  const bool in_advance = weights.floats() <= kConvPackedFloats || weights.dots;
  const Scratch packed(static_cast<size_t>(in_advance ? weights.floats() : 0) * sizeof(float));
  if (in_advance)
    parallel_for(weights.groups * weights.panels * weights.pieces, row_grain(weights.piece_floats()),
                 [&](int64_t begin, int64_t end, int) {
                   for (int64_t i = begin; i < end; ++i) {
                     const int64_t panel = i / weights.pieces % weights.panels;
                     weights.pack(i / weights.pieces / weights.panels, panel, i % weights.pieces,
                                  packed.floats() + i * weights.piece_floats());
                   }
                 });
  const ConvTasks tasks(product, part, weights, in_advance ? packed.floats() : nullptr);
  const Scratch scratch(static_cast<size_t>(tasks.workspace() * thread_count()));
  parallel_for(tasks.tasks(), divide_up(kParallelWork, tasks.work() + 1), [&](int64_t begin, int64_t end, int worker) {
    for (int64_t task = begin; task < end; ++task)
      tasks.run(task, static_cast<char*>(scratch.data()) + worker * tasks.workspace());
  });
}
