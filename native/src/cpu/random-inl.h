// SPDX-License-Identifier: Apache-2.0
// Random fills from Philox: what packages/core/src/backend/definitions/random.ts computes, bit for bit. Only + - * /
// and sqrt on doubles, whose results IEEE 754 fixes; the compiler must not contract them (-ffp-contract=off).

// Uniform in [low, high) from the upper 24 bits of a word; the rare number that rounds up to high becomes low.
inline float uniform_number(int32_t upper_bits, double low, double high) {
  const float value = static_cast<float>(low + (high - low) * (upper_bits / 16777216.0));
  return value < high ? value : static_cast<float>(low);
}

// -ln(u) of u = max(word, 1) / 2^32. The word is written as m * 2^e with m between sqrt(1/2) and sqrt(2);
// ln m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.172, summed up to s^19 / 19.
inline double negative_logarithm(uint32_t word) {
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

// Cosine and sine of word / 2^32 of a full turn. The turn is split at the nearest quarter; the rest, at most an eighth,
// goes through Taylor's series up to x^16 / 16! and x^15 / 15!.
inline void cosine_and_sine(uint32_t word, double* cosine_out, double* sine_out) {
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
  *cosine_out = quarter == 1 || quarter == 2 ? -first : first;
  *sine_out = quarter >= 2 ? -second : second;
}

// The kPhiloxGroup elements of the kLanes blocks from `block` on.
inline void uniform_group(const RandomUniformParams& p, uint64_t block, float* out) {
  I32 words[1][4];
  float planes[4][kLanes];
  Philox(static_cast<uint64_t>(p.seed))(block, words);
  int32_t shifted[4][kLanes];
  for (int w = 0; w < 4; ++w) store(shifted[w], shift_right(words[0][w], 8));
  for (int w = 0; w < 4; ++w)
    for (int lane = 0; lane < kLanes; ++lane) planes[w][lane] = uniform_number(shifted[w][lane], p.low, p.high);
  interleave(planes, out);
}

// Box and Muller: words 0 and 1 of a block give elements 0 and 1, words 2 and 3 give elements 2 and 3.
inline void normal_group(const RandomNormalParams& p, uint64_t block, float* out) {
  I32 words[1][4];
  float planes[4][kLanes];
  Philox(static_cast<uint64_t>(p.seed))(block, words);
  const double mean = p.mean, deviation = p.standard_deviation;
  int32_t stored[4][kLanes];
  for (int w = 0; w < 4; ++w) store(stored[w], words[0][w]);
  for (int w = 0; w < 4; w += 2)
    for (int lane = 0; lane < kLanes; ++lane) {
      const double radius = ::sqrt(2 * negative_logarithm(static_cast<uint32_t>(stored[w][lane])));
      double cosine, sine;
      cosine_and_sine(static_cast<uint32_t>(stored[w + 1][lane]), &cosine, &sine);
      planes[w][lane] = static_cast<float>(mean + deviation * (radius * cosine));
      planes[w + 1][lane] = static_cast<float>(mean + deviation * (radius * sine));
    }
  interleave(planes, out);
}

template <class Params, void (*group)(const Params&, uint64_t, float*)>
inline void random(float* out, const Params& p) {
  const int64_t groups = (p.count + kPhiloxGroup - 1) / kPhiloxGroup;
  parallel_for(groups, kFunctionGrain / kPhiloxGroup, [&](int64_t begin, int64_t end, int) {
    float elements[kPhiloxGroup];
    for (int64_t g = begin; g < end; ++g) {
      group(p, static_cast<uint64_t>(p.offset + g * kLanes), elements);
      const int64_t first = g * kPhiloxGroup, left = p.count - first;
      memcpy(out + first, elements, static_cast<size_t>(left < kPhiloxGroup ? left : kPhiloxGroup) * sizeof(float));
    }
  });
}

constexpr auto& random_uniform_f32 = random<RandomUniformParams, uniform_group>;
constexpr auto& random_normal_f32 = random<RandomNormalParams, normal_group>;
