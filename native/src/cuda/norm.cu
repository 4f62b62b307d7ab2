// SPDX-License-Identifier: Apache-2.0
// Layer and root mean square normalization, which is the same without the mean: a warp or a block on each row; the
// gradients of weight and bias are sums down the columns, in chunks of rows that a second launch joins.
#include "cuda/device/rows.cuh"
#include "cuda/device/scratch.h"
#include "cuda/device/stored.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class T>
struct Forward {
  const T* in;
  const float *weight, *bias;  // no bias unless centred
  T* out;
  float *mean, *inverse;  // no mean unless centred
  int64_t rows, features;
  float epsilon;
};

template <class T, bool kCentred, int kWidth>
__global__ void norm_kernel(Forward<T> n) {
  const int64_t row = this_row();
  if (row >= n.rows) return;
  const T* x = n.in + row * n.features;
  float mean = 0, squares = 0;
  if constexpr (kCentred) {
    each_of_row<kWidth>(
        n.features, [&](int64_t, float own) { mean += own; }, x);
    mean = join_row<kWidth>(mean, Plus{}) / static_cast<float>(n.features);
  }
  // A second pass over the row, since E[x^2] - mean^2 cancels.
  each_of_row<kWidth>(
      n.features, [&](int64_t, float own) { squares = fmaf(own - mean, own - mean, squares); }, x);
  squares = join_row<kWidth>(squares, Plus{});
  const float inverse = 1 / sqrtf(squares / static_cast<float>(n.features) + n.epsilon);
  T* const y = n.out + row * n.features;
  if constexpr (kCentred) {
    const auto result = [&](int64_t, float own, float weight, float bias) {
      return fmaf((own - mean) * inverse, weight, bias);
    };
    map_row<kWidth>(n.features, y, result, x, n.weight, n.bias);
  } else {
    map_row<kWidth>(
        n.features, y, [&](int64_t, float own, float weight) { return own * inverse * weight; }, x, n.weight);
  }
  if (threadIdx.x != 0) return;
  if constexpr (kCentred) n.mean[row] = mean;
  n.inverse[row] = inverse;
}

template <bool kCentred, class T>
void normalize(const Forward<T>& n) {
  launch_rows("norm", norm_kernel<T, kCentred, kWarp>, norm_kernel<T, kCentred, kThreads>, n.rows, n.features, n);
}

template <class T>
struct Backward {
  const T *grad_out, *in;
  const float *weight, *mean, *inverse;
  T* grad_in;
  float *grad_weight, *grad_bias;
  int64_t rows, features;
};

template <class T, bool kCentred, int kWidth>
__global__ void norm_grad_kernel(Backward<T> n) {
  const int64_t row = this_row();
  if (row >= n.rows) return;
  const T *g = n.grad_out + row * n.features, *x = n.in + row * n.features;
  const float mean = kCentred ? n.mean[row] : 0, inverse = n.inverse[row];
  float w_sum = 0, wn_sum = 0;
  const auto add = [&](int64_t, float grad_out, float own, float weight) {
    const float w = grad_out * weight;
    w_sum += w;
    wn_sum = fmaf(w, (own - mean) * inverse, wn_sum);
  };
  each_of_row<kWidth>(n.features, add, g, x, n.weight);
  const float w_mean = kCentred ? join_row<kWidth>(w_sum, Plus{}) / static_cast<float>(n.features) : 0;
  const float wn_mean = join_row<kWidth>(wn_sum, Plus{}) / static_cast<float>(n.features);
  const auto result = [&](int64_t, float grad_out, float own, float weight) {
    const float normalized = (own - mean) * inverse;
    return inverse * (grad_out * weight - w_mean - normalized * wn_mean);
  };
  map_row<kWidth>(n.features, n.grad_in + row * n.features, result, g, x, n.weight);
}

constexpr int kStripes = 8;           // rows of a block that walk down side by side
constexpr int64_t kRowsOfChunk = 64;  // rows that a block adds up at least
constexpr int64_t kMostChunks = 128;

// sums[chunk, 0, f] of the gradient of weight, sums[chunk, 1, f] of that of bias.
template <class T, bool kCentred>
__global__ void norm_weights_kernel(Backward<T> n, float* sums, int64_t tiles, int64_t chunk) {
  __shared__ float of_weight[kStripes][kWarp], of_bias[kStripes][kWarp];
  const int64_t column = blockIdx.x % tiles * kWarp + threadIdx.x, k = blockIdx.x / tiles;
  const int64_t end = (k + 1) * chunk < n.rows ? (k + 1) * chunk : n.rows;
  float weight = 0, bias = 0;
  if (column < n.features)
    for (int64_t r = k * chunk + threadIdx.y; r < end; r += kStripes) {
      const float g = widened(n.grad_out[r * n.features + column]), mean = kCentred ? n.mean[r] : 0;
      weight = fmaf(g, (widened(n.in[r * n.features + column]) - mean) * n.inverse[r], weight);
      bias += g;
    }
  of_weight[threadIdx.y][threadIdx.x] = weight;
  of_bias[threadIdx.y][threadIdx.x] = bias;
  __syncthreads();
  if (threadIdx.y != 0 || column >= n.features) return;
  for (int stripe = 1; stripe < kStripes; ++stripe) {
    weight += of_weight[stripe][threadIdx.x];
    bias += of_bias[stripe][threadIdx.x];
  }
  sums[2 * k * n.features + column] = weight;
  sums[(2 * k + 1) * n.features + column] = bias;
}

template <class T, bool kCentred>
__global__ void norm_join_kernel(Backward<T> n, const float* sums, int64_t chunks) {
  const int64_t f = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (f >= n.features) return;
  float weight = 0, bias = 0;
  for (int64_t k = 0; k < chunks; ++k) {
    weight += sums[2 * k * n.features + f];
    bias += sums[(2 * k + 1) * n.features + f];
  }
  n.grad_weight[f] = weight;
  if constexpr (kCentred) n.grad_bias[f] = bias;
}

template <bool kCentred, class T>
void normalize_grad(const Backward<T>& n) {
  int64_t chunks = divide_up(n.rows, kRowsOfChunk);
  if (chunks > kMostChunks) chunks = kMostChunks;
  const int64_t chunk = chunks == 0 ? 0 : divide_up(n.rows, chunks);
  const int64_t tiles = divide_up(n.features, kWarp);
  const Scratch scratch(static_cast<size_t>(2 * chunks * n.features) * sizeof(float));
  // First, since `grad_in` may be `in` or `grad_out`.
  launch("norm_grad weights", norm_weights_kernel<T, kCentred>, chunks * tiles, dim3(kWarp, kStripes), n,
         scratch.as<float>(), tiles, chunk);
  launch("norm_grad join", norm_join_kernel<T, kCentred>, divide_up(n.features, kThreads), kThreads, n,
         scratch.as<float>(), chunks);
  launch_rows("norm_grad", norm_grad_kernel<T, kCentred, kWarp>, norm_grad_kernel<T, kCentred, kThreads>, n.rows,
              n.features, n);
}

template <class T>
void layer_norm(const T* in, const float* weight, const float* bias, T* out, float* mean, float* inverse_deviation,
                const LayerNormParams& p) {
  normalize<true, T>({in, weight, bias, out, mean, inverse_deviation, p.rows, p.features, p.epsilon});
}
template <class T>
void layer_norm_grad(const T* grad_out, const T* in, const float* weight, const float* mean,
                     const float* inverse_deviation, T* grad_in, float* grad_weight, float* grad_bias,
                     const LayerNormGradParams& p) {
  normalize_grad<true, T>(
      {grad_out, in, weight, mean, inverse_deviation, grad_in, grad_weight, grad_bias, p.rows, p.features});
}
template <class T>
void rms_norm(const T* in, const float* weight, T* out, float* inverse_rms, const RmsNormParams& p) {
  normalize<false, T>({in, weight, nullptr, out, nullptr, inverse_rms, p.rows, p.features, p.epsilon});
}
template <class T>
void rms_norm_grad(const T* grad_out, const T* in, const float* weight, const float* inverse_rms, T* grad_in,
                   float* grad_weight, const RmsNormGradParams& p) {
  normalize_grad<false, T>(
      {grad_out, in, weight, nullptr, inverse_rms, grad_in, grad_weight, nullptr, p.rows, p.features});
}

}  // namespace

void add_norm(KernelTable& table) {
  table.layer_norm_f32 = layer_norm<float>;
  table.variants.layer_norm_f32 = {layer_norm<Bf16>};
  table.layer_norm_grad_f32 = layer_norm_grad<float>;
  table.variants.layer_norm_grad_f32 = {layer_norm_grad<Bf16>};
  table.rms_norm_f32 = rms_norm<float>;
  table.variants.rms_norm_f32 = {rms_norm<Bf16>};
  table.rms_norm_grad_f32 = rms_norm_grad<float>;
  table.variants.rms_norm_grad_f32 = {rms_norm_grad<Bf16>};
}

}  // namespace nabla::cuda
