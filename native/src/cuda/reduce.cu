// SPDX-License-Identifier: Apache-2.0
// Reductions of one axis. Long axes are cut into chunks, so that there are blocks enough, and the chunks joined by a
// second launch: what is joined with what depends on the parameters alone.
#include <cmath>

#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/device/stored.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// A reduction is described by what memory holds, what elements are joined in, the value that changes nothing, how two
// are joined, and what becomes of the last.
struct SumF32 {
  using Element = float;
  using Partial = double;
  static __device__ Partial nothing() { return 0; }
  __device__ Partial operator()(Partial a, Partial b) const { return a + b; }
  static __device__ Element result(Partial sum, int64_t) { return static_cast<float>(sum); }
};
struct MeanF32 : SumF32 {
  static __device__ Element result(Partial sum, int64_t count) {
    return static_cast<float>(sum / static_cast<double>(count));
  }
};
struct ProdF32 {
  using Element = float;
  using Partial = double;
  static __device__ Partial nothing() { return 1; }
  __device__ Partial operator()(Partial a, Partial b) const { return a * b; }
  static __device__ Element result(Partial product, int64_t) { return static_cast<float>(product); }
};
struct MaxF32 {  // a NaN wins
  using Element = float;
  using Partial = float;
  static __device__ Partial nothing() { return -INFINITY; }
  __device__ Partial operator()(Partial a, Partial b) const { return a > b || a != a ? a : b; }
  static __device__ Element result(Partial best, int64_t) { return best; }
};
struct MinF32 {
  using Element = float;
  using Partial = float;
  static __device__ Partial nothing() { return INFINITY; }
  __device__ Partial operator()(Partial a, Partial b) const { return a < b || a != a ? a : b; }
  static __device__ Element result(Partial best, int64_t) { return best; }
};
struct SumI32 {
  using Element = int32_t;
  using Partial = uint32_t;  // wraps around
  static __device__ Partial nothing() { return 0; }
  __device__ Partial operator()(Partial a, Partial b) const { return a + b; }
  static __device__ Element result(Partial sum, int64_t) { return static_cast<int32_t>(sum); }
};
struct ProdI32 {
  using Element = int32_t;
  using Partial = uint32_t;
  static __device__ Partial nothing() { return 1; }
  __device__ Partial operator()(Partial a, Partial b) const { return a * b; }
  static __device__ Element result(Partial product, int64_t) { return static_cast<int32_t>(product); }
};
struct MaxI32 {
  using Element = int32_t;
  using Partial = int32_t;
  static __device__ Partial nothing() { return INT32_MIN; }
  __device__ Partial operator()(Partial a, Partial b) const { return a > b ? a : b; }
  static __device__ Element result(Partial best, int64_t) { return best; }
};
struct MinI32 {
  using Element = int32_t;
  using Partial = int32_t;
  static __device__ Partial nothing() { return INT32_MAX; }
  __device__ Partial operator()(Partial a, Partial b) const { return a < b ? a : b; }
  static __device__ Element result(Partial best, int64_t) { return best; }
};
struct AllBool {
  using Element = uint8_t;
  using Partial = int32_t;
  static __device__ Partial nothing() { return 1; }
  __device__ Partial operator()(Partial a, Partial b) const { return a != 0 && b != 0; }
  static __device__ Element result(Partial all, int64_t) { return all != 0; }
};
struct AnyBool {
  using Element = uint8_t;
  using Partial = int32_t;
  static __device__ Partial nothing() { return 0; }
  __device__ Partial operator()(Partial a, Partial b) const { return a != 0 || b != 0; }
  static __device__ Element result(Partial any, int64_t) { return any != 0; }
};

// One launch over [outer, chunks, inner]: from `in` to `out`, or where there are several chunks, to partials
// [chunks, outer * inner].
template <class R, class In>
struct Pass {
  const In* in;
  typename R::Element* out;
  typename R::Partial* partials;  // nullptr: one chunk
  int64_t outer, reduce, inner, chunk, chunks;

  __device__ void write(int64_t at, int64_t k, typename R::Partial joined) const {
    if (partials == nullptr)
      out[at] = R::result(joined, reduce);
    else
      partials[k * outer * inner + at] = joined;
  }
};

// Threads share the axis: for inner == 1, where it is dense in memory.
template <class R, class In, int kWidth>
__global__ void reduce_rows_kernel(Pass<R, In> pass) {
  const int64_t row = this_row(), o = row % pass.outer, k = row / pass.outer;
  if (k >= pass.chunks) return;
  const int64_t end = (k + 1) * pass.chunk < pass.reduce ? (k + 1) * pass.chunk : pass.reduce;
  typename R::Partial joined = R::nothing();
  const In* const first = pass.in + o * pass.reduce + k * pass.chunk;
  each_of_row<kWidth>(
      end - k * pass.chunk, [&](int64_t, auto x) { joined = R{}(joined, static_cast<typename R::Partial>(x)); }, first);
  joined = join_row<kWidth>(joined, R{});
  if (threadIdx.x == 0) pass.write(o, k, joined);
}

constexpr int kStripes = 8;  // rows of a block that walk down the axis side by side

// Neighbouring threads take neighbouring columns.
template <class R, class In>
__global__ void reduce_columns_kernel(Pass<R, In> pass, int64_t tiles) {
  __shared__ typename R::Partial stripes[kStripes][kWarp];
  const int64_t tile = blockIdx.x % tiles, row = blockIdx.x / tiles, o = row % pass.outer, k = row / pass.outer;
  const int64_t column = tile * kWarp + threadIdx.x;
  const int64_t end = (k + 1) * pass.chunk < pass.reduce ? (k + 1) * pass.chunk : pass.reduce;
  typename R::Partial joined = R::nothing();
  if (column < pass.inner)
    for (int64_t r = k * pass.chunk + threadIdx.y; r < end; r += kStripes)
      joined =
          R{}(joined, static_cast<typename R::Partial>(widened(pass.in[(o * pass.reduce + r) * pass.inner + column])));
  stripes[threadIdx.y][threadIdx.x] = joined;
  __syncthreads();
  if (threadIdx.y != 0 || column >= pass.inner) return;
  for (int stripe = 1; stripe < kStripes; ++stripe) joined = R{}(joined, stripes[stripe][threadIdx.x]);
  pass.write(o * pass.inner + column, k, joined);
}

template <class R, class In>
__global__ void join_chunks_kernel(Pass<R, In> pass) {
  const int64_t kept = pass.outer * pass.inner, at = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (at >= kept) return;
  typename R::Partial joined = pass.partials[at];
  for (int64_t k = 1; k < pass.chunks; ++k) joined = R{}(joined, pass.partials[k * kept + at]);
  pass.out[at] = R::result(joined, pass.reduce);
}

// The same where results are few: threads of a warp share the chunks of one.
template <class R, class In>
__global__ void join_few_chunks_kernel(Pass<R, In> pass) {
  const int64_t kept = pass.outer * pass.inner, at = this_row();
  if (at >= kept) return;
  typename R::Partial joined = R::nothing();
  for (int64_t k = threadIdx.x; k < pass.chunks; k += kWarp) joined = R{}(joined, pass.partials[k * kept + at]);
  joined = join_row<kWarp>(joined, R{});
  if (threadIdx.x == 0) pass.out[at] = R::result(joined, pass.reduce);
}

constexpr int64_t kWantedBlocks = 2048;  // some for each multiprocessor of a large GPU
constexpr int64_t kLeastChunk = 256;     // elements of the axis that are worth a block
constexpr int64_t kFewResults = 1024;    // up to here a warp joins the chunks of each

template <class R, class In>
void reduce(const In* in, typename R::Element* out, const ReduceParams& p) {
  if (p.outer == 0 || p.inner == 0) return;
  const int64_t tiles = divide_up(p.inner, kWarp);
  int64_t chunks = kWantedBlocks / (p.outer * tiles);
  if (chunks > p.reduce / kLeastChunk) chunks = p.reduce / kLeastChunk;
  if (chunks < 1) chunks = 1;
  const int64_t chunk = divide_up(p.reduce, chunks);
  chunks = divide_up(p.reduce, chunk);
  const size_t partials = chunks == 1 ? 0 : static_cast<size_t>(chunks * p.outer * p.inner);
  const Scratch scratch(partials * sizeof(typename R::Partial));
  const Pass<R, In> pass{in, out, scratch.as<typename R::Partial>(), p.outer, p.reduce, p.inner, chunk, chunks};
  if (p.inner == 1)
    launch_rows("reduce", reduce_rows_kernel<R, In, kWarp>, reduce_rows_kernel<R, In, kThreads>, p.outer * chunks,
                chunk, pass);
  else
    launch("reduce", reduce_columns_kernel<R, In>, p.outer * chunks * tiles, dim3(kWarp, kStripes), pass, tiles);
  const int64_t kept = p.outer * p.inner;
  if (chunks > 1 && kept <= kFewResults)
    launch("reduce", join_few_chunks_kernel<R, In>, divide_up(kept, kThreads / kWarp), dim3(kWarp, kThreads / kWarp),
           pass);
  else if (chunks > 1)
    launch("reduce", join_chunks_kernel<R, In>, divide_up(kept, kThreads), kThreads, pass);
}

// ---- the index of an extreme element ----

struct Candidate {
  float value;
  int32_t index;
};

template <bool kLargest>
struct Better {
  __device__ static bool beats(float a, float b) { return kLargest ? a > b : a < b; }
  __device__ Candidate operator()(Candidate a, Candidate b) const {
    return beats(b.value, a.value) || (b.value == a.value && b.index < a.index) ? b : a;
  }
};

// Threads of a warp share the axis. Each begins with the first element: where that is NaN, nothing beats it.
template <bool kLargest>
__global__ void arg_reduce_kernel(const float* in, int32_t* out, ReduceParams p) {
  const int64_t at = this_row();
  if (at >= p.outer * p.inner) return;
  const float* column = in + at / p.inner * p.reduce * p.inner + at % p.inner;
  Candidate best{column[0], 0};
  for (int64_t r = threadIdx.x; r < p.reduce; r += kWarp)
    if (Better<kLargest>::beats(column[r * p.inner], best.value)) best = {column[r * p.inner], static_cast<int32_t>(r)};
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    const Candidate other{__shfl_xor_sync(0xffffffffu, best.value, distance, kWarp),
                          __shfl_xor_sync(0xffffffffu, best.index, distance, kWarp)};
    best = Better<kLargest>{}(best, other);
  }
  if (threadIdx.x == 0) out[at] = best.index;
}

template <bool kLargest>
void arg_reduce(const float* in, int32_t* out, const ReduceParams& p) {
  launch("arg_reduce", arg_reduce_kernel<kLargest>, divide_up(p.outer * p.inner, kThreads / kWarp),
         dim3(kWarp, kThreads / kWarp), in, out, p);
}

}  // namespace

void add_reduce(KernelTable& table) {
  table.reduce_sum_f32 = reduce<SumF32, float>;
  table.reduce_mean_f32 = reduce<MeanF32, float>;
  table.reduce_prod_f32 = reduce<ProdF32, float>;
  table.reduce_max_f32 = reduce<MaxF32, float>;
  table.reduce_min_f32 = reduce<MinF32, float>;
  table.variants.reduce_sum_f32 = {reduce<SumF32, Bf16>};
  table.variants.reduce_mean_f32 = {reduce<MeanF32, Bf16>};
  table.variants.reduce_max_f32 = {reduce<MaxF32, Bf16>};
  table.variants.reduce_min_f32 = {reduce<MinF32, Bf16>};
  table.reduce_sum_i32 = reduce<SumI32, int32_t>;
  table.reduce_prod_i32 = reduce<ProdI32, int32_t>;
  table.reduce_max_i32 = reduce<MaxI32, int32_t>;
  table.reduce_min_i32 = reduce<MinI32, int32_t>;
  table.reduce_all_bool = reduce<AllBool, uint8_t>;
  table.reduce_any_bool = reduce<AnyBool, uint8_t>;
  table.arg_max_f32 = arg_reduce<true>;
  table.arg_min_f32 = arg_reduce<false>;
}

}  // namespace nabla::cuda
