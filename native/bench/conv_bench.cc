// SPDX-License-Identifier: Apache-2.0
// Convolutions of images, forward, by data and by weight, each checked on one image and then timed, against the peak of
// one core in the same run.
//
//   cd native && g++ -std=c++17 -O3 -fno-math-errno -fno-trapping-math -ffp-contract=off -mavx2 -mfma -Isrc
//     bench/conv_bench.cc src/kernels/*.cc src/system/*.cc -pthread -o conv_bench && ./conv_bench [threads]
//
// The target follows the flags: nothing for the baseline; for AVX-512 -mavx512f -mavx512vl -mavx512bw -mavx512dq -mfma
// -mprefer-vector-width=512. With -DWITH_DNNL, -ldnnl and -fopenmp each figure is followed by that of oneDNN 2, whose
// weights lie as it likes them best (OMP_NUM_THREADS). A second argument runs only the shapes whose name contains it.
// Prints the best GFLOP/s of several runs: on a shared machine compare within one run only.
#ifdef WITH_DNNL
#include <oneapi/dnnl/dnnl.hpp>
#endif
#include <functional>
#include <string>

#include "target.h"

namespace nabla {
namespace {

// Images, their height and width, channels in and out, the kernel's height and width, stride.
struct Shape {
  int64_t batch, size, ins, outs, kernel, stride;

  int64_t padding() const { return kernel / 2; }
  int64_t out() const { return (size + 2 * padding() - kernel) / stride + 1; }
  double work() const { return 2.0 * batch * out() * out() * outs * ins * kernel * kernel; }
  std::string name() const {
    const auto text = [](int64_t number) { return std::to_string(number); };
    return "n" + text(batch) + " " + text(size) + "^2 " + text(ins) + "to" + text(outs) + " k" + text(kernel) + " s" +
           text(stride);
  }
  ConvForwardParams params() const {
    ConvForwardParams p{};
    p.batch = batch, p.in_channels = ins, p.out_channels = outs, p.groups = 1;
    const auto three = [](int64_t depth, int64_t value) { return Dims{3, {depth, value, value}}; };
    p.in_size = three(1, size), p.out_size = three(1, out()), p.kernel = three(1, kernel);
    p.stride = three(1, stride), p.padding = three(0, padding()), p.dilation = three(1, 1);
    return p;
  }
};

struct Arrays {
  std::vector<float> x, weight, out;
};

enum Pass { kForward, kByData, kByWeight };

void run(Pass pass, const Shape& shape, Arrays& b) {
  const ConvForwardParams p = shape.params();
  if (pass == kForward) conv_f32(b.x.data(), b.weight.data(), nullptr, b.out.data(), nullptr, p);
  if (pass == kByData) conv_grad_in_f32(b.out.data(), b.weight.data(), b.x.data(), p);
  if (pass == kByWeight) conv_grad_weight_f32(b.x.data(), b.out.data(), b.weight.data(), p);
}

// Calls f(index in x, index in weight, index in out) for the products of a convolution, as the definition has them.
template <class Function>
void for_each_product(const Shape& s, const Function& f) {
  for (int64_t at = 0; at < s.batch * s.out() * s.out(); ++at)
    for (int64_t tap = 0; tap < s.kernel * s.kernel; ++tap) {
      const int64_t y = at / s.out() % s.out() * s.stride - s.padding() + tap / s.kernel;
      const int64_t x = at % s.out() * s.stride - s.padding() + tap % s.kernel;
      if (y < 0 || x < 0 || y >= s.size || x >= s.size) continue;
      const int64_t position = (at / s.out() / s.out() * s.size + y) * s.size + x;
      for (int64_t ci = 0; ci < s.ins; ++ci)
        for (int64_t co = 0; co < s.outs; ++co)
          f(position * s.ins + ci, (co * s.ins + ci) * s.kernel * s.kernel + tap, at * s.outs + co);
    }
}

// Ends the program unless a pass is right for one image of the shape, to the rounding errors of its sums.
void check(Pass pass, Shape shape, const Arrays& of) {
  const int64_t images = shape.batch;
  shape.batch = 1;
  Arrays b = of;
  std::vector<float>& result = pass == kForward ? b.out : pass == kByData ? b.x : b.weight;
  std::vector<double> sums(result.size()), magnitudes(result.size()), terms(result.size());
  for_each_product(shape, [&](int64_t x, int64_t weight, int64_t out) {
    const double term = pass == kForward  ? double(b.x[x]) * b.weight[weight]
                        : pass == kByData ? double(b.out[out]) * b.weight[weight]
                                          : double(b.x[x]) * b.out[out];
    const int64_t at = pass == kForward ? out : pass == kByData ? x : weight;
    sums[at] += term, magnitudes[at] += ::fabs(term), ++terms[at];
  });
  run(pass, shape, b);
  const size_t size = pass == kByWeight ? result.size() : result.size() / static_cast<size_t>(images);
  for (size_t i = 0; i < size; ++i) {
    if (::fabs(sums[i] - result[i]) <= 5e-7 * ::sqrt(terms[i]) * magnitudes[i]) continue;
    std::printf("\npass %d is wrong at element %zu: %g instead of %g\n", pass, i, result[i], sums[i]);
    std::exit(1);
  }
}

#ifdef WITH_DNNL
std::function<void()> vendor(Pass pass, const Shape& s, Arrays& b) {
  using namespace dnnl;
  using Tag = memory::format_tag;
  static const engine cpu(engine::kind::cpu, 0);
  static stream only(cpu);
  const auto describe = [](const memory::dims& shape, Tag tag) {
    return memory::desc(shape, memory::data_type::f32, tag);
  };
  const memory::desc x = describe({s.batch, s.ins, s.size, s.size}, Tag::nhwc),
                     out = describe({s.batch, s.outs, s.out(), s.out()}, Tag::nhwc),
                     weight = describe({s.outs, s.ins, s.kernel, s.kernel}, Tag::any);
  const memory::dims stride{s.stride, s.stride}, padding{s.padding(), s.padding()};
  const auto direct = algorithm::convolution_direct;
  const convolution_forward::primitive_desc forward(
      {pass == kForward ? prop_kind::forward_inference : prop_kind::forward_training, direct, x, weight, out, stride,
       padding, padding},
      cpu);
  const memory xs(x, cpu, b.x.data()), outs(out, cpu, b.out.data());
  const auto job = [](primitive p, std::unordered_map<int, memory> arguments) {
    return [p, arguments] { p.execute(only, arguments), only.wait(); };
  };
  if (pass == kForward)
    return job(convolution_forward(forward),
               {{DNNL_ARG_SRC, xs}, {DNNL_ARG_WEIGHTS, memory(forward.weights_desc(), cpu)}, {DNNL_ARG_DST, outs}});
  if (pass == kByData) {
    const convolution_backward_data::primitive_desc d({direct, x, weight, out, stride, padding, padding}, cpu, forward);
    return job(convolution_backward_data(d),
               {{DNNL_ARG_DIFF_DST, outs}, {DNNL_ARG_WEIGHTS, memory(d.weights_desc(), cpu)}, {DNNL_ARG_DIFF_SRC, xs}});
  }
  const convolution_backward_weights::primitive_desc d({direct, x, weight, out, stride, padding, padding}, cpu,
                                                       forward);
  return job(
      convolution_backward_weights(d),
      {{DNNL_ARG_SRC, xs}, {DNNL_ARG_DIFF_DST, outs}, {DNNL_ARG_DIFF_WEIGHTS, memory(d.diff_weights_desc(), cpu)}});
}
#endif

}  // namespace
}  // namespace nabla

int main(int count, char** arguments) {
  using namespace nabla;
  set_thread_count(count > 1 ? std::atoi(arguments[1]) : 1);
  const Shape shapes[] = {{8, 56, 64, 64, 3, 1},   {8, 56, 64, 256, 1, 1},  {8, 28, 128, 128, 3, 1},
                          {8, 14, 256, 256, 3, 1}, {8, 7, 512, 512, 3, 1},  {1, 224, 3, 64, 7, 2},
                          {64, 28, 1, 32, 3, 1},   {64, 14, 32, 64, 3, 1},  {64, 28, 1, 6, 5, 1},
                          {64, 28, 1, 64, 3, 1},   {64, 28, 2, 32, 3, 1},   {16, 32, 3, 32, 3, 1},
                          {16, 32, 3, 64, 3, 2},   {16, 32, 4, 48, 5, 1},   {1, 224, 3, 32, 3, 2},
                          {16, 28, 8, 32, 3, 1},   {16, 32, 16, 128, 3, 1}, {16, 27, 5, 40, 3, 1}};
  std::printf("%d lanes, %d threads, peak of one core %.1f GFLOP/s\n%22s %-16s %-16s %-16s\n", kLanes, thread_count(),
              peak(), "", "forward", "by data", "by weight");
  for (const Shape& shape : shapes) {
    if (count > 2 && shape.name().find(arguments[2]) == std::string::npos) continue;
    Arrays b;
    b.x.resize(shape.batch * shape.size * shape.size * shape.ins);
    b.weight.resize(shape.outs * shape.ins * shape.kernel * shape.kernel);
    b.out.resize(shape.batch * shape.out() * shape.out() * shape.outs);
    int seed = 0;
    for (std::vector<float>* buffer : {&b.x, &b.weight, &b.out})
      for (size_t i = 0, factor = 7 + 4 * seed++; i < buffer->size(); ++i)
        (*buffer)[i] = static_cast<float>(i * factor % 31) / 31 - 0.5f;
    std::printf("%22s", shape.name().c_str());
    for (const Pass pass : {kForward, kByData, kByWeight}) {
      check(pass, shape, b);
      double ours = best_rate(shape.work(), [&] { run(pass, shape, b); });
#ifdef WITH_DNNL
      const auto theirs = vendor(pass, shape, b);
      theirs();
      double peer = 0;
      for (int i = 0; i < 2; ++i) {  // in turns: the machine's speed changes
        peer = ::fmax(peer, best_rate(shape.work(), theirs));
        ours = ::fmax(ours, best_rate(shape.work(), [&] { run(pass, shape, b); }));
      }
      std::printf(" %5.1f/%5.1f %4.2f", ours, peer, ours / peer);
#else
      std::printf(" %5.1f           ", ours);
#endif
    }
    std::printf("\n"), std::fflush(stdout);
  }
}
