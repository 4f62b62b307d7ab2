// SPDX-License-Identifier: Apache-2.0
// Reductions. A block of rows is joined row by row into one row of lanes, the lanes of all blocks into one row of
// partial results: the same loop serves the last axis (rows of many columns made of one) and every other.

// A reduction is described by:
//   Element           what memory holds
//   Lane, Vector      what a block is joined in
//   Partial           what blocks are joined in
//   kNothing          joined with x it gives x
//   join(a, b)        for Vector and for Partial
//   result(partial, count)
struct SumF32 {
  using Element = float;
  using Lane = float;
  using Vector = F32;
  using Partial = double;
  static constexpr Lane kNothing = 0;
  static Vector join(Vector a, Vector b) { return add(a, b); }
  static Partial join(Partial a, Partial b) { return a + b; }
  static Element result(Partial sum, int64_t) { return static_cast<float>(sum); }
};
struct MeanF32 : SumF32 {
  static Element result(Partial sum, int64_t count) { return static_cast<float>(sum / static_cast<double>(count)); }
};
struct ProdF32 {
  using Element = float;
  using Lane = float;
  using Vector = F32;
  using Partial = double;
  static constexpr Lane kNothing = 1;
  static Vector join(Vector a, Vector b) { return mul(a, b); }
  static Partial join(Partial a, Partial b) { return a * b; }
  static Element result(Partial product, int64_t) { return static_cast<float>(product); }
};
struct MaxF32 {
  using Element = float;
  using Lane = float;
  using Vector = F32;
  using Partial = float;
  static constexpr Lane kNothing = -INFINITY;
  static Vector join(Vector a, Vector b) { return max(a, b); }
  static Partial join(Partial a, Partial b) { return a > b || a != a ? a : b; }
  static Element result(Partial best, int64_t) { return best; }
};
struct MinF32 {
  using Element = float;
  using Lane = float;
  using Vector = F32;
  using Partial = float;
  static constexpr Lane kNothing = INFINITY;
  static Vector join(Vector a, Vector b) { return min(a, b); }
  static Partial join(Partial a, Partial b) { return a < b || a != a ? a : b; }
  static Element result(Partial best, int64_t) { return best; }
};

struct OfI32 {
  using Element = int32_t;
  using Lane = int32_t;
  using Vector = I32;
  using Partial = uint32_t;  // wraps around without undefined behaviour
  static Element result(Partial value, int64_t) { return static_cast<int32_t>(value); }
};
struct SumI32 : OfI32 {
  static constexpr Lane kNothing = 0;
  static Vector join(Vector a, Vector b) { return add(a, b); }
  static Partial join(Partial a, Partial b) { return a + b; }
};
struct ProdI32 : OfI32 {
  static constexpr Lane kNothing = 1;
  static Vector join(Vector a, Vector b) { return mul(a, b); }
  static Partial join(Partial a, Partial b) { return a * b; }
};
struct MaxI32 : OfI32 {
  using Partial = int32_t;
  static constexpr Lane kNothing = INT32_MIN;
  static Vector join(Vector a, Vector b) { return select(gt(a, b), a, b); }
  static Partial join(Partial a, Partial b) { return a > b ? a : b; }
};
struct MinI32 : OfI32 {
  using Partial = int32_t;
  static constexpr Lane kNothing = INT32_MAX;
  static Vector join(Vector a, Vector b) { return select(lt(a, b), a, b); }
  static Partial join(Partial a, Partial b) { return a < b ? a : b; }
};

struct OfBool {
  using Element = uint8_t;
  using Lane = int32_t;
  using Vector = I32;
  using Partial = int32_t;
  static Element result(Partial value, int64_t) { return value != 0; }
};
struct AllBool : OfBool {
  static constexpr Lane kNothing = 255;
  static Vector join(Vector a, Vector b) { return select(lt(a, b), a, b); }
  static Partial join(Partial a, Partial b) { return a < b ? a : b; }
};
struct AnyBool : OfBool {
  static constexpr Lane kNothing = 0;
  static Vector join(Vector a, Vector b) { return bit_or(a, b); }
  static Partial join(Partial a, Partial b) { return a | b; }
};

// Accumulators side by side when there are fewer columns: 64 are four AVX-512 registers, enough to hide an addition.
constexpr int kReduceWidth = 64;
// Columns of one job at most: its lanes and partial results stay in the first-level cache.
constexpr int kReduceTile = 1024;
// Elements that are reduced together below which lanes cost more than they save.
constexpr int64_t kReduceDirect = 64;
// Rows of at least kReduceWidth columns in one block: how many terms a lane adds up in float32.
constexpr int64_t kReduceRows = 64;
// Jobs that a call is split into at least, if it is long enough: four for each of 16 threads.
constexpr int64_t kReduceJobs = 64;

// Vectors at the same place of `rows` rows, joined in pairs.
template <class R, int rows>
inline typename R::Vector join_down(const typename R::Element* in, int64_t stride, int n) {
  if constexpr (rows == 1)
    return load_lanes(in, n);
  else
    return R::join(join_down<R, rows / 2>(in, stride, n), join_down<R, rows / 2>(in + rows / 2 * stride, stride, n));
}

// lanes[c] joined with in[r * stride + c] for all r < rows, c < columns.
template <class R, int rows>
inline void join_row(const typename R::Element* in, int64_t stride, typename R::Lane* lanes, int64_t columns) {
  int64_t c = 0;
  for (; c + kLanes <= columns; c += kLanes)
    store(lanes + c, R::join(load(lanes + c), join_down<R, rows>(in + c, stride, kLanes)));
  if (c == columns) return;
  const int n = static_cast<int>(columns - c);
  store_partial(lanes + c, R::join(load_partial(lanes + c, n), join_down<R, rows>(in + c, stride, n)), n);
}

// partials[c] joined with in[r * stride + c] for all r < rows, c < columns <= kReduceTile.
template <class R>
inline void join_block(const typename R::Element* in, int64_t rows, int64_t stride, int64_t columns,
                       typename R::Partial* partials) {
  int64_t side = stride == columns && columns < kReduceWidth ? kReduceWidth / columns : 1;  // rows joined side by side
  if (side > rows) side = rows;
  const int64_t width = side * columns;
  typename R::Lane lanes[kReduceTile];
  for (int64_t i = 0; i < width; ++i) lanes[i] = R::kNothing;
  int64_t r = 0;
  if (stride != columns)  // else memory is read in order, which no number of rows at once can beat
    for (; r + 8 <= rows; r += 8) join_row<R, 8>(in + r * stride, stride, lanes, width);
  for (; r + side <= rows; r += side) join_row<R, 1>(in + r * stride, 0, lanes, width);
  join_row<R, 1>(in + r * stride, 0, lanes, (rows - r) * columns);
  if (side == 1) {
    for (int64_t c = 0; c < columns; ++c)
      partials[c] = R::join(partials[c], static_cast<typename R::Partial>(lanes[c]));
    return;
  }
  typename R::Partial beside[kReduceWidth];
  for (int64_t i = 0; i < width; ++i) beside[i] = static_cast<typename R::Partial>(lanes[i]);
  while (side > 1) {  // fold the upper half onto the lower one
    const int64_t upper = side - side / 2;
    for (int64_t i = 0; i < side / 2 * columns; ++i) beside[i] = R::join(beside[i], beside[i + upper * columns]);
    side = upper;
  }
  for (int64_t c = 0; c < columns; ++c) partials[c] = R::join(partials[c], beside[c]);
}

// Rows that are not worth lanes: each result joined from its elements one by one.
template <class R>
inline void reduce_directly(const typename R::Element* in, typename R::Element* out, const ReduceParams& p) {
  parallel_for(p.outer, row_grain(p.reduce * p.inner), [&](int64_t begin, int64_t end, int) {
    for (int64_t o = begin; o < end; ++o)
      for (int64_t i = 0; i < p.inner; ++i) {
        typename R::Partial partial = R::kNothing;
        for (int64_t r = 0; r < p.reduce; ++r)
          partial = R::join(partial, static_cast<typename R::Partial>(in[(o * p.reduce + r) * p.inner + i]));
        out[o * p.inner + i] = R::result(partial, p.reduce);
      }
  });
}

// How a call is cut into jobs: by the outer axis, by tiles of columns, and by chunks of rows where those are too few.
struct ReducePlan {
  int64_t tiles, block, chunk, chunks;

  explicit ReducePlan(const ReduceParams& p) {
    tiles = (p.inner + kReduceTile - 1) / kReduceTile;
    block = p.inner < kReduceWidth ? kReduceRows * (kReduceWidth / p.inner) : kReduceRows;
    const int64_t blocks = (p.reduce + block - 1) / block;
    int64_t wanted = kReduceJobs / (p.outer * tiles);
    const int64_t columns = p.inner < kReduceTile ? p.inner : kReduceTile;
    const int64_t worthwhile = p.reduce * columns / kElementGrain;
    if (wanted > worthwhile) wanted = worthwhile;
    if (wanted < 1) wanted = 1;
    chunk = (blocks + wanted - 1) / wanted * block;
    chunks = (p.reduce + chunk - 1) / chunk;
  }
};

template <class R>
inline void reduce(const typename R::Element* in, typename R::Element* out, const ReduceParams& p) {
  using Partial = typename R::Partial;
  if (p.outer == 0 || p.inner == 0) return;
  if (p.reduce * p.inner < kReduceDirect) return reduce_directly<R>(in, out, p);
  const ReducePlan plan(p);
  const int64_t kept = p.outer * p.inner;
  const Scratch scratch(plan.chunks == 1 ? 0 : static_cast<size_t>(plan.chunks * kept) * sizeof(Partial));
  Partial* chunks = static_cast<Partial*>(scratch.data());
  const int64_t jobs = plan.chunks * p.outer * plan.tiles;
  const int64_t job_elements =
      (p.reduce < plan.chunk ? p.reduce : plan.chunk) * (p.inner < kReduceTile ? p.inner : kReduceTile);
  parallel_for(jobs, row_grain(job_elements), [&](int64_t begin, int64_t end, int) {
    for (int64_t job = begin; job < end; ++job) {
      const int64_t tile = job % plan.tiles, row = job / plan.tiles, o = row % p.outer, k = row / p.outer;
      const int64_t first = tile * kReduceTile;
      const int64_t columns = p.inner - first < kReduceTile ? p.inner - first : kReduceTile;
      const int64_t last = (k + 1) * plan.chunk < p.reduce ? (k + 1) * plan.chunk : p.reduce;
      Partial partials[kReduceTile];
      for (int64_t c = 0; c < columns; ++c) partials[c] = R::kNothing;
      for (int64_t r = k * plan.chunk; r < last; r += plan.block)
        join_block<R>(in + (o * p.reduce + r) * p.inner + first, last - r < plan.block ? last - r : plan.block, p.inner,
                      columns, partials);
      const int64_t at = o * p.inner + first;
      if (plan.chunks == 1)
        for (int64_t c = 0; c < columns; ++c) out[at + c] = R::result(partials[c], p.reduce);
      else
        for (int64_t c = 0; c < columns; ++c) chunks[k * kept + at + c] = partials[c];
    }
  });
  if (plan.chunks == 1) return;
  for (int64_t i = 0; i < kept; ++i) {
    Partial total = chunks[i];
    for (int64_t k = 1; k < plan.chunks; ++k) total = R::join(total, chunks[k * kept + i]);
    out[i] = R::result(total, p.reduce);
  }
}

inline void reduce_sum_f32(const float* in, float* out, const ReduceParams& p) { reduce<SumF32>(in, out, p); }
inline void reduce_mean_f32(const float* in, float* out, const ReduceParams& p) { reduce<MeanF32>(in, out, p); }
inline void reduce_prod_f32(const float* in, float* out, const ReduceParams& p) { reduce<ProdF32>(in, out, p); }
inline void reduce_max_f32(const float* in, float* out, const ReduceParams& p) { reduce<MaxF32>(in, out, p); }
inline void reduce_min_f32(const float* in, float* out, const ReduceParams& p) { reduce<MinF32>(in, out, p); }
inline void reduce_sum_i32(const int32_t* in, int32_t* out, const ReduceParams& p) { reduce<SumI32>(in, out, p); }
inline void reduce_prod_i32(const int32_t* in, int32_t* out, const ReduceParams& p) { reduce<ProdI32>(in, out, p); }
inline void reduce_max_i32(const int32_t* in, int32_t* out, const ReduceParams& p) { reduce<MaxI32>(in, out, p); }
inline void reduce_min_i32(const int32_t* in, int32_t* out, const ReduceParams& p) { reduce<MinI32>(in, out, p); }
inline void reduce_all_bool(const uint8_t* in, uint8_t* out, const ReduceParams& p) { reduce<AllBool>(in, out, p); }
inline void reduce_any_bool(const uint8_t* in, uint8_t* out, const ReduceParams& p) { reduce<AnyBool>(in, out, p); }
