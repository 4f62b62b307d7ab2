// SPDX-License-Identifier: Apache-2.0
// Random numbers with the bits of cpu/random-inl.h: the same arithmetic on doubles, in which nothing may be contracted
// (-fmad=false). A thread takes one block of the generator, four elements.
#include "cuda/device/elements.cuh"
#include "cuda/device/philox.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

// Uniform in [low, high) from the upper 24 bits of a word; the rare number that rounds up to high becomes low.
struct Uniform {
  double low, high;
  __device__ float number(uint32_t word) const {
    const float value = static_cast<float>(low + (high - low) * ((word >> 8) / 16777216.0));
    return value < high ? value : static_cast<float>(low);
  }
  __device__ void operator()(const PhiloxBlock& block, float* out) const {
    for (int w = 0; w < 4; ++w) out[w] = number(block.words[w]);
  }
};

// -ln(u) of u = max(word, 1) / 2^32; see cpu/random-inl.h for the series.
__device__ inline double negative_logarithm(uint32_t word) {
  const double number = word == 0 ? 1 : word;
  int64_t bits;
  memcpy(&bits, &number, sizeof bits);
  const int64_t one = int64_t{1023} << 52;  // the bits of 1.0
  const int64_t fraction = (bits & ((int64_t{1} << 52) - 1)) | one;
  double m;
  memcpy(&m, &fraction, sizeof m);
  const bool large = m > 1.4142135623730951;
  m = large ? m * 0.5 : m;
  const double e = static_cast<int32_t>((bits - one) >> 52) + (large ? 1 : 0);
  const double s = (m - 1) / (m + 1);
  const double q = s * s;
  double sum = 1.0 / 19;
  sum = sum * q + 1.0 / 17;
  sum = sum * q + 1.0 / 15;
  sum = sum * q + 1.0 / 13;
  sum = sum * q + 1.0 / 11;
  sum = sum * q + 1.0 / 9;
  sum = sum * q + 1.0 / 7;
  sum = sum * q + 1.0 / 5;
  sum = sum * q + 1.0 / 3;
  sum = sum * q + 1;
  return (32 - e) * 0.6931471805599453 - 2 * s * sum;
}

struct Turn {
  double cosine, sine;
};

// Cosine and sine of word / 2^32 of a full turn; see cpu/random-inl.h.
__device__ inline Turn cosine_and_sine(uint32_t word) {
  const uint32_t quarter = (word + 536870912u) >> 30;
  const int32_t rest = static_cast<int32_t>(word - quarter * 1073741824u);
  const double x = (rest / 1073741824.0) * 1.5707963267948966;
  const double q = x * x;
  double cosine = 1.0 / 20922789888000;
  cosine = cosine * q - 1.0 / 87178291200;
  cosine = cosine * q + 1.0 / 479001600;
  cosine = cosine * q - 1.0 / 3628800;
  cosine = cosine * q + 1.0 / 40320;
  cosine = cosine * q - 1.0 / 720;
  cosine = cosine * q + 1.0 / 24;
  cosine = cosine * q - 1.0 / 2;
  cosine = cosine * q + 1;
  double sine = -1.0 / 1307674368000;
  sine = sine * q + 1.0 / 6227020800;
  sine = sine * q - 1.0 / 39916800;
  sine = sine * q + 1.0 / 362880;
  sine = sine * q - 1.0 / 5040;
  sine = sine * q + 1.0 / 120;
  sine = sine * q - 1.0 / 6;
  sine = sine * q + 1;
  sine = sine * x;
  const bool odd = (quarter & 1) == 1;
  const double first = odd ? sine : cosine;
  const double second = odd ? cosine : sine;
  return {quarter == 1 || quarter == 2 ? -first : first, quarter >= 2 ? -second : second};
}

// Box and Muller: words 0 and 1 of a block give elements 0 and 1, words 2 and 3 give elements 2 and 3.
struct Normal {
  double mean, deviation;
  __device__ void operator()(const PhiloxBlock& block, float* out) const {
    for (int w = 0; w < 4; w += 2) {
      const double radius = sqrt(2 * negative_logarithm(block.words[w]));
      const Turn turn = cosine_and_sine(block.words[w + 1]);
      out[w] = static_cast<float>(mean + deviation * (radius * turn.cosine));
      out[w + 1] = static_cast<float>(mean + deviation * (radius * turn.sine));
    }
  }
};

template <class Numbers>
__global__ void random_kernel(float* out, int64_t count, uint64_t seed, uint64_t offset, Numbers numbers) {
  const int64_t first = first_of_four();
  if (first >= count) return;
  float made[4];
  numbers(philox(seed, offset + static_cast<uint64_t>(first) / 4), made);
  for (int w = 0; w < 4 && first + w < count; ++w) out[first + w] = made[w];
}

template <class Numbers, class Params>
void random(float* out, const Params& p, Numbers numbers) {
  launch("random", random_kernel<Numbers>, divide_up(p.count, 4 * kThreads), kThreads, out, p.count, p.seed, p.offset,
         numbers);
}

void random_uniform_f32(float* out, const RandomUniformParams& p) { random(out, p, Uniform{p.low, p.high}); }
void random_normal_f32(float* out, const RandomNormalParams& p) {
  random(out, p, Normal{p.mean, p.standard_deviation});
}

}  // namespace

void add_random(KernelTable& table) {
  table.random_uniform_f32 = random_uniform_f32;
  table.random_normal_f32 = random_normal_f32;
}

}  // namespace nabla::cuda
