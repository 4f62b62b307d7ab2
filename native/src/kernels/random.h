// SPDX-License-Identifier: Apache-2.0
// Random numbers by position: element i comes from word i % 4 of Philox block offset + i / 4 of the stream `seed`, in
// arithmetic that is exact or rounded alike everywhere (cpu/philox-inl.h), so that every device writes the same bits.
// count == 0 does nothing.
#pragma once
#include "kernels/contract.h"

namespace nabla {

// Uniform in [low, high).
struct RandomUniformParams {
  int64_t count;
  int64_t seed;    // >= 0
  int64_t offset;  // first block, >= 0
  double low;
  double high;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("seed", seed);
    field("offset", offset);
    field("low", low);
    field("high", high);
  }
};

struct RandomUniform {
  using Params = RandomUniformParams;
  using Function = void (*)(float* out, const RandomUniformParams& params);

  static std::array<Touch, 1> contract(const RandomUniformParams& p, Rules& rules) {
    rules.at_least("seed", p.seed, 0);
    rules.at_least("offset", p.offset, 0);
    return {{{"out", p.count}}};
  }
};

struct RandomNormalParams {
  int64_t count;
  int64_t seed;    // >= 0
  int64_t offset;  // first block, >= 0
  double mean;
  double standard_deviation;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("count", count);
    field("seed", seed);
    field("offset", offset);
    field("mean", mean);
    field("standard_deviation", standard_deviation);
  }
};

struct RandomNormal {
  using Params = RandomNormalParams;
  using Function = void (*)(float* out, const RandomNormalParams& params);

  static std::array<Touch, 1> contract(const RandomNormalParams& p, Rules& rules) {
    rules.at_least("seed", p.seed, 0);
    rules.at_least("offset", p.offset, 0);
    return {{{"out", p.count}}};
  }
};

}  // namespace nabla
