// SPDX-License-Identifier: Apache-2.0
// One part of a convolution as tiles of targets x channels, in tasks that any thread may take. A task takes its targets
// in an order in which neighbours have the same taps inside the source, so that tiles can leave the others out: on
// images of 7 x 7, a kernel of 3 x 3 has a fifth of its taps outside.

// Weights of a part up to so many floats are packed in advance. Larger ones would leave the L2 cache: each task packs
// what it needs, a piece at a time; measured 15 % faster for 512 to 512 channels, 3 x 3.
constexpr int64_t kConvPackedFloats = 1 << 18;
// Targets and panels of a task: at least so many targets where each task packs weights, which they have to pay for;
// else many panels for the same targets, whose patches stay in the cache.
constexpr int64_t kConvTaskRows = 128, kConvPackingRows = 512, kConvTaskPanels = 4;
// Pointers to segments of a task: fewer targets where the kernel has very many taps.
constexpr int64_t kConvPointers = 1 << 16;

struct ConvProduct {
  const ConvParts& parts;
  const ConvSource& source;
  float* target;       // [batch, positions of the result, channels]
  const float* zeros;  // as long as a segment of all channels
  Epilogue epilogue;
};

// An axis of targets cut where the taps change that lie inside the source: range i is [begin[i], begin[i + 1]).
struct ConvRanges {
  Scratch memory;
  int64_t* begin;
  int64_t count;

  explicit ConvRanges(const ConvAxis& a)
      : memory(static_cast<size_t>(a.targets + 1) * sizeof(int64_t)),
        begin(static_cast<int64_t*>(memory.data())),
        count(0) {
    for (int64_t i = 0; i < a.targets; ++i)
      if (i == 0 || a.first_inside(i) != a.first_inside(i - 1) || a.end_inside(i) != a.end_inside(i - 1))
        begin[count++] = i;
    begin[count] = a.targets;
  }
};

// A part and how it is cut into tasks.
struct ConvTasks {
  const ConvProduct& c;
  const ConvPart part;
  const ConvWeights& w;
  const float* packed;  // all pieces, or none: then each task packs its own
  int64_t all_from, all_to, segments, length;
  int64_t tile_rows, total, rows, row_blocks, task_panels, panel_blocks;
  const ConvRanges columns, lines;  // of targets

  ConvTasks(const ConvProduct& product, const ConvPart& of, const ConvWeights& weights, const float* in_advance)
      : c(product),
        part(of),
        w(weights),
        packed(in_advance),
        all_from(w.groups * w.from),
        all_to(w.groups * w.to),
        columns(of.width),
        lines(of.height) {
    segments = c.source.merged ? part.depth.taps * part.height.taps : part.taps();
    length = c.source.merged ? part.width.taps * w.from : w.piece;
    tile_rows = conv_tile_rows(w.vectors);
    total = c.parts.p.batch * part.targets();
    const int64_t most = smaller(packed == nullptr ? packing_rows() : kConvTaskRows, kConvPointers / (segments + 1));
    const int64_t blocks = total == 0 ? 1 : divide_up(total, most < 1 ? 1 : most);
    rows = divide_up(divide_up(total == 0 ? 1 : total, blocks), tile_rows) * tile_rows;
    row_blocks = divide_up(total, rows);
    task_panels = packed == nullptr ? 1 : kConvTaskPanels;
    panel_blocks = divide_up(w.panels, task_panels);
  }

  int64_t tasks() const { return row_blocks * panel_blocks; }
  int64_t work() const { return 2 * rows * task_panels * w.groups * w.pieces * w.piece_floats(); }

  // Working memory of a task: a piece of the weights, where rows begin, pointers to segments, those that tiles use,
  // steps, lines.
  int64_t workspace() const {
    const int64_t numbers = (rows + rows / tile_rows) * (1 + segments) + segments, lines = most_lines() * heads();
    const int64_t own = packed == nullptr ? w.piece_floats() * 4 : 0;
    return divide_up(own + (numbers + lines) * 8 + most_lines() * static_cast<int64_t>(sizeof(Line)), 64) * 64;
  }

  void run(int64_t task, char* workspace) const {
    const int64_t begin = task / panel_blocks * rows, end = smaller(total, begin + rows);
    const int64_t first = task % panel_blocks * task_panels, last = smaller(w.panels, first + task_panels);
    float* own = reinterpret_cast<float*>(workspace);
    if (packed == nullptr) workspace += w.piece_floats() * 4;
    int64_t* rows_at = reinterpret_cast<int64_t*>(workspace);
    const float** pointers = reinterpret_cast<const float**>(rows_at + rows);
    int64_t* used = reinterpret_cast<int64_t*>(pointers + rows * segments);
    int64_t* steps = used + rows / tile_rows * (1 + segments);
    Line* found = reinterpret_cast<Line*>(steps + segments);
    const Pointers to{pointers, rows_at, used, steps};
    point(begin, end, to, found, reinterpret_cast<const float**>(found + most_lines()));
    const int64_t at = found->at + begin % part.width.targets * part.width.target_step * all_to;
    for (int64_t group = 0; group < w.groups; ++group)
      for (int64_t panel = first; panel < last; ++panel) multiply(group, panel, end - begin, at, to, own);
  }

 private:
  // As many as leave each thread some tasks, so that all are busy to the end.
  int64_t packing_rows() const {
    const int64_t threads = thread_count(), blocks = threads == 1 ? 1 : divide_up(4 * threads, w.panels);
    const int64_t even = divide_up(total, blocks);
    return even < kConvPackingRows ? kConvPackingRows : even;
  }

  struct Pointers {
    const float** segments;  // [row, segment]
    int64_t* rows_at;        // [row]
    int64_t* used;           // [tile]: how many segments, and which
    int64_t* steps;          // [segment]: from a target to the next
  };

  // The lines of a task: its place in the result, its y, and of each head, the taps along the width, the line of the
  // source, nullptr for one outside.
  struct Line {
    int64_t at, y;
    const float** heads;
  };

  int64_t heads() const { return part.depth.taps * part.height.taps; }
  int64_t most_lines() const { return smaller(rows / part.width.targets + 2, rows); }

  Line find_line(int64_t number, const float** memory) const {
    const ConvAxis &depth = part.depth, &height = part.height;
    const int64_t y = number % height.targets, planes = number / height.targets;
    const int64_t z = planes % depth.targets, example = planes / depth.targets;
    const float** head = memory;
    for (int64_t kz = 0; kz < depth.taps; ++kz)
      for (int64_t ky = 0; ky < height.taps; ++ky) {
        const int64_t source_z = depth.at(z, kz), source_y = height.at(y, ky);
        const int64_t line = (example * depth.sources + source_z) * height.sources + source_y;
        *head++ = source_z < 0 || source_y < 0 ? nullptr : c.source.data + line * part.width.sources * all_from;
      }
    return {c.parts.position(part, example, z, y, 0) * all_to, y, memory};
  }

  // Where the targets and their segments are.
  void point(int64_t begin, int64_t end, const Pointers& to, Line* found, const float** line_heads) const {
    const int64_t width = part.width.targets, first = begin / width, count = divide_up(end, width) - first;
    for (int64_t i = 0; i < count; ++i) found[i] = find_line(first + i, line_heads + i * heads());
    for (int64_t i = 0; i < rows / tile_rows * (segments + 1); ++i) to.used[i] = 0;
    int64_t r = 0;
    for (int64_t i = 0; i < lines.count; ++i)
      for (int64_t j = 0; j < columns.count; ++j)
        for (int64_t l = 0; l < count; ++l) {
          if (found[l].y < lines.begin[i] || found[l].y >= lines.begin[i + 1]) continue;
          const int64_t start = begin - (first + l) * width, last = smaller(columns.begin[j + 1], start + end - begin);
          const int64_t x = columns.begin[j] < start ? start : columns.begin[j];
          if (x >= last) continue;
          point_run(found[l], x, last - x, r, to);
          r += last - x;
        }
    for (; r % tile_rows != 0; ++r)  // rows of the last tile that do not exist read zeros
      for (int64_t s = 0; s < segments; ++s) to.segments[r * segments + s] = c.zeros;
    for (int64_t tile = 0; tile < r / tile_rows; ++tile) {
      int64_t* list = to.used + tile * (segments + 1);
      for (int64_t s = 0; s < segments; ++s)
        if (list[s + 1] != 0) list[++list[0]] = s;  // a list of numbers in place of the marks
    }
  }

  // The same for neighbours of a line that have the same taps inside the source, the first being row r.
  void point_run(const Line& line, int64_t x, int64_t count, int64_t r, const Pointers& to) const {
    const ConvAxis& width = part.width;
    const int64_t taps = c.source.merged ? 1 : width.taps, step = width.by_target * all_from;
    const float** row = to.segments + r * segments;
    int64_t s = 0;
    for (int64_t head = 0; head < heads(); ++head)
      for (int64_t kx = 0; kx < taps; ++kx, ++s) {
        const int64_t source_x = width.source_first + x * width.by_target + kx * width.by_tap;
        const bool inside = line.heads[head] != nullptr && source_x >= 0 && source_x < width.sources;
        row[s] = inside ? line.heads[head] + source_x * all_from : c.zeros;
        to.steps[s] = inside ? step : 0;
      }
    for (int64_t tile = r / tile_rows; tile * tile_rows < r + count; ++tile)
      for (s = 0; s < segments; ++s) to.used[tile * (segments + 1) + s + 1] |= to.steps[s];
    for (int64_t i = 0; i < count; ++i) to.rows_at[r + i] = line.at + (x + i) * width.target_step * all_to;
    for (s = 0; s < segments; ++s) {
      const float* at = row[s];
      for (int64_t i = 1; i < count; ++i) row[i * segments + s] = at += to.steps[s];
    }
  }

  // One panel of the `count` targets of a task, the first of which is at `start` in the result.
  void multiply(int64_t group, int64_t panel, int64_t count, int64_t start, const Pointers& to, float* own) const {
    const int64_t width = w.panel_columns(panel), column = panel * w.vectors * kLanes;
    const int64_t columns = smaller(width, w.to - column), at = group * w.to + column;
    for (int64_t piece = 0; piece < w.pieces; ++piece) {
      if (packed == nullptr) w.pack(group, panel, piece, own);
      const float* weights = packed == nullptr ? own : packed + w.piece_at(group, panel, piece);
      const int64_t first = piece * w.piece, floats = c.source.merged ? length : smaller(length, w.from - first);
      for (int64_t r = 0; r < count; r += tile_rows) {
        const int64_t* used = to.used + r / tile_rows * (segments + 1);
        const ConvTile tile{to.segments + r * segments,
                            used[0] == segments ? nullptr : used + 1,
                            used[0],
                            floats,
                            segments * floats,
                            segments,
                            group * w.from + first,
                            weights,
                            c.target + at,
                            to.rows_at + r,
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
    const int64_t first = start + at;
    finish({e.bias == nullptr ? nullptr : e.bias + at, e.activation, e.pre == nullptr ? nullptr : e.pre + first}, count,
           columns, c.target + first, all_to);
  }
};

// Runs all tasks of a part, each with working memory of its thread.
template <class Tasks>
inline void run_conv_tasks(const Tasks& tasks) {
  const Scratch scratch(static_cast<size_t>(tasks.workspace() * thread_count()));
  parallel_for(tasks.tasks(), divide_up(kParallelWork, tasks.work() + 1), [&](int64_t begin, int64_t end, int worker) {
    for (int64_t task = begin; task < end; ++task)
      tasks.run(task, static_cast<char*>(scratch.data()) + worker * tasks.workspace());
  });
}
