// SPDX-License-Identifier: Apache-2.0
// Losses of pairs of elements: value and derivative of each kind, and the two loops.

struct SquaredLoss {
  F32 value(F32 x, F32 t) const { return mul(sub(x, t), sub(x, t)); }
  F32 slope(F32 x, F32 t) const { return mul(splat(2.0f), sub(x, t)); }
};
struct AbsoluteLoss {
  F32 value(F32 x, F32 t) const { return abs(sub(x, t)); }
  F32 slope(F32 x, F32 t) const {
    const F32 d = sub(x, t);
    return select(gt(d, zero()), splat(1.0f), select(lt(d, zero()), splat(-1.0f), d));  // of 0 and NaN: itself
  }
};
struct HuberLoss {
  F32 delta;
  F32 value(F32 x, F32 t) const {
    const F32 distance = abs(sub(x, t)), near = min(distance, delta);
    return mul(near, sub(distance, mul(near, splat(0.5f))));
  }
  F32 slope(F32 x, F32 t) const { return max(min(sub(x, t), delta), neg(delta)); }
};
struct LogisticLoss {
  F32 value(F32 x, F32 t) const { return add(sub(rectify(x), mul(x, t)), log1p(exp(neg(abs(x))))); }
  F32 slope(F32 x, F32 t) const { return sub(sigmoid(x), t); }
};

// Calls body(kind) with the kind that the parameters name.
template <class Body>
inline void with_loss(const ElementwiseLossParams& p, const Body& body) {
  switch (p.kind) {
    case kSquared:
      return body(SquaredLoss{});
    case kAbsolute:
      return body(AbsoluteLoss{});
    case kHuber:
      return body(HuberLoss{splat(p.delta)});
    default:
      return body(LogisticLoss{});
  }
}

// Losses that are summed in float32 lanes before their sum is added in double: 64 in a lane of AVX-512, as in
// reductions.
constexpr int64_t kLossBlock = 1024;

template <class Loss>
inline double loss_total(const float* prediction, const float* target, int64_t count, const Loss& loss) {
  F32 sums = zero();
  for_vectors(0, count, [&](int64_t i, int lanes) {
    const F32 value = loss.value(load_lanes(prediction + i, lanes), load_lanes(target + i, lanes));
    sums = add(sums, lanes == kLanes ? value : select(first_lanes(lanes), value, zero()));
  });
  return static_cast<double>(reduce_add(sums));
}

inline void elementwise_loss_f32(const float* prediction, const float* target, float* loss,
                                 const ElementwiseLossParams& p) {
  with_loss(p, [&](auto kind) {
    if (p.reduction == kReduceNone) {
      parallel_for(p.count, kFunctionGrain, [&](int64_t begin, int64_t end, int) {
        for_vectors(begin, end, [&](int64_t i, int lanes) {
          store_lanes(loss + i, kind.value(load_lanes(prediction + i, lanes), load_lanes(target + i, lanes)), lanes);
        });
      });
      return;
    }
    const int64_t blocks = (p.count + kLossBlock - 1) / kLossBlock;
    const Scratch scratch(static_cast<size_t>(blocks) * sizeof(double));
    double* totals = static_cast<double*>(scratch.data());
    parallel_for(blocks, kFunctionGrain / kLossBlock, [&](int64_t begin, int64_t end, int) {
      for (int64_t block = begin; block < end; ++block) {
        const int64_t at = block * kLossBlock, left = p.count - at;
        totals[block] = loss_total(prediction + at, target + at, left < kLossBlock ? left : kLossBlock, kind);
      }
    });
    double total = 0;
    for (int64_t block = 0; block < blocks; ++block) total += totals[block];
    loss[0] = static_cast<float>(p.reduction == kReduceSum ? total : total / static_cast<double>(p.count));
  });
}

inline void elementwise_loss_grad_f32(const float* grad_out, const float* prediction, const float* target,
                                      float* grad_prediction, const ElementwiseLossParams& p) {
  const float divisor = p.reduction == kReduceMean ? static_cast<float>(p.count) : 1;
  with_loss(p, [&](auto kind) {
    parallel_for(p.count, kFunctionGrain, [&](int64_t begin, int64_t end, int) {
      const F32 common = splat(p.reduction == kReduceNone ? 0 : grad_out[0] / divisor);
      for_vectors(begin, end, [&](int64_t i, int lanes) {
        const F32 slope = kind.slope(load_lanes(prediction + i, lanes), load_lanes(target + i, lanes));
        const F32 grad = p.reduction == kReduceNone ? load_lanes(grad_out + i, lanes) : common;
        store_lanes(grad_prediction + i, mul(slope, grad), lanes);
      });
    });
  });
}
