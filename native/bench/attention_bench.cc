// SPDX-License-Identifier: Apache-2.0
// Attention forward and backward, checked against the formula in double precision before it is timed, beside the peak
// of one core in the same run. Compiled as gemm_bench.cc is; prints the best GFLOP/s of several runs, counting 2
// products forward and 5 backward of all scores that may be seen.
#include "target.h"

namespace nabla {
namespace {
using Floats = std::vector<float>;

// The least seconds of a run in half a second of them.
template <class Function>
double best_seconds(const Function& f) {
  double best = INFINITY;
  for (const double end = now() + 0.5; now() < end;) {
    const double start = now();
    f();
    best = ::fmin(best, now() - start);
  }
  return best;
}

Floats draw(int64_t count, uint32_t seed, float scale) {
  Floats values(count);
  for (float& x : values) {
    seed = seed * 1664525u + 1013904223u;
    x = (static_cast<float>(seed >> 8) / 16777216 - 0.5f) * scale;
  }
  return values;
}

struct Case {
  AttentionParams p;
  Floats query, key, value, grad_out, out, log_sum_exp, grad_query, grad_key, grad_value;

  Case(int64_t heads, int64_t time, int64_t size, bool causal) : p{} {
    p.batch = 1, p.heads = p.key_heads = heads, p.query_time = p.key_time = time, p.head_size = p.value_size = size;
    p.causal = causal, p.scale = 1 / ::sqrtf(static_cast<float>(size));
    const int64_t count = heads * time * size;
    query = draw(count, 1, 4), key = draw(count, 2, 4), value = draw(count, 3, 1), grad_out = draw(count, 4, 1);
    for (Floats* to : {&out, &grad_query, &grad_key, &grad_value}) to->assign(count, NAN);
    log_sum_exp.assign(heads * time, NAN);
  }
  void forward() {
    attention_f32(query.data(), key.data(), value.data(), nullptr, nullptr, out.data(), log_sum_exp.data(), p);
  }
  void backward() {
    attention_grad_f32(grad_out.data(), query.data(), key.data(), value.data(), nullptr, nullptr, out.data(),
                       log_sum_exp.data(), grad_query.data(), grad_key.data(), grad_value.data(), p);
  }
  double product() const {  // floating-point operations of one product of all heads
    const double scores = p.causal != 0 ? p.query_time * (p.query_time + 1) / 2 : p.query_time * p.key_time;
    return 2.0 * p.heads * p.head_size * scores;
  }
};

void compare(const char* name, double expected, double received) {
  if (::fabs(expected - received) <= 2e-5) return;
  std::printf("%s: %g instead of %g\n", name, received, expected);
  std::exit(1);
}

// The last head in double precision.
void check(const Case& c) {
  const int64_t time = c.p.query_time, size = c.p.head_size, first = (c.p.heads - 1) * time * size;
  const auto dot = [size](const float* a, const float* b) {
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
  };
  std::vector<double> by_key(time * size), by_value(time * size);
  for (int64_t q = 0; q < time; ++q) {
    const float *query = &c.query[first + q * size], *grad_out = &c.grad_out[first + q * size];
    const int64_t keys = c.p.causal != 0 ? q + 1 : time;
    std::vector<double> weights(keys), grads(keys), out(size), by_query(size);
    double sum = 0, mean = 0;
    for (int64_t k = 0; k < keys; ++k) {
      sum += weights[k] = ::exp(c.p.scale * dot(query, &c.key[first + k * size]));
      grads[k] = dot(grad_out, &c.value[first + k * size]);
    }
    for (int64_t k = 0; k < keys; ++k) mean += (weights[k] /= sum) * grads[k];
    for (int64_t k = 0; k < keys; ++k)
      for (int64_t i = 0; i < size; ++i) {
        const int64_t at = k * size + i;
        const double grad = c.p.scale * weights[k] * (grads[k] - mean);
        out[i] += weights[k] * c.value[first + at];
        by_query[i] += grad * c.key[first + at];
        by_key[at] += grad * query[i];
        by_value[at] += weights[k] * grad_out[i];
      }
    for (int64_t i = 0; i < size; ++i) {
      compare("out", out[i], c.out[first + q * size + i]);
      compare("grad_query", by_query[i], c.grad_query[first + q * size + i]);
    }
  }
  for (int64_t at = 0; at < time * size; ++at) {
    compare("grad_key", by_key[at], c.grad_key[first + at]);
    compare("grad_value", by_value[at], c.grad_value[first + at]);
  }
}

}  // namespace
}  // namespace nabla

int main(int count, char** arguments) {
  using namespace nabla;
  set_thread_count(count > 1 ? std::atoi(arguments[1]) : 1);
  std::printf("%d lanes, %d threads, peak of one core %.1f GFLOP/s\n", kLanes, thread_count(), peak());
  std::printf("%24s%14s%10s%14s%10s\n", "8 heads of 64", "forward ms", "GFLOP/s", "backward ms", "GFLOP/s");
  for (const int64_t time : {128, 512, 2048})
    for (const bool causal : {false, true}) {
      Case c(8, time, 64, causal);
      c.forward(), c.backward();
      check(c);
      const double forward = best_seconds([&] { c.forward(); }), backward = best_seconds([&] { c.backward(); });
      std::printf("%17lld %s%14.3f%10.1f%14.3f%10.1f\n", static_cast<long long>(time), causal ? "causal" : "full  ",
                  forward * 1e3, 2e-9 * c.product() / forward, backward * 1e3, 5e-9 * c.product() / backward);
    }
}
