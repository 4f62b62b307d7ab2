// SPDX-License-Identifier: Apache-2.0
// What both devices refuse before CTC writes anything.
#include "kernels/ctc_loss.h"

namespace nabla {
namespace {

void check_ctc_length(const char* name, int32_t length, int64_t maximum, int64_t row) {
  if (length < 0 || length > maximum)
    fail("ctcLoss", "expected %s from 0 to %lld, received %d in row %lld", name, static_cast<long long>(maximum),
         length, static_cast<long long>(row));
}

}  // namespace

void check_ctc(const int32_t* targets, const int32_t* input_lengths, const int32_t* target_lengths,
               const CtcLossParams& p) {
  for (int64_t b = 0; b < p.batch; ++b) {
    check_ctc_length("inputLengths", input_lengths[b], p.time, b);
    check_ctc_length("targetLengths", target_lengths[b], p.length, b);
    for (int64_t i = 0; i < target_lengths[b]; ++i)
      check_ctc_length("targets", targets[b * p.length + i], p.classes - 1, b);
  }
}

}  // namespace nabla
