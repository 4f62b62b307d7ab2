// SPDX-License-Identifier: Apache-2.0
// oneDNN 2 as a peer: products of matrices; convolutions whose activations are channels last, as ours are.

// Weights, and their gradients, lie as oneDNN likes them best, and the clock does not see their conversion: its best
// case.

#include <omp.h>

#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "inputs.h"
#include "peer.h"

namespace {

using dnnl::memory;
using Tag = memory::format_tag;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static dnnl::stream only(engine());
  return only;
}

memory::desc describe(const memory::dims& shape, Tag tag) { return {shape, memory::data_type::f32, tag}; }

// Copies between a plain buffer and a memory of whatever layout.
void reorder(memory from, memory to) {
  dnnl::reorder(from, to).execute(stream(), from, to);
  stream().wait();
}

memory filled(const memory::desc& wanted, const memory::dims& shape, Tag tag, uint32_t seed) {
  size_t size = 1;
  for (const auto length : shape) size *= length;
  bench::Floats values = bench::fill(size, seed);
  memory result(wanted, engine());
  reorder(memory(describe(shape, tag), engine(), values.data()), result);
  return result;
}

bench::Job job_of(dnnl::primitive primitive, std::unordered_map<int, memory> arguments, int result,
                  const std::string& name, const memory::desc& plain) {
  auto run = [primitive, arguments] {
    primitive.execute(stream(), arguments);
    stream().wait();
  };
  auto check = [arguments, result, name, plain] {
    bench::Floats values(plain.get_size() / sizeof(float));
    reorder(arguments.at(result), memory(plain, engine(), values.data()));
    return bench::fingerprint(name, values);
  };
  return {run, check};
}

bench::Job product(const bench::Request& request) {
  const memory::dim batch = request.number("batch"), rows = request.number("rows");
  const memory::dim inner = request.number("inner"), columns = request.number("columns");
  const auto matrix = [batch](memory::dim height, memory::dim width) { return memory::dims{batch, height, width}; };
  const Tag tag_a = request.flag("transposeA") ? Tag::acb : Tag::abc;
  const Tag tag_b = request.flag("transposeB") ? Tag::acb : Tag::abc;
  const auto a = describe(matrix(rows, inner), tag_a), b = describe(matrix(inner, columns), tag_b);
  const auto out = describe(matrix(rows, columns), Tag::abc);
  const dnnl::matmul::primitive_desc chosen({a, b, out}, engine());
  return job_of(dnnl::matmul(chosen),
                {{DNNL_ARG_SRC, filled(a, matrix(rows, inner), tag_a, 1)},
                 {DNNL_ARG_WEIGHTS, filled(b, matrix(inner, columns), tag_b, 2)},
                 {DNNL_ARG_DST, memory(out, engine())}},
                DNNL_ARG_DST, "product", out);
}

bench::Job convolution(const bench::Request& request) {
  const memory::dim batch = request.number("batch"), size = request.number("size"),
                    out_size = request.number("outSize");
  const memory::dim ins = request.number("inChannels"), outs = request.number("outChannels");
  const memory::dim kernel = request.number("kernel"), step = request.number("stride"),
                    border = request.number("padding");
  const memory::dims x_shape{batch, ins, size, size}, weight_shape{outs, ins, kernel, kernel};
  const memory::dims out_shape{batch, outs, out_size, out_size}, stride{step, step}, padding{border, border};
  const auto x = describe(x_shape, Tag::nhwc), weight = describe(weight_shape, Tag::any);
  const auto out = describe(out_shape, Tag::nhwc), plain_weight = describe(weight_shape, Tag::oihw);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const std::string pass = request.text("pass");
  const dnnl::convolution_forward::primitive_desc forward(
      {pass == "forward" ? dnnl::prop_kind::forward_inference : dnnl::prop_kind::forward_training, algorithm, x, weight,
       out, stride, padding, padding},
      engine());
  if (pass == "forward") {
    return job_of(dnnl::convolution_forward(forward),
                  {{DNNL_ARG_SRC, filled(x, x_shape, Tag::nhwc, 1)},
                   {DNNL_ARG_WEIGHTS, filled(forward.weights_desc(), weight_shape, Tag::oihw, 2)},
                   {DNNL_ARG_DST, memory(out, engine())}},
                  DNNL_ARG_DST, "out", out);
  }
  if (pass == "byData") {
    const dnnl::convolution_backward_data::primitive_desc chosen({algorithm, x, weight, out, stride, padding, padding},
                                                                 engine(), forward);
    return job_of(dnnl::convolution_backward_data(chosen),
                  {{DNNL_ARG_DIFF_DST, filled(out, out_shape, Tag::nhwc, 3)},
                   {DNNL_ARG_WEIGHTS, filled(chosen.weights_desc(), weight_shape, Tag::oihw, 2)},
                   {DNNL_ARG_DIFF_SRC, memory(x, engine())}},
                  DNNL_ARG_DIFF_SRC, "gradX", x);
  }
  const dnnl::convolution_backward_weights::primitive_desc chosen({algorithm, x, weight, out, stride, padding, padding},
                                                                  engine(), forward);
  return job_of(dnnl::convolution_backward_weights(chosen),
                {{DNNL_ARG_SRC, filled(x, x_shape, Tag::nhwc, 1)},
                 {DNNL_ARG_DIFF_DST, filled(out, out_shape, Tag::nhwc, 3)},
                 {DNNL_ARG_DIFF_WEIGHTS, memory(chosen.diff_weights_desc(), engine())}},
                DNNL_ARG_DIFF_WEIGHTS, "gradWeight", plain_weight);
}

std::optional<bench::Job> prepare(const bench::Request& request) {
  omp_set_num_threads(request.number("threads"));
  if (request.text("family") == "gemm") return product(request);
  if (request.text("family") == "conv") return convolution(request);
  return std::nullopt;
}

}  // namespace

int main() {
  const dnnl_version_t* version = dnnl_version();
  return bench::serve("oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                          std::to_string(version->patch),
                      prepare);
}
