// SPDX-License-Identifier: Apache-2.0
// The gradient of a convolution's weights, as tiles of input channels x output channels. A task sums a block of them,
// of all taps, over a share of the positions; where there are several shares, their sums are added in order. How it is
// cut depends on the sizes alone, so the result does not depend on the number of threads.

// Positions whose gradients are multiplied with all rows of a task before the next, and the floats that they may take.
// The gradients of a panel of 64 channels are then 28 KiB and stay in the L1 cache, those of all panels in L2. Measured
// against 448 positions, which stay in L2: as fast on Zen 4 and Zen 5; 1.27 and 1.04 times on a Xeon (32 to 64 and 64
// to 64 channels, 3 x 3).
constexpr int64_t kConvGradPositions = 112, kConvGradChunk = 448 * 64;
// Taps times input channels of a task. 576, 64 channels of a 3 x 3 kernel: the sums of a panel take 144 KiB of the L2
// cache, and so many rows pay for packing the positions of a panel.
constexpr int64_t kConvGradRows = 576;
// Tasks to have at least, by dividing the positions: 16 keeps many threads busy; fewer where the sums of all shares
// would take more than 64 MiB.
constexpr int64_t kConvGradTasks = 16, kConvGradFloats = 1 << 24;

struct ConvGradWeight {
  const ConvParts& parts;
  const ConvSource& source;
  const ConvPart part;
  const float* grad_out;
  float* grad_weight;
  const float* zeros;  // a line of a merged source

  int64_t ins, outs, all_ins, all_outs;  // channels: of a group, in all
  int64_t heads, head_rows;              // runs of adjacent rows: taps, or lines of taps; and their rows
  int64_t block, blocks;                 // rows of a head in a task
  int64_t vectors, panels;
  int64_t task_panels, panel_blocks;  // panels of a task
  int64_t span, spans, units;         // lines are cut in `spans` of at most `span` positions; all of them
  int64_t chunk, shares, share_units;

  ConvGradWeight(const ConvParts& of, const ConvSource& from, const float* gradient, float* result,
                 const float* zero_line)
      : parts(of),
        source(from),
        part(from.part(of.part(0))),
        grad_out(gradient),
        grad_weight(result),
        zeros(zero_line) {
    ins = of.from(), outs = of.to();
    all_ins = of.p.groups * ins, all_outs = of.p.groups * outs;
    heads = from.merged ? part.depth.taps * part.height.taps : part.taps();
    head_rows = from.merged ? part.width.taps * ins : ins;
    vectors = panel_vectors(outs);
    panels = divide_up(outs, vectors * kLanes);
    const int64_t tile_rows = conv_tile_rows(vectors), most = kConvGradRows / heads < 1 ? 1 : kConvGradRows / heads;
    block = from.merged ? head_rows : divide_up(divide_up(ins, divide_up(ins, most)), tile_rows) * tile_rows;
    if (block > head_rows) block = head_rows;
    blocks = divide_up(head_rows, block);
    task_panels = smaller(panels, divide_up(kConvGradRows, heads * block));
    panel_blocks = divide_up(panels, task_panels);
    const int64_t positions = smaller(kConvGradPositions, divide_up(kConvGradChunk, task_panels * vectors * kLanes));
    spans = divide_up(part.width.targets, positions);
    span = divide_up(part.width.targets, spans);
    units = of.p.batch * part.depth.targets * part.height.targets * spans;
    chunk = positions / span;
    const int64_t most_shares = kConvGradFloats / (results() * task_floats());
    shares = smaller(divide_up(kConvGradTasks, results()), divide_up(units, chunk));
    shares = smaller(shares, most_shares);
    if (shares < 1) shares = 1;
    share_units = divide_up(divide_up(units, shares), chunk) * chunk;
  }

  int64_t panel_columns(int64_t panel) const {
    return smaller(vectors, divide_up(outs - panel * vectors * kLanes, kLanes)) * kLanes;
  }
  // A panel of gradients that lies in memory as it would be packed.
  bool in_place() const { return panels == 1 && outs % kLanes == 0; }
  // Whether tiles take rows from several heads: where those of one would leave tiles partly empty.
  bool scattered() const { return source.merged && head_rows % conv_tile_rows(vectors) != 0; }
  int64_t results() const { return parts.p.groups * blocks * panel_blocks; }
  int64_t panel_floats() const { return heads * block * vectors * kLanes; }
  int64_t task_floats() const { return task_panels * panel_floats(); }
  int64_t packed_floats() const { return in_place() ? 0 : chunk * span * task_panels * vectors * kLanes; }
  int64_t runs() const { return heads * chunk; }

  // The part of the result that a task sums: [panels, heads, rows, columns of the panel].
  struct Result {
    int64_t group, first_row, rows, first_panel, last_panel;
  };
  Result result(int64_t at) const {
    const int64_t first = at / panel_blocks % blocks * block, panel = at % panel_blocks * task_panels;
    return {at / panel_blocks / blocks, first, smaller(block, head_rows - first), panel,
            smaller(panels, panel + task_panels)};
  }

  // Sums result `at` over a share of the positions.
  void sum(int64_t at, int64_t share, float* sums, float* packed, ConvRun* runs, int64_t* counts) const {
    const Result to = result(at);
    const int64_t tile_rows = conv_tile_rows(vectors), panel_size = chunk * span * vectors * kLanes;
    const int64_t begin = share * share_units, end = smaller(units, begin + share_units);
    for (int64_t unit = begin; unit < end || unit == begin; unit += chunk) {
      const int64_t last = smaller(end, unit + chunk), base = unit_position(unit);
      const float* gradients = grad_out + base * all_outs + to.group * outs + to.first_panel * vectors * kLanes;
      if (!in_place()) {
        const int64_t count = last > unit ? unit_position(last - 1) + unit_length(last - 1) - base : 0;
        for (int64_t i = 0; i < count; ++i)
          for (int64_t panel = to.first_panel; panel < to.last_panel; ++panel)
            pack(gradients + i * all_outs, panel, to.first_panel, i, packed);
        gradients = packed;
      }
      find_runs(unit, last, runs, counts);
      for (int64_t panel = to.first_panel; panel < to.last_panel; ++panel, gradients += panel_size) {
        const int64_t width = panel_columns(panel), step = in_place() ? all_outs : width;
        float* panel_sums = sums + (panel - to.first_panel) * panel_floats();
        if (scattered()) {
          const int64_t all = heads * head_rows, rows = divide_up(all, divide_up(all, conv_line_rows(width / kLanes)));
          for (int64_t r = 0; r < all; r += rows)
            run_conv_grad_rows(smaller(rows, all - r), width / kLanes, {runs, chunk, counts[0], head_rows, r},
                               {nullptr, 0, gradients, part.width.by_target * all_ins, step, 0, panel_sums + r * width,
                                width, unit > begin});
          continue;
        }
        const Panels tiles(to.rows, 1, tile_rows);
        for (int64_t i = 0; i < tiles.count; ++i)
          for (int64_t head = 0, r = tiles.begin(i); head < heads; ++head)
            run_conv_grad_tile(
                tiles.end(i) - r, width / kLanes,
                {runs + head * chunk, counts[head], gradients, part.width.by_target * all_ins, step,
                 to.group * ins + to.first_row + r, panel_sums + (head * block + r) * width, width, unit > begin});
      }
    }
  }

  // Writes the sums of result `at` where they belong.
  void write(int64_t at, const float* sums) const {
    const Result from = result(at);
    const int64_t taps = part.taps(), channels = source.merged ? ins : from.rows;
    const int64_t tap_step = source.merged ? ins : block;
    for (int64_t panel = from.first_panel; panel < from.last_panel; ++panel, sums += panel_floats()) {
      const int64_t width = panel_columns(panel), column = panel * vectors * kLanes;
      float* to = grad_weight + ((from.group * outs + column) * ins + (source.merged ? 0 : from.first_row)) * taps;
      for (int64_t v = 0; v < width; v += kLanes) {
        const int64_t height = smaller(kLanes, outs - column - v);
        int64_t tap = 0, channel = 0;
        for (int64_t i = 0; i < channels * taps; i += kLanes) {
          const int64_t count = smaller(kLanes, channels * taps - i);
          F32 square[kLanes];
          for (int64_t j = 0; j < kLanes; ++j) {
            square[j] = j < count ? load(sums + (tap * tap_step + channel) * width + v) : zero();
            if (j < count && ++tap == taps) tap = 0, ++channel;
          }
          transpose(square);
          for (int64_t j = 0; j < height; ++j) store_partial(to + (v + j) * ins * taps + i, square[j], count);
        }
      }
    }
  }

 private:
  // The first position of a unit, counted through the batch.
  int64_t unit_position(int64_t unit) const { return unit / spans * part.width.targets + unit % spans * span; }
  int64_t unit_length(int64_t unit) const { return smaller(span, part.width.targets - unit % spans * span); }

  // One position's gradients of a panel, columns that do not exist being zero.
  void pack(const float* from, int64_t panel, int64_t first_panel, int64_t position, float* packed) const {
    const int64_t width = panel_columns(panel), offset = (panel - first_panel) * vectors * kLanes;
    const int64_t columns = outs - panel * vectors * kLanes;
    float* to = packed + offset * chunk * span + position * width;
    for (int64_t v = 0; v < width; v += kLanes) store(to + v, load_partial(from + offset + v, columns - v));
  }

  // For each head, the runs of the units in which it lies in the source.
  void find_runs(int64_t unit, int64_t last, ConvRun* runs, int64_t* counts) const {
    const ConvAxis &depth = part.depth, &height = part.height, &width = part.width;
    const int64_t base = unit_position(unit), steps = source.merged ? 1 : width.taps;
    for (int64_t head = 0; head < heads; ++head) counts[head] = 0;
    for (int64_t kx = 0; kx < steps; ++kx) {
      const int64_t shift = width.source_first + kx * width.by_tap;
      const int64_t low = shift < 0 ? divide_up(-shift, width.by_target) : 0;
      const int64_t high = shift < width.sources ? (width.sources - 1 - shift) / width.by_target + 1 : 0;
      for (int64_t u = unit; u < last; ++u) {
        const int64_t line = u / spans, y = line % height.targets, planes = line / height.targets;
        const int64_t z = planes % depth.targets, example = planes / depth.targets;
        const int64_t start = u % spans * span, from = low < start ? start : low;
        const int64_t length = smaller(high, start + unit_length(u)) - from;
        if (length <= 0) continue;
        const int64_t x = shift + from * width.by_target, position = unit_position(u) - base + from - start;
        for (int64_t kz = 0, head = kx; kz < depth.taps; ++kz)
          for (int64_t ky = 0; ky < height.taps; ++ky, head += steps) {
            const int64_t source_z = depth.at(z, kz), source_y = height.at(y, ky);
            if (source_z < 0 || source_y < 0) {
              if (scattered()) runs[head * chunk + counts[head]++] = {zeros, position, length};
              continue;
            }
            const int64_t row = (example * depth.sources + source_z) * height.sources + source_y;
            runs[head * chunk + counts[head]++] = {source.data + (row * width.sources + x) * all_ins, position, length};
          }
      }
    }
  }
};

inline void conv_grad_weight_f32(const float* in, const float* grad_out, float* grad_weight, const ConvParams& p) {
  const ConvParts parts{p, ConvParts::kFromOutput};
  if (is_depthwise(p)) return depthwise_grad_weight(parts, in, grad_out, grad_weight);
  const ConvSource source(parts, in);
  const int64_t line = source.merged ? source.width * p.in_channels : 0;
  const Scratch zeros(static_cast<size_t>(line) * sizeof(float));
  clear_floats(zeros.floats(), line);
  const ConvGradWeight g(parts, source, grad_out, grad_weight, zeros.floats());
  const int64_t results = g.results(), size = divide_up(g.task_floats(), kLanes) * kLanes;
  const bool whole = g.shares == 1;  // then sums are kept for a task only
  const int64_t kept = whole ? thread_count() : results * g.shares;
  const Scratch sums(static_cast<size_t>(kept * size) * sizeof(float));
  const int64_t packed = g.packed_floats();
  const size_t bytes = static_cast<size_t>(packed) * sizeof(float) + static_cast<size_t>(g.runs()) * sizeof(ConvRun) +
                       static_cast<size_t>(g.heads) * sizeof(int64_t);
  const size_t own = (bytes + 63) / 64 * 64;
  const Scratch scratch(own * static_cast<size_t>(thread_count()));
  const int64_t work = 2 * g.task_floats() * g.share_units * g.span;  // of a task
  parallel_for(results * g.shares, divide_up(kParallelWork, work + 1), [&](int64_t begin, int64_t end, int worker) {
    float* memory = reinterpret_cast<float*>(static_cast<char*>(scratch.data()) + own * static_cast<size_t>(worker));
    ConvRun* runs = reinterpret_cast<ConvRun*>(memory + packed);
    int64_t* counts = reinterpret_cast<int64_t*>(runs + g.runs());
    for (int64_t task = begin; task < end; ++task) {
      float* to = sums.floats() + (whole ? worker : task) * size;
      g.sum(task / g.shares, task % g.shares, to, memory, runs, counts);
      if (whole) g.write(task, to);
    }
  });
  if (whole) return;
  parallel_for(results, row_grain(g.shares * size), [&](int64_t begin, int64_t end, int) {
    for (int64_t at = begin; at < end; ++at) {
      float* total = sums.floats() + at * g.shares * size;
      for (int64_t share = 1; share < g.shares; ++share)
        for (int64_t i = 0; i < size; i += kLanes)
          store(total + i, add(load(total + i), load(total + share * size + i)));
      g.write(at, total);
    }
  });
}
