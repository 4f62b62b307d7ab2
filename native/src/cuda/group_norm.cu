// SPDX-License-Identifier: Apache-2.0
// Normalization over groups of channels, and with given statistics. All statistics are sums over positions: a block
// adds up a chunk of them for neighbouring channels, and a second launch joins chunks, and the channels of a group.
#include "cuda/device/elements.cuh"
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

struct Pair {
  double first, second;
};

constexpr int kStripes = 8;          // positions of a block side by side
constexpr int64_t kPositions = 256;  // that a block adds up at least
constexpr int64_t kMostChunks = 256;

// How the positions are cut: sums are [batch, chunks, channels].
struct Chunks {
  int64_t length, count, tiles;  // tiles: of kWarp channels
  explicit Chunks(const GroupNormParams& p) : tiles(divide_up(p.channels, kWarp)) {
    count = divide_up(p.positions, kPositions);
    count = count > kMostChunks ? kMostChunks : count < 1 ? 1 : count;
    length = divide_up(p.positions, count);
  }
};

// term(i, b, c) gives the two terms of element i, which is of channel c of example b.
template <class Term>
__global__ void channel_sums_kernel(GroupNormParams p, Chunks chunks, Term term, Pair* sums) {
  __shared__ Pair stripes[kStripes][kWarp];
  const int64_t tile = blockIdx.x % chunks.tiles, row = blockIdx.x / chunks.tiles;
  const int64_t k = row % chunks.count, b = row / chunks.count, channel = tile * kWarp + threadIdx.x;
  const int64_t end = (k + 1) * chunks.length < p.positions ? (k + 1) * chunks.length : p.positions;
  Pair sum{0, 0};
  if (channel < p.channels)
    for (int64_t position = k * chunks.length + threadIdx.y; position < end; position += kStripes) {
      const Pair more = term((b * p.positions + position) * p.channels + channel, b, channel);
      sum.first += more.first;
      sum.second += more.second;
    }
  stripes[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || channel >= p.channels) return;
  for (int stripe = 1; stripe < kStripes; ++stripe) {
    sum.first += stripes[stripe][threadIdx.x].first;
    sum.second += stripes[stripe][threadIdx.x].second;
  }
  sums[(b * chunks.count + k) * p.channels + channel] = sum;
}

template <class Term>
void sum_channels(const GroupNormParams& p, const Chunks& chunks, Term term, Pair* sums) {
  launch("group_norm sums", channel_sums_kernel<Term>, p.batch * chunks.count * chunks.tiles, dim3(kWarp, kStripes), p,
         chunks, term, sums);
}

// Where the statistics of a channel are.
__device__ inline int64_t statistic(const GroupNormParams& p, int64_t b, int64_t channel) {
  return b * p.groups + channel / (p.channels / p.groups);
}

template <class T>
struct Value {
  const T* in;
  __device__ Pair operator()(int64_t i, int64_t, int64_t) const { return {widened(in[i]), 0}; }
};
template <class T>
struct SquaredDeviation {
  const T* in;
  const float* mean;
  GroupNormParams p;
  __device__ Pair operator()(int64_t i, int64_t b, int64_t channel) const {
    const double d = static_cast<double>(widened(in[i])) - mean[statistic(p, b, channel)];
    return {d * d, 0};
  }
};

// out[b, g] = the mean of what was summed.
struct GroupMean {
  GroupNormParams p;
  int64_t chunks;
  const Pair* sums;
  float* out;
  __device__ void operator()(int64_t i) const {
    const int64_t width = p.channels / p.groups, b = i / p.groups, first = i % p.groups * width;
    double total = 0;
    for (int64_t k = 0; k < chunks; ++k)
      for (int64_t c = first; c < first + width; ++c) total += sums[(b * chunks + k) * p.channels + c].first;
    out[i] = p.positions == 0 ? 0.0f : static_cast<float>(total / static_cast<double>(width * p.positions));
  }
};

template <class T>
struct Apply {
  GroupNormParams p;
  const T* in;
  const float *weight, *bias, *mean, *variance;
  T* out;
  __device__ void operator()(int64_t i) const {
    const Division row(i, p.channels);
    const int64_t channel = row.remainder, at = statistic(p, Division(row.quotient, p.positions).quotient, channel);
    const float inverse = 1 / sqrtf(variance[at] + p.epsilon);
    out[i] = stored<T>(fmaf((widened(in[i]) - mean[at]) * inverse, weight[channel], bias[channel]));
  }
};

template <class T>
void group_norm(const T* in, const float* weight, const float* bias, T* out, float* mean, float* variance,
                const GroupNormParams& p) {
  const Chunks chunks(p);
  const Scratch scratch(static_cast<size_t>(p.batch * chunks.count * p.channels) * sizeof(Pair));
  Pair* const sums = scratch.as<Pair>();
  sum_channels(p, chunks, Value<T>{in}, sums);
  for_each("group_norm mean", p.batch * p.groups, GroupMean{p, chunks.count, sums, mean});
  sum_channels(p, chunks, SquaredDeviation<T>{in, mean, p}, sums);
  for_each("group_norm variance", p.batch * p.groups, GroupMean{p, chunks.count, sums, variance});
  for_each("group_norm", p.batch * p.positions * p.channels, Apply<T>{p, in, weight, bias, mean, variance, out});
}

template <class T>
struct Saved {
  const T *grad_out, *in;
  const float *weight, *mean, *variance;

  __device__ float normalized(const GroupNormParams& p, int64_t i, int64_t at) const {
    return (widened(in[i]) - mean[at]) * (1 / sqrtf(variance[at] + p.epsilon));
  }
};

// g * n, and g.
template <class T>
struct GradTerms {
  Saved<T> saved;
  GroupNormParams p;
  __device__ Pair operator()(int64_t i, int64_t b, int64_t channel) const {
    const double g = widened(saved.grad_out[i]);
    return {g * saved.normalized(p, i, statistic(p, b, channel)), g};
  }
};

// Joins the chunks of each channel into the first one.
struct JoinChunks {
  int64_t channels, chunks;
  Pair* sums;
  __device__ void operator()(int64_t i) const {
    const int64_t b = i / channels, channel = i % channels;
    Pair* const first = sums + b * chunks * channels + channel;
    for (int64_t k = 1; k < chunks; ++k) {
      first->first += first[k * channels].first;
      first->second += first[k * channels].second;
    }
  }
};

struct WeightGrads {
  int64_t batch, channels, chunks;
  const Pair* sums;
  float *grad_weight, *grad_bias;
  __device__ void operator()(int64_t channel) const {
    Pair total{0, 0};
    for (int64_t b = 0; b < batch; ++b) {
      total.first += sums[b * chunks * channels + channel].first;
      total.second += sums[b * chunks * channels + channel].second;
    }
    grad_weight[channel] = static_cast<float>(total.first);
    grad_bias[channel] = static_cast<float>(total.second);
  }
};

// means[b, g] = the means of w * n, and of w.
struct GroupSlopes {
  GroupNormParams p;
  int64_t chunks;
  const Pair* sums;
  const float* weight;
  Pair* means;
  __device__ void operator()(int64_t i) const {
    const int64_t width = p.channels / p.groups, b = i / p.groups, first = i % p.groups * width;
    Pair total{0, 0};
    for (int64_t c = first; c < first + width; ++c) {
      total.first += weight[c] * sums[b * chunks * p.channels + c].first;
      total.second += weight[c] * sums[b * chunks * p.channels + c].second;
    }
    const double count = static_cast<double>(width * p.positions);
    means[i] = {total.first / count, total.second / count};
  }
};

template <class T>
struct GradIn {
  GroupNormParams p;
  bool constant;
  Saved<T> saved;
  const Pair* means;
  T* grad_in;
  __device__ void operator()(int64_t i) const {
    const Division row(i, p.channels);
    const int64_t channel = row.remainder, at = statistic(p, Division(row.quotient, p.positions).quotient, channel);
    const float w = widened(saved.grad_out[i]) * saved.weight[channel],
                inverse = 1 / sqrtf(saved.variance[at] + p.epsilon);
    const Pair mean = constant ? Pair{0, 0} : means[at];
    const float centred = w - static_cast<float>(mean.second);
    const float slope = constant ? w : centred - saved.normalized(p, i, at) * static_cast<float>(mean.first);
    grad_in[i] = stored<T>(slope * inverse);
  }
};

template <class T>
void group_norm_grad(const T* grad_out, const T* in, const float* weight, const float* mean, const float* variance,
                     T* grad_in, float* grad_weight, float* grad_bias, const GroupNormGradParams& p) {
  const Chunks chunks(p);
  const Saved<T> saved{grad_out, in, weight, mean, variance};
  const int64_t all_sums = p.batch * chunks.count * p.channels, groups = p.batch * p.groups;
  const Scratch scratch(static_cast<size_t>(all_sums + groups) * sizeof(Pair));
  Pair *const sums = scratch.as<Pair>(), *const means = sums + all_sums;
  sum_channels(p, chunks, GradTerms<T>{saved, p}, sums);
  for_each("group_norm_grad join", p.batch * p.channels, JoinChunks{p.channels, chunks.count, sums});
  for_each("group_norm_grad weights", p.channels,
           WeightGrads{p.batch, p.channels, chunks.count, sums, grad_weight, grad_bias});
  for_each("group_norm_grad means", groups, GroupSlopes{p, chunks.count, sums, weight, means});
  for_each("group_norm_grad", p.batch * p.positions * p.channels, GradIn<T>{p, p.constant != 0, saved, means, grad_in});
}

template <class T>
struct ApplyGiven {
  NormalizeParams p;
  const T* in;
  const float *weight, *bias, *mean, *variance;
  T* out;
  __device__ void operator()(int64_t i) const {
    const int64_t c = Division(i, p.channels).remainder;
    out[i] = stored<T>(fmaf((widened(in[i]) - mean[c]) * (1 / sqrtf(variance[c] + p.epsilon)), weight[c], bias[c]));
  }
};

template <class T>
void normalize(const T* in, const float* weight, const float* bias, const float* mean, const float* variance, T* out,
               const NormalizeParams& p) {
  for_each("normalize", p.rows * p.channels, ApplyGiven<T>{p, in, weight, bias, mean, variance, out});
}

}  // namespace

void add_group_norm(KernelTable& table) {
  table.group_norm_f32 = group_norm<float>;
  table.group_norm_grad_f32 = group_norm_grad<float>;
  table.normalize_f32 = normalize<float>;
  table.variants.group_norm_f32 = {group_norm<Bf16>};
  table.variants.group_norm_grad_f32 = {group_norm_grad<Bf16>};
  table.variants.normalize_f32 = {normalize<Bf16>};
}

}  // namespace nabla::cuda
